// expect: millrace\[EXPERIMENT-6\]: the first part of an experiment_test is outcomes<...>
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using family = mr::conversion<"ctr">;
#else
using family = mr::outcomes<mr::conversion<"ctr">>;
#endif
mr::experiment_test<family, mr::decision<mr::always_valid, mr::alpha<.05>>> test;
