// expect: millrace\[RESILIENCE-6\]: resilient<...> stacks wrappers
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient guarded{rs::retry<>(), [] {}};
#else
rs::resilient guarded{rs::retry<>(), rs::circuit_breaker<>()};
#endif
