// expect: millrace\[RESILIENCE-14\]: a circuit_breaker stands inside the retry
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::retry<>, rs::circuit_breaker<rs::counts_whole_calls>> guarded;
#else
rs::resilient<rs::retry<>, rs::circuit_breaker<>> guarded;
#endif
