// expect: millrace\[EXPERIMENT-6\]: the first part of an experiment_test is outcomes<...>
#include <millrace/stats/experiment/experiment.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using family = mr::stats::conversion<"ctr">;
#else
using family = mr::stats::outcomes<mr::stats::conversion<"ctr">>;
#endif
mr::stats::experiment_test<family, mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>> test;
