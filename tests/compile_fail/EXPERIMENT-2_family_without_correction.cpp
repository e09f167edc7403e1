// expect: millrace\[EXPERIMENT-2\]: several metrics are a family
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::stats::uncorrected;
#else
using correction = mr::stats::holm;
#endif
using test =
    mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"ctr">, mr::stats::mean_of<"spend">>,
                               mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>, correction>>;

void take(test& t) { t.update(true, 1, 2.5); }
