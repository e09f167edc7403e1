// expect: millrace\[EXPERIMENT-4\]: decision<When, Alpha> needs 0 < Alpha < 1
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using plan = mr::stats::decision<mr::stats::always_valid, 5>;  // per cent
#else
using plan = mr::stats::decision<mr::stats::always_valid, .05>;
#endif

double at() { return plan::alpha; }
