#ifndef MILLRACE_RESILIENCE_CALLS_TIMEOUT_HPP
#define MILLRACE_RESILIENCE_CALLS_TIMEOUT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// How long a call may take, and what becomes of one that is late.
struct timeout_options {
  /// How long a call may take.
  duration limit = duration(1'000'000'000);
  /// Whether a result that comes too late is returned all the same.
  bool keeps_late = false;
};

/// The options one by one, where the compiler knows them: `timeout<limit<50ms>, keeps_late>`.
template <duration Length>
struct limit {
  static constexpr bool is_sensible = Length > duration(0);
  static constexpr void set(timeout_options& in) noexcept { in.limit = Length; }
};
/// A policy: a result that comes too late is returned all the same.
struct keeps_late {
  static constexpr void set(timeout_options& in) noexcept { in.keeps_late = true; }
};

namespace detail {
template <class T>
using plays_timeout_options = typename of_options<timeout_options>::template plays<T>;
template <class T>
struct plays_in_timeout : std::bool_constant<plays_clock<T>::value || plays_monitor<T>::value || plays_name<T>::value ||
                                             plays_timeout_options<T>::value> {};
}  // namespace detail

/// Bounds the time of a call, with the callable's help: it is told how long it may take, and what it returns too late
/// is an error.
///
///     mr::resilience::timeout<limit<50ms>> quickly;
///     auto row = quickly([&](const auto& call) { return store.fetch(key, call.remaining()); });
///
/// Nothing interrupts a thread: a callable that looks at neither `remaining()` nor `should_stop()` runs for as long as
/// it runs, and its caller waits. What it waits for inside (a socket, a lock) has to be given the time that is left.
/// Policies, in any order, as types or as values: `limit<D>`, `keeps_late` or `timeout_options`, a clock, a monitor, a
/// name. Without any: one second.
/// Complexity: two readings of the clock.
/// Allocates: when it is made; for the error.
/// Threads: any number.
/// Errors: timeout, for a call that took too long though it succeeded, and for one whose time was over before.
template <class... Policies>
class timeout : public detail::call_wrapper_base<timeout<Policies...>> {
  using stranger = detail::first_without<detail::plays_in_timeout, Policies...>;
  static_assert(
      detail::requirement<stranger::ok, typename stranger::culprit>,
      "millrace[RESILIENCE-3]: a timeout takes limit<D>, keeps_late or timeout_options; a clock, a monitor, a "
      "name");
  using checked = detail::checked_policies<Policies...>;
  static_assert(checked::template one_each<detail::plays_clock, detail::plays_monitor, detail::plays_name>,
                "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_clock = detail::cast_t<detail::plays_clock, steady_clock, Policies...>;
  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;

 public:
  static constexpr std::string_view name = "timeout";
  using clock_type = detail::lent_t<held_clock>;
  using preset = detail::preset<timeout_options, Policies...>;

  timeout() : timeout(from_policies(), Policies()...) {}
  explicit timeout(Policies... policies)
  requires(sizeof...(Policies) > 0)
      : timeout(from_policies(), policies...) {}

  const timeout_options& options() const noexcept { return options_; }
  const clock_type& clock() const noexcept { return detail::lent_object(clock_); }
  /// How many calls took too long.
  std::uint64_t late() const noexcept { return late_->load_relaxed(); }

  /// For stacks: calls `next(call_info)`, with the time that it may take.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    const std::uint64_t start = info.time();
    if (start >= info.deadline()) [[unlikely]]
      return over();
    const std::uint64_t length = static_cast<std::uint64_t>(options_.limit.nanoseconds);
    auto outcome = next(info.until(start + length));
    const std::uint64_t end = info.time();
    if (end > start && end - start > length) [[unlikely]] {
      error why = too_long(end - start);
      if (outcome && !options_.keeps_late) return why;
    }
    return outcome;
  }

 private:
  struct from_policies {};
  template <class... All>
  explicit timeout(from_policies, All&&... policies)
      : options_(detail::settled<timeout_options>(policies...)),
        name_(detail::name_among(policies...)),
        clock_(detail::pick_policy<held_clock>(policies...)),
        monitor_(detail::pick_policy<held_monitor>(policies...)),
        late_(detail::make_owning<detail::light_atomic<std::uint64_t>>()) {
    if (options_.limit.nanoseconds < 0) options_.limit = duration(0);
  }

  [[gnu::cold, gnu::noinline]] error over() const {
    return error(errc::timeout, detail::titled("timeout", name_) + ": the time was over before the call was made");
  }
  [[gnu::cold, gnu::noinline]] error too_long(std::uint64_t taken) {
    late_->add_relaxed(1);
    detail::lent_object(monitor_).update(call_event::late);
    return error(errc::timeout, detail::titled("timeout", name_) + ": the call took " + std::to_string(taken / 1000) +
                                    " us, of " + std::to_string(options_.limit.nanoseconds / 1000) + " us at most");
  }

  timeout_options options_;
  std::string name_;
  [[no_unique_address]] held_clock clock_;
  [[no_unique_address]] held_monitor monitor_;
  detail::owning_pointer<detail::light_atomic<std::uint64_t>> late_;
};

template <class... Policies>
timeout(Policies&&...) -> timeout<detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_TIMEOUT_HPP
