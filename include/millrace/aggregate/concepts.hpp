#ifndef MILLRACE_AGGREGATE_CONCEPTS_HPP
#define MILLRACE_AGGREGATE_CONCEPTS_HPP

#include <millrace/aggregate/fwd.hpp>
#include <millrace/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {

/// How much an item counts: `update(x, mr::weight{2.5})`. A finite number above zero; an item of weight zero leaves
/// the aggregate as it was, and an item of negative or non-finite weight is treated like one that is NaN.
struct weight {
  double value = 1;
  constexpr explicit weight(double w) noexcept : value(w) {}
};

/// The parameter type where a plain number can mean nothing but a weight: `topk.update("x", 2)`.
struct weight_or_number {
  double value;
  constexpr weight_or_number(weight w) noexcept : value(w.value) {}
  constexpr weight_or_number(double w) noexcept : value(w) {}
};

/// A pair, for covariance, correlation and trend.
struct xy {
  double x = 0;
  double y = 0;
};

/// A can add to itself what another A has seen: `a.merge(b)`.
///
/// Laws, up to the error that A states: merging an empty A changes nothing; a.merge(b) followed by a.merge(c) leaves
/// the same in a as b.merge(c) followed by a.merge(b); and, where `aggregator_traits<A>::commutative`, a.merge(b)
/// leaves the same in a as b.merge(a) leaves in b. `merge` returns void, or result<void> where two A can disagree in
/// their parameters; after an error, a is as it was.
template <class A>
concept mergeable = requires(A& into, const A& other) { into.merge(other); };

/// A can be saved as bytes and loaded from them.
///
/// Laws: load(a.save()) succeeds and equals a: it returns the same figures, saves as the same bytes, and stays equal
/// under the same updates. `load` of any other bytes returns an error or a valid A; it reads nothing beyond them and
/// allocates no more than a fixed multiple of their length.
template <class A>
concept saveable = requires(const A& a, std::span<const std::byte> bytes) {
  { a.save() } -> std::same_as<std::vector<std::byte>>;
  { A::load(bytes) } -> std::same_as<result<A>>;
};

/// A value that sums up a stream: `update` feeds it items, `merge` joins two of them, and its members or functions
/// return the figures. `aggregator_of` adds the requirement on `update`.
template <class A>
concept aggregator = std::copy_constructible<A> && std::movable<A> && mergeable<A> && saveable<A>;

/// An aggregator whose `update` takes an X.
template <class A, class X>
concept aggregator_of = aggregator<A> && requires(A& a, const X& x) { a.update(x); };

/// An aggregator that also takes many X at once, which is faster.
/// Law: update(span) leaves the same, up to the stated error, as updating with each item of the span in order.
template <class A, class X>
concept span_aggregator_of = aggregator_of<A, X> && requires(A& a, std::span<const X> items) { a.update(items); };

/// An aggregator whose items may carry weights.
/// Law: for whole k, update(x, weight(k)) leaves the same, up to the stated error, as calling update(x) k times.
template <class A, class X>
concept weighted_aggregator_of = aggregator_of<A, X> && requires(A& a, const X& x) { a.update(x, weight(1)); };

/// Has members to ask for, `a.get<Member>()`: an `aggregate<...>`, or a snapshot of one, which windows return.
template <class A>
concept member_source = requires(const A& a) {
  typename A::states;
  { a.items() } -> std::convertible_to<std::uint64_t>;
  { a.infinities() } -> std::convertible_to<double>;
};

/// `a.get<Member>()` compiles for an A: A keeps the states that Member is computed from, whether or not Member is on
/// its list. False for a Member that has only been declared, not defined.
template <class A, class Member>
concept keeps_member = member_source<A> && requires { sizeof(Member); } && A::template keeps<Member>;

/// A sketch that has `quantile` and `count` of its own: kll, req, tdigest, ddsketch, log_histogram.
template <class S>
concept quantile_sketch = !member_source<S> && requires(const S& s) {
  { s.quantile(0.5) } -> std::convertible_to<double>;
  { s.count() } -> std::convertible_to<double>;
};

/// A quantile sketch, or an aggregate. `sketch_of` requires that the aggregate has exactly one member made from
/// `quantiles`.
template <class S>
concept quantile_source = quantile_sketch<S> || member_source<S>;

/// The sketch inside a source of quantiles, or the source itself. The reference is valid while the source lives and is
/// not changed.
template <quantile_source S>
const auto& sketch_of(const S& source) {
  if constexpr (member_source<S>)
    return source.template get<quantiles>().sketch();
  else
    return source;
}

/// What wrappers and windows may do with an aggregator. An aggregator sets a trait by a `static constexpr bool` of the
/// same name; each trait that it does not set has the default named here.
template <class A>
struct aggregator_traits {
  /// `a.unmerge(b)` removes b's items, which were merged before, up to rounding. Default: false.
  static constexpr bool invertible = [] {
    if constexpr (requires { A::invertible; })
      return bool{A::invertible};
    else
      return false;
  }();
  /// `unmerge` restores the earlier state to the bit, so that a window may subtract evicted items without end: no
  /// rounding error adds up. Default: false.
  static constexpr bool exactly_invertible = [] {
    if constexpr (requires { A::exactly_invertible; })
      return bool{A::exactly_invertible};
    else
      return false;
  }();
  /// The order of merging makes no difference beyond the stated error. Default: true.
  static constexpr bool commutative = [] {
    if constexpr (requires { A::commutative; })
      return bool{A::commutative};
    else
      return true;
  }();
  /// Merging the same items twice leaves the same as merging them once: a maximum, a count of distinct items. Default:
  /// false.
  static constexpr bool idempotent = [] {
    if constexpr (requires { A::idempotent; })
      return bool{A::idempotent};
    else
      return false;
  }();
  /// All that it needs of a span of doubles are sums and extremes of blocks, which one loop finds for all members of an
  /// aggregate together. Default: false.
  static constexpr bool fusable = [] {
    if constexpr (requires { A::fusable; })
      return bool{A::fusable};
    else
      return false;
  }();
  /// Small (256 bytes at most) and without heap memory, so that a window may keep one per item. Follows from the type.
  static constexpr bool compact = std::is_trivially_copyable_v<A> && sizeof(A) <= 256;

  static_assert(!exactly_invertible || invertible,
                "millrace[AGGREGATE-1]: an exactly_invertible aggregator is invertible too; say both");
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_CONCEPTS_HPP
