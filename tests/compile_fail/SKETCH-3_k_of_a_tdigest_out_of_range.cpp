// expect: millrace\[SKETCH-3\]: tdigest<K>: K must be in \[10, 65535\]
#include <millrace/aggregate/sketches/tdigest.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::tdigest<4>;
#else
using sketch = mr::tdigest<10>;
#endif

void update(sketch& seen) { seen.update(1); }
