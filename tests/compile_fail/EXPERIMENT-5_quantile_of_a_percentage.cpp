// expect: millrace\[EXPERIMENT-5\]: quantile_of<Name, P> needs 0 < P < 1
#include <millrace/stats/experiment/metrics.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using metric = mr::stats::quantile_of<"latency", 99.>;
#else
using metric = mr::stats::quantile_of<"latency", .99>;
#endif

auto inputs() { return metric::inputs; }
