// expect: millrace\[RESILIENCE-3\]: a retry takes attempts<N>
#include <millrace/resilience/calls.hpp>

namespace rs = millrace::resilience;

#ifdef MILLRACE_MISUSE
rs::retry again{3};
#else
rs::retry again{rs::attempts<3>()};
#endif
