// expect: millrace\[EXPERIMENT-3\]: looks<...> must increase
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using shares = mr::stats::looks<.5, .25, 1.>;
#else
using shares = mr::stats::looks<.25, .5, 1.>;
#endif

double first() { return shares::at[0]; }
