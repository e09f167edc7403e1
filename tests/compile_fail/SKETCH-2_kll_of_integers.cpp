// expect: millrace\[SKETCH-2\]: kll<K, T>: T must be double or float
#include <millrace/aggregate/sketches/kll.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::kll<200, int>;
#else
using sketch = mr::kll<200, float>;
#endif

void update(sketch& seen) { seen.update(1); }
