// expect: millrace\[RESILIENCE-7\]: a fallback takes, after its value or callable
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::fallback mean{0.02, mr::steady_clock()};
#else
rs::fallback mean{0.02, rs::named<"scores">()};
#endif
