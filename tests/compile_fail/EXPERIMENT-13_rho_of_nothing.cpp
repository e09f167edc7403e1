// expect: millrace\[EXPERIMENT-13\]: group_looks<How, Looks, Rho> needs 0.1 <= Rho <= 20
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::stats::group_looks<mr::stats::spending::power, mr::stats::looks<.5, 1.>, 0.>;
#else
using when = mr::stats::group_looks<mr::stats::spending::power, mr::stats::looks<.5, 1.>, 3.>;
#endif

double exponent() { return when::rho; }
