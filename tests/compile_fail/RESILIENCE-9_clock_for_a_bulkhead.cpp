// expect: millrace\[RESILIENCE-9\]: a bulkhead takes at_once<N>
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
rs::bulkhead<mr::tsc_clock> places;
#else
rs::bulkhead<rs::at_once<8>> places;
#endif
