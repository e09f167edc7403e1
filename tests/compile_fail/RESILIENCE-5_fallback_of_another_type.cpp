// expect: millrace\[RESILIENCE-5\]: a fallback.s value is what the call returns
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::fallback mean{"none"};

#else
rs::fallback mean{0.02};

#endif

mr::result<double> score(mr::result<double> (*model)()) { return mean(model); }
