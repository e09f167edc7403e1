// expect: millrace\[EXPERIMENT-1\]: conclude\(planned_n\) is for fixed_horizon decisions
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::always_valid;
#else
using when = mr::fixed_horizon;
#endif
using test = mr::experiment_test<mr::outcomes<mr::conversion<"ctr">>, mr::decision<when, mr::alpha<.05>, mr::holm>>;

bool significant(test& t) { return t.conclude(1000)->any_significant(); }
