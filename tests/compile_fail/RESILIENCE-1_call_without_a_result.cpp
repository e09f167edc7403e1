// expect: millrace\[RESILIENCE-1\]: a wrapper calls what returns a result<T>, or nothing
#include <millrace/resilience/calls.hpp>

namespace mr = millrace;

mr::result<int> fetch(mr::resilience::retry<>& again) {
#ifdef MILLRACE_MISUSE
  return again([] { return 7; });
#else
  return again([] { return mr::result<int>(7); });
#endif
}
