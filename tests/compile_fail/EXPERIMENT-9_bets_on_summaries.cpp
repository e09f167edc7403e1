// expect: millrace\[EXPERIMENT-9\]: always_valid bets on single units
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::stats::always_valid;
#else
using when = mr::stats::always_valid_asymptotic;
#endif
using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::mean_of<"spend">>,
                                        mr::stats::decision<when, mr::stats::alpha<.05>>>;

void take(test& t) { t.merge<0>(true, mr::stats::sample_moments{100, 1, 1}); }
