#ifndef MILLRACE_CORE_DETAIL_COMPLETES_HPP
#define MILLRACE_CORE_DETAIL_COMPLETES_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Calls f and returns whether it came to its end: what it throws, such as for want of memory, ends here.
template <class F>
bool completes(F&& f) noexcept {
#if defined(__cpp_exceptions)
  try {
    f();
  } catch (...) {
    return false;
  }
#else
  f();  // which ends the program without memory, as all that allocates does then
#endif
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_COMPLETES_HPP
