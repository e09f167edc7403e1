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
//   after(event, ctx, outcome)          the same, for a middleware that needs no time: the chain reads
//                                       its clock only if some `after` takes a span
//   around(event, ctx, next)            -> result<void>; calls next() as often as it likes
//   rejected(event, ctx, error)         -> void; a middleware further out failed the event, after it had
//                                       succeeded here or before it came here; event.reached() says which
//
// `span` is the event's own time on the chain's clock, from the first attempt's start to the last
// one's end; `outcome` is a const result<void>&.
// Law: `after` follows every `before` that did not veto, in exactly the reverse order, whatever the
// event did.
//
// A hook that does nothing costs nothing. g++ inlines a small `around` around a large event only if
// it is marked [[gnu::always_inline]]; otherwise it costs a call.
//
// Optional members:
//   name, thread_safe             as an event's
//   using fields = mr::fields<>   fields of its own, for which chain.context(...) makes slots
//   using needs = mr::fields<>    fields of the chain that it looks at; a chain without one of them does
//                                 not compile
//   using place = mr::place<>     rules about its order among the other middlewares

/// Rules for a middleware's `place`: it must stand inside, or outside, of the middlewares with these names, if the
/// chain has them: `using place = mr::place<mr::outside_of<"audit_log">>`.
template <fixed_string... Names>
struct inside_of {};
template <fixed_string... Names>
struct outside_of {};
template <class... Rules>
struct place {};

namespace detail {

/// Stands for `next` where the library checks whether a hook `around` can be called.
struct any_next {
  result<void> operator()() const;
};

// They find a hook of whatever signature, also a template. A class that inherits one name from two bases cannot name
// it, so `&both_of<M, member_before>::before` is an error exactly if M has a `before`. That way a hook with the wrong
// parameters is reported instead of ignored.
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

/// Whether M has a member with the name of each hook. Of a final class, which nothing can inherit, that is unknown; its
/// hooks count only if they can be called.
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
  /// There is at least one hook.
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

/// Whether a middleware with these rules may have the middleware named `other` outside, or inside, of it.
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
