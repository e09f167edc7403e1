// expect: millrace\[SKETCH-7\]: theta<LgK>: LgK must be in \[5, 26\]
#include <millrace/aggregate/sketches/theta.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::theta<4>;
#else
using sketch = mr::theta<5>;
#endif

void update(sketch& seen) { seen.update(1); }
