// expect: millrace\[EXPERIMENT-7\]: outcomes<> measures nothing
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using family = mr::stats::outcomes<>;
#else
using family = mr::stats::outcomes<mr::stats::conversion<"ctr">>;
#endif
mr::stats::experiment_test<family, mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>> test;
