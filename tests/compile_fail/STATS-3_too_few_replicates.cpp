// expect: millrace\[STATS-3\]: a bootstrap interval needs at least 20 replicates
#include <millrace/stats/resampling/poisson_bootstrap.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using stream = mr::stats::poisson_bootstrap<10>;
#else
using stream = mr::stats::poisson_bootstrap<20>;
#endif

void update(stream& means) { means.update(1); }
