// expect: millrace\[EXPERIMENT-10\]: update takes the arm as a bool
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

using test = mr::experiment_test<mr::outcomes<mr::conversion<"ctr">>, mr::decision<mr::always_valid, mr::alpha<.05>>>;

#ifdef MILLRACE_MISUSE
void take(test& t, const char* arm) { t.update(arm, 1); }
#else
void take(test& t, const char* arm) { t.update(arm[0] == 't', 1); }
#endif
