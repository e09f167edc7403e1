// expect: millrace\[RESILIENCE-4\]: two policies of one kind
#include <millrace/core/clock.hpp>
#include <millrace/resilience/calls.hpp>

namespace mr = millrace;
namespace rs = millrace::resilience;

#ifdef MILLRACE_MISUSE
rs::retry<mr::tsc_clock, mr::steady_clock> again;
#else
rs::retry<mr::tsc_clock> again;
#endif
