#ifndef MILLRACE_OBSERVE_EVENTS_HOOKS_HPP
#define MILLRACE_OBSERVE_EVENTS_HOOKS_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/observe/events/detail/call_list.hpp>
#include <millrace/observe/events/detail/event_types.hpp>
#include <millrace/observe/events/subscription.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

template <class Operation>
struct outcome_of {
  using type = void;
};
template <class Operation>
requires requires { typename Operation::outcome; }
struct outcome_of<Operation> {
  using type = typename Operation::outcome;
};

}  // namespace detail

/// What an operation makes: its member type `outcome`, or nothing.
template <class Operation>
using outcome_t = typename detail::outcome_of<Operation>::type;

/// A hook after an operation threw or returned an error. The texts are valid during the call.
struct hook_failed {
  std::string_view operation;
  std::string_view hook;
  const error* why;
};

/// What hooks did for one operation.
struct hook_statistics {
  std::uint64_t runs = 0;
  std::uint64_t vetoes = 0;
  std::uint64_t failed_runs = 0;  // that were not vetoed
  std::uint64_t failures = 0;     // of hooks after the operation
  std::size_t before = 0;         // hooks now
  std::size_t after = 0;
};

namespace detail {

template <class Operation>
struct hooked {
  using before_list = call_list<Operation&>;
  using after_list = call_list<const Operation&, const result<outcome_t<Operation>>&>;

  hooked() : before(new before_list), before_owner(before), after(new after_list), after_owner(after) {}
  hooked(const hooked&) = delete;
  hooked& operator=(const hooked&) = delete;
  ~hooked() {
    before->close();
    after->close();
  }

  before_list* before;
  shared_owner before_owner;
  after_list* after;
  shared_owner after_owner;
  light_atomic<std::uint64_t> runs{0};
  light_atomic<std::uint64_t> vetoes{0};
  light_atomic<std::uint64_t> failed_runs{0};
  light_atomic<std::uint64_t> failures{0};
};

}  // namespace detail

/// Functions that run before and after operations, which are named by the types of their arguments:
///
///     struct promote { std::string model; double accuracy; using outcome = int; };   // makes an int
///     mr::observe::hooks<promote, remove> hooks;
///     const auto floor = hooks.before<promote>("accuracy floor", [](promote& asked) -> mr::result<void> {
///       if (asked.accuracy < 0.5) return mr::error(mr::errc::invalid_argument, "accuracy below 0.5");
///       return {};
///     });
///     mr::result<int> version = hooks.run(promote{"fraud", 0.4}, [&](const promote& asked) { ... });
///
/// A hook before the operation may change its argument, or veto it by an error or exception: then neither later hooks
/// before it nor the operation run, and the outcome is an error `vetoed` that names the hook and has its error as
/// cause. The hooks after it see the argument and the outcome in any case; what they return changes nothing, and their
/// errors are counted and passed to those of `on_failure`. Hooks run in the order of their priorities, the higher
/// first, and among equal ones in the order in which they were added. What the operation throws is an error, too.
/// Guarantee: no lock is held while a hook or the operation runs. What a `subscription` says of its end.
/// Complexity: of an operation without hooks, three atomic operations.
/// Allocates: to add a hook and take it away.
/// Threads: all members, any number at once; destroyed when nobody is in one.
/// Errors: of `run`: vetoed; unavailable (hooks nest 16 deep on this thread); event_threw; the operation's own.
template <class... Operations>
class hooks : private detail::checked_types<Operations...>, private detail::hooked<Operations>... {
  template <class Operation>
  using listed = detail::listed_type<Operation, Operations...>;

 public:
  hooks() : failed_(new detail::call_list<const hook_failed&>), failed_owner_(failed_) {}
  hooks(const hooks&) = delete;
  hooks& operator=(const hooks&) = delete;
  ~hooks() { failed_->close(); }

  /// Has `hook`, which takes an `Operation&` and returns nothing or result<void>, called before the operation as long
  /// as the subscription exists. `name` is what errors call it.
  template <class Operation, class Hook>
  [[nodiscard]] subscription before(std::string name, Hook hook, int priority = 0) {
    static_cast<void>(sizeof(listed<Operation>));
    static_cast<void>(sizeof(detail::checked_handler<Hook, Operation&>));
    auto& to = at<Operation>();
    return subscription(to.before_owner, *to.before,
                        to.before->make(std::move(name), type_name<Operation>, std::move(hook), priority, false));
  }
  /// The same after it, of a hook that takes a `const Operation&` and a `const result<outcome_t<Operation>>&`.
  template <class Operation, class Hook>
  [[nodiscard]] subscription after(std::string name, Hook hook, int priority = 0) {
    static_cast<void>(sizeof(listed<Operation>));
    static_cast<void>(sizeof(detail::checked_handler<Hook, const Operation&, const result<outcome_t<Operation>>&>));
    auto& to = at<Operation>();
    return subscription(to.after_owner, *to.after,
                        to.after->make(std::move(name), type_name<Operation>, std::move(hook), priority, false));
  }
  /// Has `handler` called with a `hook_failed` whenever a hook after an operation fails.
  template <class Handler>
  [[nodiscard]] subscription on_failure(std::string name, Handler handler) {
    static_cast<void>(sizeof(detail::checked_handler<Handler, const hook_failed&>));
    return subscription(failed_owner_, *failed_,
                        failed_->make(std::move(name), "hook_failed", std::move(handler), 0, false));
  }

  /// Runs an operation between its hooks: `work(operation)` returns its outcome, or a result of it.
  template <class Operation, class Work>
  requires(!std::is_const_v<std::remove_reference_t<Operation>>)
  result<outcome_t<std::remove_reference_t<Operation>>> run(Operation&& operation, Work&& work) {
    using plain = std::remove_reference_t<Operation>;
    static_cast<void>(sizeof(listed<plain>));
    return run_between(at<plain>(), operation, work);
  }

  template <class Operation>
  hook_statistics statistics() const {
    static_cast<void>(sizeof(listed<Operation>));
    const detail::hooked<Operation>& of = *this;
    return {of.runs.load_relaxed(),     of.vetoes.load_relaxed(), of.failed_runs.load_relaxed(),
            of.failures.load_relaxed(), of.before->size(),        of.after->size()};
  }

 private:
  template <class Operation>
  detail::hooked<Operation>& at() noexcept {
    return *this;
  }

  template <class Operation, class Work>
  result<outcome_t<Operation>> run_between(detail::hooked<Operation>& own, Operation& operation, Work& work) {
    using made = outcome_t<Operation>;
    if (detail::call_depth() >= detail::max_call_depth)
      return error(errc::unavailable, "hooks of " + std::string(type_name<Operation>) + " nest too deep");
    own.runs.add_relaxed(1);
    result<void> allowed;
    if (own.before->has_any())
      (*own.before)(
          [&](const detail::call_entry& by, const error& why) {
            allowed = error(errc::vetoed, "hook \"" + by.name + "\" vetoes " + std::string(type_name<Operation>), why);
            return false;
          },
          operation);
    const bool is_vetoed = !allowed;
    result<made> outcome = is_vetoed ? result<made>(std::move(allowed).error()) : run_guarded<made>(operation, work);
    if (!outcome) (is_vetoed ? own.vetoes : own.failed_runs).add_relaxed(1);
    if (own.after->has_any())
      (*own.after)(
          [&](const detail::call_entry& of, const error& why) {
            own.failures.add_relaxed(1);
            if (failed_->has_any() && detail::call_depth() < detail::max_call_depth)
              (*failed_)([](const detail::call_entry&, const error&) { return true; },
                         hook_failed{type_name<Operation>, of.name, &why});
            return true;
          },
          std::as_const(operation), std::as_const(outcome));
    return outcome;
  }

  template <class Made, class Operation, class Work>
  static result<Made> run_guarded(Operation& operation, Work& work) {
    return detail::guarded_result<Made>(
        [&]() -> result<Made> {
          if constexpr (std::is_void_v<Made> && std::is_void_v<decltype(work(operation))>)
            return work(operation), result<Made>();
          else
            return work(operation);
        },
        [] { return std::string(type_name<Operation>); });
  }

  detail::call_list<const hook_failed&>* failed_;
  detail::shared_owner failed_owner_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_HOOKS_HPP
