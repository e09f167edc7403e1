// expect: millrace\[EXPERIMENT-11\]: two metrics of outcomes<...> have one name
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using second = mr::stats::mean_of<"spend">;
#else
using second = mr::stats::mean_of<"latency">;
#endif
using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"spend">, second>,
                                        mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>>;

void take(test& t) { t.update(true, 1, 2.5); }
