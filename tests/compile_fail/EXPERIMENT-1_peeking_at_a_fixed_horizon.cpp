// expect: millrace\[EXPERIMENT-1\]: peek\(\) is for decisions that are valid at any time
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::fixed_horizon;
#else
using when = mr::always_valid;
#endif
using test = mr::experiment_test<mr::outcomes<mr::conversion<"ctr">>, mr::decision<when, mr::alpha<.05>, mr::holm>>;

bool significant(test& t) { return t.peek()->any_significant(); }
