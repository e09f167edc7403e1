// expect: millrace\[SKETCH-8\]: frequent_items<Item, LgSize>: LgSize must be in \[3, 26\]
#include <millrace/aggregate/sketches/frequent_items.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::frequent_items<std::string, 2>;
#else
using sketch = mr::frequent_items<std::string, 3>;
#endif

void update(sketch& seen) { seen.update("x"); }
