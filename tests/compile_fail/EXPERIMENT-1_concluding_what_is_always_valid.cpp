// expect: millrace\[EXPERIMENT-1\]: conclude\(planned_n\) is for fixed_horizon decisions
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::stats::always_valid;
#else
using when = mr::stats::fixed_horizon;
#endif
using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"ctr">>,
                                        mr::stats::decision<when, mr::stats::alpha<.05>, mr::stats::holm>>;

bool significant(test& t) { return t.conclude(1000)->any_significant(); }
