// expect: millrace\[RESILIENCE-2\]: the option named here makes no sense
// expect: within<
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::retry<rs::within<0s>> again;
#else
rs::retry<rs::within<3s>> again;
#endif
