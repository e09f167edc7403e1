// expect: millrace\[EXPERIMENT-7\]: outcomes<> measures nothing
#include <millrace/stats/experiment_test.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using family = mr::outcomes<>;
#else
using family = mr::outcomes<mr::conversion<"ctr">>;
#endif
mr::experiment_test<family, mr::decision<mr::always_valid, mr::alpha<.05>>> test;
