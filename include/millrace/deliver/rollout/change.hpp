#ifndef MILLRACE_DELIVER_ROLLOUT_CHANGE_HPP
#define MILLRACE_DELIVER_ROLLOUT_CHANGE_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A rollout is at another share, step or phase than before, or was approved: told once it is so.
struct rollout_changed {
  std::string release;
  rollout_phase before = rollout_phase::draft;
  rollout_state state;
  judgement evidence;

  /// One sentence: `fraud: rollout 3 is rolled_back at step 2 of canary<5, 25, 100>, by evidence`.
  template <class = void>
  std::string summary() const;
};

/// A rollout looked at the time and the evidence, whatever followed.
struct rollout_looked {
  std::string release;
  rollout_state state;
  judgement evidence;
};

/// A candidate has become what is stable: told after the `rollout_changed` of the same.
struct candidate_promoted {
  rollout_changed change;
};
/// Stable has all requests again: told after the `rollout_changed` of the same.
struct candidate_rolled_back {
  rollout_changed change;
};

/// Somebody who is notified returned an error, or threw: told each time, to watchers that take it. Of a rollback he is
/// told again by the next `decide`; of all else he is not.
struct notification_failed {
  rollout_changed change;
  error why;
  std::uint64_t times = 1;  // how often in a row, of this change
};

/// What hooks are asked about before the candidate gets a greater share, and may refuse: a step, or the promotion.
struct rollout_advance {
  std::string release;
  rollout_state from;
  rollout_state to;
};

namespace detail {

/// Asked for its type only; it has a body for programs that keep what no one calls.
struct plain_advance {
  result<void> operator()(const rollout_advance&) const { return {}; }
};

}  // namespace detail

/// Stands around a release: `around(advance, work)` returns what `work(advance)` returns, unless it refuses it, and
/// `emit(event)` is called of what has happened. `watched_rollout` is one, with the hooks, events and metrics of
/// `observe`.
template <class W>
concept rollout_watcher = requires(const W& each, rollout_advance& asked, detail::plain_advance work,
                                   const rollout_changed& changed, const rollout_looked& looked) {
  { each.around(asked, work) } -> std::same_as<result<void>>;
  each.emit(changed);
  each.emit(looked);
};

/// Nobody watches.
struct unwatched_rollout {
  template <class Work>
  result<void> around(rollout_advance& asked, const Work& work) const {
    return work(std::as_const(asked));
  }
  template <class Event>
  void emit(const Event&) const noexcept {}
};

template <class>
std::string rollout_changed::summary() const {
  std::string text = release + ": rollout " + std::to_string(state.number) + " is ";
  text.append(to_string(state.phase)).append(" at step ").append(std::to_string(state.step + 1));
  text.append(" of ").append(state.strategy).append(", the candidate at ").append(detail::percent_of(state.share));
  text.append(" %, by ").append(to_string(state.cause));
  if (!state.actor.empty()) text.append(" of ").append(state.actor);
  if (!state.reason.empty()) text.append(": ").append(state.reason);
  return text;
}

namespace detail {

/// Calls what is to be notified, and returns its error, if it can have one.
template <class F>
result<void> notify(const F& f, const rollout_changed& change) {
  return guarded([&] { return f(change); }, [] { return std::string("who is notified"); });
}

template <class F>
inline constexpr bool is_told = requires(const F& f, const rollout_changed& change) {
  requires std::is_void_v<decltype(f(change))> || std::is_convertible_v<decltype(f(change)), result<void>>;
};

/// Calls those whose bit is not set in `told`, and sets it for each that returns no error. Returns the first error.
template <class... F>
struct notified_list {
  result<void> operator()(const rollout_changed&, std::uint64_t&, std::uint64_t = 1) const { return {}; }
};
template <class First, class... Rest>
struct notified_list<First, Rest...> {
  First first;
  notified_list<Rest...> rest;

  result<void> operator()(const rollout_changed& change, std::uint64_t& told, std::uint64_t bit = 1) const {
    result<void> done;
    if ((told & bit) == 0) done = detail::notify(first, change);
    if (done) told |= bit;
    auto others = rest(change, told, bit << 1);
    return done ? std::move(others) : std::move(done);
  }
};

}  // namespace detail

/// A policy of a release: functions that are called of each change with a `const rollout_changed&`, and return nothing
/// or result<void>: a pager, a chat, an audit trail. For events in a program there are watchers.
///
///     mr::deliver::notified{[](const mr::deliver::rollout_changed& it) { log(it.summary()); }}
///
/// Guarantee: of a rollback each is called until it returns no error: who returned one, or threw, is called again by
/// the next `decide`, and the others are not. After a crash between the rollback and their return, all are called again
/// once the release is restored from its storage. Of other changes each is called at most once. An error is told to
/// watchers as `notification_failed`. No lock is held meanwhile, and requests have followed the change before. Changes
/// come in their order: while one hangs nobody is told of later ones, and requests, other threads' words and a
/// `rollout_watch` go on. At most 64 functions.
template <class... F>
requires(sizeof...(F) <= 64)
struct notified {
  static_assert(
      detail::requirement<(detail::is_told<F> && ...), F...>,
      "millrace[ROLLOUT-17]: what is notified is called with a const rollout_changed&, itself const, and returns "
      "nothing or result<void>");
  detail::notified_list<F...> all;

  explicit notified(F... functions) : all(made(std::move(functions)...)) {}

 private:
  static detail::notified_list<> made() { return {}; }
  template <class First, class... Rest>
  static detail::notified_list<First, Rest...> made(First first, Rest... rest) {
    return {std::move(first), notified<Rest...>(std::move(rest)...).all};
  }
};

namespace detail {
template <class P>
struct is_notified : std::false_type {};
template <class... F>
struct is_notified<notified<F...>> : std::true_type {};
template <class P>
struct is_rollout_watcher : std::bool_constant<rollout_watcher<P>> {};
}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_CHANGE_HPP
