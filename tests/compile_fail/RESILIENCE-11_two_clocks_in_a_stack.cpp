// expect: millrace\[RESILIENCE-11\]: the wrappers of a stack ask one clock
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::retry<mr::tsc_clock>, rs::circuit_breaker<>> guarded;
#else
rs::resilient<rs::retry<mr::tsc_clock>, rs::bulkhead<>, rs::circuit_breaker<mr::tsc_clock>> guarded;
#endif
