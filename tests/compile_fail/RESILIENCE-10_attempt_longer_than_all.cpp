// expect: millrace\[RESILIENCE-10\]: a timeout inside a retry is for one attempt
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::retry<rs::within<1s>>, rs::timeout<rs::limit<2s>>> guarded;
#else
rs::resilient<rs::retry<rs::within<1s>>, rs::timeout<rs::limit<200ms>>> guarded;
#endif
