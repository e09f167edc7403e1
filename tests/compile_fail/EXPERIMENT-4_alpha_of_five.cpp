// expect: millrace\[EXPERIMENT-4\]: alpha<A> needs 0 < A < 1
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using level = mr::stats::alpha<5.>;
#else
using level = mr::stats::alpha<.05>;
#endif

double at() { return level::value; }
