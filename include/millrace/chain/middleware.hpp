#ifndef MILLRACE_CHAIN_MIDDLEWARE_HPP
#define MILLRACE_CHAIN_MIDDLEWARE_HPP

#include <millrace/chain/event.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/field_list.hpp>

#include <concepts>
#include <type_traits>

namespace millrace {
inline namespace v0 {

// A middleware is any class with at least one of these members, usually templates over `event`
// (a `stage`) and `ctx` (the whole context):
//
//   before(event, ctx)                  -> void or result<void>; an error vetoes the event
//   after(event, ctx, span, outcome)    -> void or result<void>; an error fails a good event
//   after(event, ctx, outcome)          the same, for one that needs no time: the chain stamps the
//                                       event only if somebody looks
//   around(event, ctx, next)            -> result<void>; calls next() as often as it likes
//   rejected(event, ctx, error)         the event succeeded here, or never came this far, and a
//                                       middleware further out failed it; event.reached() says which
//
// `span` is the event's own time on the chain's clock, from the first attempt's start to the last
// one's end; `outcome` is a const result<void>&. Law: `after` follows every `before` that did not
// veto, in exactly the reverse order, whatever the event did.
//
// A hook that does nothing costs nothing. g++ inlines a small `around` around a large event only if
// it is marked [[gnu::always_inline]]; otherwise it costs a call.
//
// Optional: `name`; `thread_safe`; `using fields = mr::fields<...>`, slots of its own that it wants
// in the context; `using needs = mr::fields<...>`, fields of the chain that it looks at, so that one
// the chain does not have is refused; `using place = mr::place<...>`.

/// The middleware must stand inside / outside those of these names, where the chain has them.
template <fixed_string... Names>
struct inside_of {};
template <fixed_string... Names>
struct outside_of {};
template <class... Rules>
struct place {};

namespace detail {

/// What `next` is, as far as a hook's signature goes.
struct any_next {
  result<void> operator()() const;
};

// A class that inherits the member name from two bases cannot name it: so a hook is seen even when
// it is a template or has the wrong parameters, and a misspelt signature is an error, not silence.
struct member_before {
  int before;
};
struct member_after {
  int after;
};
struct member_around {
  int around;
};
struct member_rejected {
  int rejected;
};
template <class M, class Named>
struct both_of : M, Named {};

/// Whether M names each hook. A final class cannot be looked into; there only what can be called counts.
template <class M>
struct hook_names {
  static constexpr bool before = !requires { &both_of<M, member_before>::before; };
  static constexpr bool after = !requires { &both_of<M, member_after>::after; };
  static constexpr bool around = !requires { &both_of<M, member_around>::around; };
  static constexpr bool rejected = !requires { &both_of<M, member_rejected>::rejected; };
};
template <class M>
requires(!std::is_class_v<M> || std::is_final_v<M>)
struct hook_names<M> {
  static constexpr bool before = false;
  static constexpr bool after = false;
  static constexpr bool around = false;
  static constexpr bool rejected = false;
};

template <class R>
concept void_or_result = std::is_void_v<R> || std::is_same_v<R, result<void>>;

/// Which hooks M has for one event and context type.
template <class M, class Stage, class Context>
struct hooks {
  static constexpr bool before = requires(M& m, const Stage& event, Context& ctx) {
    { m.before(event, ctx) } -> void_or_result;
  };
  static constexpr bool timed_after =
      requires(M& m, const Stage& event, Context& ctx, const time_span& span, const result<void>& outcome) {
        { m.after(event, ctx, span, outcome) } -> void_or_result;
      };
  static constexpr bool plain_after = requires(M& m, const Stage& event, Context& ctx, const result<void>& outcome) {
    { m.after(event, ctx, outcome) } -> void_or_result;
  };
  static constexpr bool after = timed_after || plain_after;
  static constexpr bool around = requires(M& m, const Stage& event, Context& ctx, any_next& next) {
    { m.around(event, ctx, next) } -> std::same_as<result<void>>;
  };
  static constexpr bool rejected = requires(M& m, const Stage& event, Context& ctx, const error& why) {
    { m.rejected(event, ctx, why) } -> std::same_as<void>;
  };
  /// Every member with a hook's name can be called as that hook.
  static constexpr bool well_formed = (before || !hook_names<M>::before) && (after || !hook_names<M>::after) &&
                                      (around || !hook_names<M>::around) && (rejected || !hook_names<M>::rejected);
  static constexpr bool any = before || after || around || rejected;
};

template <class M>
struct fields_of_middleware {
  using type = field_list<>;
};
template <class M>
requires requires { typename M::fields; }
struct fields_of_middleware<M> {
  using type = to_field_list_t<typename M::fields>;
};

template <class M>
struct needs_of_middleware {
  using type = field_list<>;
};
template <class M>
requires requires { typename M::needs; }
struct needs_of_middleware<M> {
  using type = to_field_list_t<typename M::needs>;
};

template <class M>
struct place_of {
  using type = place<>;
};
template <class M>
requires requires { typename M::place; }
struct place_of<M> {
  using type = typename M::place;
};

/// Whether `M` may have `Other` at the given side of it.
template <class Rule>
struct allows;
template <fixed_string... Names>
struct allows<inside_of<Names...>> {
  static constexpr bool outside(std::string_view) noexcept { return true; }
  static constexpr bool inside(std::string_view other) noexcept { return ((Names.view() != other) && ...); }
};
template <fixed_string... Names>
struct allows<outside_of<Names...>> {
  static constexpr bool outside(std::string_view other) noexcept { return ((Names.view() != other) && ...); }
  static constexpr bool inside(std::string_view) noexcept { return true; }
};
template <class... Rules>
struct allows<place<Rules...>> {
  static constexpr bool outside([[maybe_unused]] std::string_view other) noexcept {
    return (allows<Rules>::outside(other) && ...);
  }
  static constexpr bool inside([[maybe_unused]] std::string_view other) noexcept {
    return (allows<Rules>::inside(other) && ...);
  }
};

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_MIDDLEWARE_HPP
