// expect: millrace\[SKETCH-12\]: req<K, T>: T must be double or float
#include <millrace/aggregate/sketches/req.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::req<12, int>;
#else
using sketch = mr::req<12, float>;
#endif

void update(sketch& seen) { seen.update(1); }
