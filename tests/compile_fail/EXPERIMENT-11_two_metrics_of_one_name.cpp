// expect: millrace\[EXPERIMENT-11\]: two metrics of outcomes<...> have one name
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using second = mr::mean_of<"spend">;
#else
using second = mr::mean_of<"latency">;
#endif
using test = mr::experiment_test<mr::outcomes<mr::conversion<"spend">, second>,
                                 mr::decision<mr::always_valid, mr::alpha<.05>>>;

void take(test& t) { t.update(true, 1, 2.5); }
