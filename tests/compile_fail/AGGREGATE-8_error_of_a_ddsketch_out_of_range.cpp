// expect: millrace\[AGGREGATE-8\]: ddsketch<Permille, Most>: the error must be from 1 to 500 thousandths
#include <millrace/aggregate/histograms/ddsketch.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using sketch = mr::ddsketch<0>;
#else
using sketch = mr::ddsketch<10>;
#endif

double median(const sketch& seen) { return seen.median(); }
