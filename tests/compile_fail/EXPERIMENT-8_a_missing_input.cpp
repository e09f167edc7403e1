// expect: millrace\[EXPERIMENT-8\]: update takes the arm and every input of every metric
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::ratio<"revenue", "clicks">>,
                                        mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
void take(test& t) { t.update(true, 2.5); }
#else
void take(test& t) { t.update(true, 2.5, 3); }
#endif
