#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_CALL_WRAPPER_BASE_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_CALL_WRAPPER_BASE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/resilience/fwd.hpp>

#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// What a callable returns to wrappers: its result<T> or throttled<T>, and result<void> if it returns nothing.
template <class Returned>
struct outcome_of {
  static constexpr bool ok = false;
  using type = result<void>;
};
template <class T>
struct outcome_of<result<T>> {
  static constexpr bool ok = true;
  using type = result<T>;
};
template <class T>
struct outcome_of<throttled<T>> {
  static constexpr bool ok = true;
  using type = throttled<T>;
};
template <>
struct outcome_of<void> {
  static constexpr bool ok = true;
  using type = result<void>;
};

/// Calls f, with what it wants to know about its call.
template <class F, class Info>
[[gnu::always_inline]] inline decltype(auto) ask(F& f, const Info& info) {
  if constexpr (std::is_invocable_v<F&, const Info&>)
    return f(info);
  else
    return f();
}
template <class F, class Info>
inline constexpr bool is_askable = std::is_invocable_v<F&, const Info&> || std::is_invocable_v<F&>;

template <class F, class Info>
constexpr auto outcome_type() noexcept {
  if constexpr (std::is_invocable_v<F&, const Info&>)
    return outcome_of<std::invoke_result_t<F&, const Info&>>();
  else if constexpr (std::is_invocable_v<F&>)
    return outcome_of<std::invoke_result_t<F&>>();
  else
    return outcome_of<F>();
}

[[gnu::cold, gnu::noinline]] inline error cancelled_before() {
  return error(errc::cancelled, "the call was cancelled before it was made");
}

/// What makes a class with `run(info, next)` a wrapper that can be called alone, and middleware of a chain.
template <class Wrapper>
class call_wrapper_base {
 public:
  static constexpr bool thread_safe = true;

  /// Calls `f()`, or `f(call_info)` if it takes one, as the wrapper says. Returns what `f` returns, a result<T> or a
  /// throttled<T>, or an error in its place; of an `f` that returns void, a result<void>. What `f` throws goes through.
  template <class F>
  [[gnu::always_inline]] inline auto operator()(F&& f, const call_options& options = {}) {
    auto& self = static_cast<Wrapper&>(*this);
    using info_type = call_info<typename Wrapper::clock_type>;
    using returned = decltype(outcome_type<F, info_type>());
    static_assert(requirement<returned::ok, F>,
                  "millrace[RESILIENCE-1]: a wrapper calls what returns a result<T>, or nothing, and takes nothing or "
                  "a call_info: again([&] { return store.fetch(key); })");
    using outcome_type = typename returned::type;
    if constexpr (returned::ok) {
      if (options.stop != nullptr && options.stop->stop_requested()) [[unlikely]]
        return outcome_type(cancelled_before());
      const typename Wrapper::clock_type& clock = self.clock();  // also one that a wrapper makes now lives as long
      const info_type info(clock, options);
      return self.run(info, [&](const info_type& inner) __attribute__((always_inline)) -> outcome_type {
        if constexpr (std::is_void_v<decltype(ask(f, inner))>) {
          ask(f, inner);
          return {};
        } else {
          return ask(f, inner);
        }
      });
    }
  }

  /// For a chain, whose events can be tried again, cut off and so on by `use(wrapper)` or `use(mr::borrow(wrapper))`.
  template <class Stage, class Context, class Next>
  [[gnu::always_inline]] inline result<void> around(const Stage&, Context&, Next& next) {
    return (*this)(next);
  }
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_CALL_WRAPPER_BASE_HPP
