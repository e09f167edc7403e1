// expect: millrace\[EXPERIMENT-10\]: update takes the arm as a bool
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"ctr">>,
                                        mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
void take(test& t, const char* arm) { t.update(arm, 1); }
#else
void take(test& t, const char* arm) { t.update(arm[0] == 't', 1); }
#endif
