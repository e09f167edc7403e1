#ifndef MILLRACE_RESILIENCE_CALLS_CALL_ERRORS_HPP
#define MILLRACE_RESILIENCE_CALLS_CALL_ERRORS_HPP

#include <millrace/core/error.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Whether an error is of a call that an open `circuit_breaker` did not make. Its code is `unavailable`, and among its
/// causes is one of the code `vetoed`, which says why the breaker is open: so the mark survives what wraps the error.
inline bool is_open_breaker(const error& why) noexcept {
  for (const error* one = &why; one != nullptr; one = one->cause())
    if (one->code() == errc::vetoed) return true;
  return false;
}

/// Whether the same call may well succeed a moment later: io, timeout and unavailable, but never that of an open
/// breaker. What `retry` tries again after, unless it is told otherwise.
inline bool is_transient(const error& why) noexcept {
  switch (why.code()) {
    case errc::io:
    case errc::timeout:
    case errc::unavailable: return !is_open_breaker(why);
    default: return false;
  }
}

/// Whether an error says that what was called does not work: every one but those of the caller's request (codes below
/// 200, such as invalid_argument and not_found) and that of a call which its caller cancelled. What `circuit_breaker`
/// counts, and what `fallback` stands in for, unless they are told otherwise.
inline bool is_failure(const error& why) noexcept {
  return static_cast<std::uint16_t>(why.code()) >= 200 && why.code() != errc::cancelled;
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_CALL_ERRORS_HPP
