// expect: millrace\[SKETCH-1\]: kll<K>: K must be in \[8, 65535\]
#include <millrace/aggregate/sketches/kll.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::kll<4>;
#else
using sketch = mr::kll<8>;
#endif

void update(sketch& seen) { seen.update(1); }
