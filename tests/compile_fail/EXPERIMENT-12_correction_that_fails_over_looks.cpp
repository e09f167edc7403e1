// expect: millrace\[EXPERIMENT-12\]: group_looks of several metrics share alpha by bonferroni
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::hochberg;
#else
using correction = mr::bonferroni;
#endif
using test = mr::experiment_test<
    mr::outcomes<mr::conversion<"ctr">, mr::mean_of<"spend">>,
    mr::decision<mr::group_looks<mr::spending::pocock, mr::looks<.5, 1.>>, mr::alpha<.05>, correction>>;

void take(test& t) { t.update(true, 1, 2.5); }
