// expect: millrace\[SKETCH-5\]: hll<LgK>: LgK must be in \[4, 21\]
#include <millrace/aggregate/sketches/hll.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::hll<3>;
#else
using sketch = mr::hll<4>;
#endif

void update(sketch& seen) { seen.update(1); }
