// expect: millrace\[RESILIENCE-7\]: two wrappers of one kind
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::retry<>, rs::circuit_breaker<>, rs::retry<rs::attempts<2>>> guarded;
#else
rs::resilient<rs::timeout<>, rs::retry<>, rs::circuit_breaker<>, rs::timeout<>> guarded;
#endif
