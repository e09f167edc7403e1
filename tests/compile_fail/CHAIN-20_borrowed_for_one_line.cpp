// expect: deleted function
#include <millrace/resilience/calls.hpp>

namespace mr = millrace;
namespace mz = millrace::resilience;

int tries(int (*fetch)()) {
#ifdef MILLRACE_MISUSE
  mz::retry again{mr::borrow(mz::retry_budget())};
#else
  mz::retry_budget budget;
  mz::retry again{mr::borrow(budget)};
#endif
  return again([&]() -> mr::result<int> { return fetch(); }).value_or(0);
}
