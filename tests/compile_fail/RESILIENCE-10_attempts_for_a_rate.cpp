// expect: millrace\[RESILIENCE-10\]: a rate_limiter takes rate<N, D>
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::rate_limiter<rs::attempts<3>> slowly;
#else
rs::rate_limiter<rs::rate<3, 1s>> slowly;
#endif
