// expect: millrace\[RESILIENCE-13\]: this wrapper or policy has a state and is not copied: lend it, by mr::borrow
#include <millrace/resilience/calls.hpp>

namespace mr = millrace;
namespace mz = millrace::resilience;

int guarded(int (*fetch)()) {
  mz::circuit_breaker<> breaker;
#ifdef MILLRACE_MISUSE
  mz::resilient stack{mz::retry<>(), breaker};
#else
  mz::resilient stack{mz::retry<>(), mr::borrow(breaker)};
#endif
  return stack([&]() -> mr::result<int> { return fetch(); }).value_or(0);
}
