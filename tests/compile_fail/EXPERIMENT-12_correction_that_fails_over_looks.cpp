// expect: millrace\[EXPERIMENT-12\]: group_looks of several metrics share alpha by bonferroni
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::stats::hochberg;
#else
using correction = mr::stats::bonferroni;
#endif
using test = mr::stats::experiment_test<
    mr::stats::outcomes<mr::stats::conversion<"ctr">, mr::stats::mean_of<"spend">>,
    mr::stats::decision<mr::stats::group_looks<mr::stats::spending::pocock, mr::stats::looks<.5, 1.>>,
                        mr::stats::alpha<.05>, correction>>;

void take(test& t) { t.update(true, 1, 2.5); }
