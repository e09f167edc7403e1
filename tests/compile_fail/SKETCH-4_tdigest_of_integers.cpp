// expect: millrace\[SKETCH-4\]: tdigest<K, T>: T must be double or float
#include <millrace/aggregate/sketches/tdigest.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::tdigest<100, int>;
#else
using sketch = mr::tdigest<100, float>;
#endif

void update(sketch& seen) { seen.update(1); }
