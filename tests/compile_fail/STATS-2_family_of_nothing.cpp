// expect: millrace\[STATS-2\]: a family of no comparisons has nothing to correct
#include <millrace/stats/family.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using metrics = mr::stats::family<mr::stats::holm, 0>;
#else
using metrics = mr::stats::family<mr::stats::holm, 1>;
#endif

std::size_t size_of_family() { return metrics{}.size(); }
