// expect: millrace\[RESILIENCE-8\]: a fallback is the outermost wrapper
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::resilient guarded{rs::retry<>(), rs::fallback{0.02}};
#else
rs::resilient guarded{rs::fallback{0.02}, rs::retry<>()};
#endif
