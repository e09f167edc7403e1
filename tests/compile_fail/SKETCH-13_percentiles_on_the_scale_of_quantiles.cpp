// expect: use of deleted function .*percent|conversion function from 'double' to .*percent.* invokes a deleted function
#include <millrace/aggregate/histograms/percentile_tracker.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
mr::percentile_tracker latency({0.5, 0.99});
#else
mr::percentile_tracker latency({50, 99, mr::percent(99.9)});
#endif
