#ifndef MILLRACE_RESILIENCE_CALLS_THROTTLED_HPP
#define MILLRACE_RESILIENCE_CALLS_THROTTLED_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/fwd.hpp>

#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// What a call returns to wrappers where the other side may say when to come again, as a server does by Retry-After: a
/// result<T> and, with an error, the least delay before the next attempt of a `retry`.
///
///     auto response = again([&]() -> throttled<http_response> {
///       auto received = transport.send(request);
///       if (received && received->status == 429) return {error(errc::unavailable, "too many requests"), seconds(7)};
///       return received;
///     });
template <class T>
class throttled : public result<T> {
 public:
  using result<T>::result;
  throttled(result<T> made) : result<T>(std::move(made)) {}
  throttled(error why, duration retry_after) noexcept : result<T>(std::move(why)), retry_after_(retry_after) {}

  /// 0: whenever.
  duration retry_after() const noexcept { return retry_after_; }

 private:
  duration retry_after_ = duration(0);
};

namespace detail {

template <class Outcome>
constexpr duration told_delay(const Outcome&) noexcept {
  return duration(0);
}
template <class T>
constexpr duration told_delay(const throttled<T>& outcome) noexcept {
  return outcome.retry_after();
}

}  // namespace detail

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_THROTTLED_HPP
