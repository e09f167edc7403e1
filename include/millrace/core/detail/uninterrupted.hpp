#ifndef MILLRACE_CORE_DETAIL_UNINTERRUPTED_HPP
#define MILLRACE_CORE_DETAIL_UNINTERRUPTED_HPP

#include <millrace/core/config.hpp>

#include <cerrno>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Calls `call`, a system call, again as long as a signal interrupts it, and returns its last result.
template <class Call>
auto uninterrupted(Call&& call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_UNINTERRUPTED_HPP
