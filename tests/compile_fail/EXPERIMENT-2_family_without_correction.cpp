// expect: millrace\[EXPERIMENT-2\]: several metrics are a family
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using correction = mr::uncorrected;
#else
using correction = mr::holm;
#endif
using test = mr::experiment_test<mr::outcomes<mr::conversion<"ctr">, mr::mean_of<"spend">>,
                                 mr::decision<mr::always_valid, mr::alpha<.05>, correction>>;

void take(test& t) { t.update(true, 1, 2.5); }
