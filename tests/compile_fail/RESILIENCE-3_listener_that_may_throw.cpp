// expect: millrace\[RESILIENCE-3\]: a circuit_breaker takes last_calls<N>
// expect: on_change<
#include <millrace/resilience/calls.hpp>

namespace rs = millrace::resilience;

void alarm(const rs::breaker_change& change);

#ifdef MILLRACE_MISUSE
rs::circuit_breaker breaker{rs::on_change{[](const rs::breaker_change& change) { alarm(change); }}};
#else
rs::circuit_breaker breaker{rs::on_change{[](const rs::breaker_change& change) noexcept { alarm(change); }}};
#endif
