// expect: millrace\[EXPERIMENT-8\]: update takes the arm and every input of every metric
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

using test =
    mr::experiment_test<mr::outcomes<mr::ratio<"revenue", "clicks">>, mr::decision<mr::always_valid, mr::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
void take(test& t) { t.update(true, 2.5); }
#else
void take(test& t) { t.update(true, 2.5, 3); }
#endif
