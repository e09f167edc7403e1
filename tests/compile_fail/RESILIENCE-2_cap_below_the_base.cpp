// expect: millrace\[RESILIENCE-2\]: the option named here makes no sense
// expect: backoff<
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::retry<rs::backoff<1s, 20ms>> again;
#else
rs::retry<rs::backoff<20ms, 1s>> again;
#endif
