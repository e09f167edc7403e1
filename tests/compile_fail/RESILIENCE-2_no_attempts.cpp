// expect: millrace\[RESILIENCE-2\]: the option named here makes no sense
// expect: attempts<0
#include <millrace/resilience/calls.hpp>

namespace rs = millrace::resilience;

#ifdef MILLRACE_MISUSE
rs::retry<rs::attempts<0>> again;
#else
rs::retry<rs::attempts<1>> again;
#endif
