// expect: millrace\[SKETCH-9\]: frequent_items<Item>: Item must be std::string or std::int64_t
#include <millrace/aggregate/sketches/frequent_items.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::frequent_items<double>;
#else
using sketch = mr::frequent_items<std::int64_t>;
#endif

void update(sketch& seen) { seen.update(1); }
