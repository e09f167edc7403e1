// expect: millrace\[SKETCH-10\]: count_min<Buckets, Rows>: Buckets must be at least 3, Rows in \[1, 255\]
#include <millrace/aggregate/sketches/count_min.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::count_min<2>;
#else
using sketch = mr::count_min<3>;
#endif

void update(sketch& seen) { seen.update(1); }
