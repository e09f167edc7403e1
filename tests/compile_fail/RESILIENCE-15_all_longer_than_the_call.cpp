// expect: millrace\[RESILIENCE-15\]: a timeout inside a retry is for one attempt
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient<rs::timeout<rs::limit<1s>>, rs::retry<rs::within<3s>>> guarded;
#else
rs::resilient<rs::timeout<rs::limit<3s>>, rs::retry<rs::within<3s>>> guarded;
#endif
