#ifndef MILLRACE_DELIVER_ROLLOUT_OPTIONS_HPP
#define MILLRACE_DELIVER_ROLLOUT_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/machine.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a release is called, and what its rollouts wait for.
struct rollout_options {
  /// In messages, on metrics, as a part of its keys in a storage, and the salt of its units.
  std::string name = "release";
  /// What the candidate is, such as its version. It is kept with the state. Give it where the release is `kept_in` a
  /// storage: a program that is started with a candidate of another name begins the next rollout with it, as a draft,
  /// and does not take up where the last candidate ended. Empty, and all candidates are one.
  std::string candidate = {};
  rollout_rules rules = {};
  /// A call of the candidate that has not returned after this long is one that hangs, and rolls it back; 0: none is.
  duration hang_after = seconds(30);
  /// Of the split at random, where requests have no unit.
  std::uint64_t seed = 1;
  /// For records alone.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// A policy of a release: what a request's unit is, such as its user, as a pointer to a member or a function of the
/// request. All requests of a unit go to one model, and whoever has the candidate keeps it as the share grows. Without
/// it each request is split by chance.
///
///     mr::deliver::unit_of{&request::user}
template <class Key>
struct unit_of {
  Key key;
};
template <class Key>
unit_of(Key) -> unit_of<Key>;

/// A policy of a release: which requests take part, as a function of the request that returns whether it does. The
/// others are stable's, and no evidence.
template <class Choice>
struct audience {
  Choice choice;
};
template <class Choice>
audience(Choice) -> audience<Choice>;

/// A policy of a release: which outputs of a model are any, as a function of the output that returns whether it is. A
/// candidate whose output is refused has failed, and stable's is returned.
///
///     mr::deliver::output_check{[](double score) { return score >= 0 && score <= 1; }}
template <class Check>
struct output_check {
  Check fine;
};
template <class Check>
output_check(Check) -> output_check<Check>;

/// Precondition of these three: the functions throw nothing.

/// A policy of a release: a function that each `decide` calls while the candidate may get requests, and that returns
/// result<void>. If it returns an error, or throws, the candidate is taken back, and the error is the reason.
///
///     mr::deliver::health_check{[&]() -> mr::result<void> {
///       if (monitor.is_ready()) return {};
///       return mr::error(mr::errc::unavailable, "this host is not ready");
///     }}
///
/// It calls no member of the release that changes it. Requests do not wait for it.
template <class Probe>
struct health_check {
  Probe probe;
};
template <class Probe>
health_check(Probe) -> health_check<Probe>;

/// A policy of a release: how many calls the candidate may be in at once. Requests beyond them are stable's, so that a
/// candidate that hangs takes no more threads than these.
template <std::size_t Calls>
requires(Calls > 0)
struct max_in_flight {};

namespace detail {

template <class P>
struct is_rollout_unit : std::false_type {};
template <class Key>
struct is_rollout_unit<unit_of<Key>> : std::true_type {};
template <class P>
struct is_rollout_audience : std::false_type {};
template <class Choice>
struct is_rollout_audience<audience<Choice>> : std::true_type {};
template <class P>
struct is_rollout_check : std::false_type {};
template <class Check>
struct is_rollout_check<output_check<Check>> : std::true_type {};
template <class P>
struct is_rollout_health : std::false_type {};
template <class Probe>
struct is_rollout_health<health_check<Probe>> : std::true_type {};
template <class P>
struct is_rollout_seats : std::false_type {};
template <std::size_t Calls>
struct is_rollout_seats<max_in_flight<Calls>> : std::true_type {};

/// What stands where a policy is not given.
struct by_chance {};
struct everybody {};
struct any_output {};
struct any_health {
  result<void> probe() const { return {}; }
};

template <class P>
inline constexpr std::size_t seats_of = 0;
template <std::size_t Calls>
inline constexpr std::size_t seats_of<max_in_flight<Calls>> = Calls;

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_OPTIONS_HPP
