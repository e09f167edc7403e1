// expect: millrace\[EXPERIMENT-9\]: always_valid bets on single units
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::always_valid;
#else
using when = mr::always_valid_asymptotic;
#endif
using test = mr::experiment_test<mr::outcomes<mr::mean_of<"spend">>, mr::decision<when, mr::alpha<.05>>>;

void take(test& t) { t.absorb<0>(true, mr::sample_moments{100, 1, 1}); }
