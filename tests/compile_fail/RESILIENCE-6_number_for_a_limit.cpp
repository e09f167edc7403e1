// expect: millrace\[RESILIENCE-6\]: a timeout takes limit<D>
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::timeout quickly{50ms};
#else
rs::timeout quickly{rs::limit<50ms>()};
#endif
