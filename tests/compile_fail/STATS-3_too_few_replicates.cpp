// expect: millrace\[STATS-3\]: a bootstrap interval needs at least 20 replicates
#include <millrace/stats/poisson_bootstrap.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using stream = mr::poisson_bootstrap<10>;
#else
using stream = mr::poisson_bootstrap<20>;
#endif

void update(stream& means) { means.update(1); }
