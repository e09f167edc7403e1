// expect: millrace\[SKETCH-6\]: hll<LgK, Bits>: Bits must be 4, 6 or 8
#include <millrace/aggregate/sketches/hll.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::hll<12, 5>;
#else
using sketch = mr::hll<12, 6>;
#endif

void update(sketch& seen) { seen.update(1); }
