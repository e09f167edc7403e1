#ifndef MILLRACE_RESILIENCE_CALLS_BULKHEAD_HPP
#define MILLRACE_RESILIENCE_CALLS_BULKHEAD_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/places.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// How many calls a `bulkhead` lets through. A number that makes no sense becomes the nearest that does.
struct bulkhead_options {
  /// How many calls may be under way at once.
  std::uint32_t at_once = 16;
  /// How many more may wait for a place, and how long each.
  std::uint32_t waiting = 0;
  duration wait = duration(0);
};

/// The options one by one, where the compiler knows them: `bulkhead<at_once<8>, waiting<32, 50ms>>`.
template <std::uint32_t Calls>
struct at_once {
  static constexpr bool is_sensible = Calls > 0;
  static constexpr void set(bulkhead_options& in) noexcept { in.at_once = Calls; }
};
/// A policy: so many calls wait for room, each so long at most.
template <std::uint32_t Calls, duration Length>
struct waiting {
  static constexpr bool is_sensible = Calls > 0 && Length > duration(0);
  static constexpr void set(bulkhead_options& in) noexcept {
    in.waiting = Calls;
    in.wait = Length;
  }
};

/// A bulkhead as it stands, and what it has done since it was made.
struct bulkhead_statistics {
  std::uint32_t under_way = 0;
  std::uint32_t waiting = 0;
  std::uint64_t waited = 0;   // calls that had to wait, and got a place
  std::uint64_t refused = 0;  // calls for which there was no room, or none in time
};

namespace detail {
template <class T>
using plays_bulkhead_options = typename of_options<bulkhead_options>::template plays<T>;
template <class T>
struct plays_in_bulkhead
    : std::bool_constant<plays_monitor<T>::value || plays_name<T>::value || plays_bulkhead_options<T>::value> {};
}  // namespace detail

/// Bounds how many calls are under way at once, so that something slow does not take every thread.
///
///     mr::resilience::bulkhead<at_once<8>, waiting<32, 50ms>> places;
///     auto row = places([&] { return store.fetch(key); });
///
/// Policies, in any order, as types or as values: options, a monitor, a name. Without any: 16 calls, and nobody waits.
/// Guarantee: never more than `at_once`; who waits longest goes first, and nobody overtakes. An exception gives its
/// place back.
/// Complexity: of a call that finds a place, two atomic operations.
/// Allocates: when it is made; for errors.
/// Threads: any number. Those that wait sleep on the system's monotonic clock; a stop that was requested is seen within
/// 10 ms.
/// Errors: unavailable, for a call without a place; cancelled.
template <class... Policies>
class bulkhead : public detail::call_wrapper_base<bulkhead<Policies...>> {
  using stranger = detail::first_without<detail::plays_in_bulkhead, Policies...>;
  static_assert(
      detail::requirement<stranger::ok, typename stranger::culprit>,
      "millrace[RESILIENCE-3]: a bulkhead takes at_once<N>, waiting<N, D> or bulkhead_options; a monitor, a name");
  using checked = detail::checked_policies<Policies...>;
  static_assert(checked::template one_each<detail::plays_monitor, detail::plays_name>,
                "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;

 public:
  static constexpr std::string_view name = "bulkhead";
  using clock_type = steady_clock;
  static constexpr bool is_timeless = true;

  bulkhead() : bulkhead(from_policies(), Policies()...) {}
  explicit bulkhead(Policies... policies)
  requires(sizeof...(Policies) > 0)
      : bulkhead(from_policies(), policies...) {}

  static constexpr steady_clock clock() noexcept { return {}; }
  const bulkhead_options& options() const noexcept { return options_; }
  bulkhead_statistics statistics() const noexcept {
    return {places_->under_way(), places_->waiting(), places_->waited(), places_->refused()};
  }

  /// For stacks: calls `next(call_info)`, when it has a place.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    if (!places_->enter()) [[unlikely]] {
      if (result<void> got = wait(info); !got) return std::move(got).error();
    }
    const leaves_at_end held{*places_};
    return next(info);
  }

 private:
  struct from_policies {};
  template <class... All>
  explicit bulkhead(from_policies, All&&... policies)
      : options_(detail::settled<bulkhead_options>(policies...)),
        name_(detail::name_among(policies...)),
        monitor_(detail::pick_policy<held_monitor>(policies...)) {
    if (options_.at_once == 0) options_.at_once = 1;
    places_ = detail::make_owning<detail::places>(options_.at_once, options_.waiting);
  }

  struct leaves_at_end {
    detail::places& from;
    ~leaves_at_end() { from.leave(); }
  };

  template <class Info>
  [[gnu::cold, gnu::noinline]] result<void> wait(const Info& info) {
    const duration left = info.remaining();
    const duration patience = left < options_.wait ? left : options_.wait;
    const detail::place_status got = places_->wait(patience, info.stop());
    if (got == detail::place_status::entered) {
      detail::lent_object(monitor_).update(call_event::waited);
      return {};
    }
    const std::string who = detail::titled("bulkhead", name_);
    if (got == detail::place_status::stopped)
      return error(errc::cancelled, who + ": the call was cancelled while it waited for a place");
    detail::lent_object(monitor_).update(call_event::refused);
    return error(errc::unavailable,
                 who + " is full: " + std::to_string(options_.at_once) + " calls are under way" +
                     (got == detail::place_status::crowded
                          ? ", and no more may wait"
                          : ", and none ended within " + std::to_string(patience.nanoseconds / 1000) + " us"));
  }

  bulkhead_options options_;
  std::string name_;
  [[no_unique_address]] held_monitor monitor_;
  detail::owning_pointer<detail::places> places_;
};

template <class... Policies>
bulkhead(Policies&&...) -> bulkhead<detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_BULKHEAD_HPP
