// expect: millrace\[STATS-1\]: a correction covers its whole family
#include <millrace/stats/family.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using metrics = mr::stats::family<mr::stats::holm, 3>;
#else
using metrics = mr::stats::family<mr::stats::holm, 1>;
#endif

double corrected(double p) { return metrics{}.adjusted(p)->front(); }
