// expect: millrace\[SKETCH-11\]: req<K>: K must be even and in \[4, 1024\]
#include <millrace/aggregate/sketches/req.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::req<7>;
#else
using sketch = mr::req<8>;
#endif

void update(sketch& seen) { seen.update(1); }
