// expect: millrace\[RESILIENCE-9\]: a circuit_breaker stands inside the retry
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::circuit_breaker<>, rs::retry<>> guarded;
#else
rs::resilient<rs::circuit_breaker<rs::counts_whole_calls>, rs::retry<>> guarded;
#endif
