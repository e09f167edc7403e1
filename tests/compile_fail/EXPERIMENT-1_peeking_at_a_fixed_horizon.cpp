// expect: millrace\[EXPERIMENT-1\]: peek\(\) is for decisions that are valid at any time
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using when = mr::stats::fixed_horizon;
#else
using when = mr::stats::always_valid;
#endif
using test = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"ctr">>,
                                        mr::stats::decision<when, mr::stats::alpha<.05>, mr::stats::holm>>;

bool significant(test& t) { return t.peek()->any_significant(); }
