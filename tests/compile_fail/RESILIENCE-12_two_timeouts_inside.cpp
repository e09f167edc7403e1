// expect: millrace\[RESILIENCE-12\]: two wrappers of one kind
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::retry<>, rs::timeout<>, rs::timeout<>> guarded;
#else
rs::resilient<rs::timeout<>, rs::retry<>, rs::timeout<>> guarded;
#endif
