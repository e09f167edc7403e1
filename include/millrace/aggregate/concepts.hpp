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

/// How much an item counts: `update(x, mr::weight{2.5})`. A real number above zero; zero leaves the
/// aggregate as it was, and a negative or non-finite weight is treated as a NaN value is.
struct weight {
  double value = 1;
  constexpr explicit weight(double w) noexcept : value(w) {}
};

/// A weight where a plain number can be nothing else: `topk.update("x", 2)`.
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

/// Can take up what another one of its type has seen.
///
/// Laws, up to the error that A states: merging an empty A changes nothing; a.merge(b) then
/// a.merge(c) makes what b.merge(c) and then a.merge(b) does; and, where `commutative`,
/// a.merge(b) makes what b.merge(a) does. `merge` returns void, or result<void> where two A can
/// disagree in their parameters; after an error, a is as it was.
template <class A>
concept mergeable = requires(A& into, const A& other) { into.merge(other); };

/// Can be kept as bytes and brought back.
///
/// Laws: load(a.save()) succeeds, and is a: the same figures, the same bytes when saved again, the
/// same future under the same updates. `load` of any other bytes returns an error or a valid A; it
/// reads nothing beyond them and allocates no more than a fixed multiple of their length.
template <class A>
concept saveable = requires(const A& a, std::span<const std::byte> bytes) {
  { a.save() } -> std::same_as<std::vector<std::byte>>;
  { A::load(bytes) } -> std::same_as<result<A>>;
};

/// A value that sums up a stream: grows by `update`, is put together by `merge`, and has members or functions to be
/// asked by.
template <class A>
concept aggregator = std::copy_constructible<A> && std::movable<A> && mergeable<A> && saveable<A>;

/// An aggregator of items like X.
template <class A, class X>
concept aggregator_of = aggregator<A> && requires(A& a, const X& x) { a.update(x); };

/// An aggregator with a faster way for many at once.
/// Law: update(span) makes what the single updates, in order, do, up to the stated error.
template <class A, class X>
concept span_aggregator_of = aggregator_of<A, X> && requires(A& a, std::span<const X> items) { a.update(items); };

/// An aggregator of items that count differently.
/// Law: for whole k, update(x, weight(k)) makes what k times update(x) does, up to the stated error.
template <class A, class X>
concept weighted_aggregator_of = aggregator_of<A, X> && requires(A& a, const X& x) { a.update(x, weight(1)); };

/// Is asked for members, `a.get<Member>()`: an `aggregate<...>`, or a snapshot of one.
template <class A>
concept member_source = requires(const A& a) {
  typename A::states;
  { a.items() } -> std::convertible_to<std::uint64_t>;
  { a.infinities() } -> std::convertible_to<double>;
};

/// Has what Member is computed from; Member need not be among those it was made of. False for a member that has only
/// been declared.
template <class A, class Member>
concept keeps_member = member_source<A> && requires { sizeof(Member); } && A::template keeps<Member>;

/// A sketch that is asked for quantiles itself: kll, req, tdigest, ddsketch, log_histogram.
template <class S>
concept quantile_sketch = !member_source<S> && requires(const S& s) {
  { s.quantile(0.5) } -> std::convertible_to<double>;
  { s.count() } -> std::convertible_to<double>;
};

/// Has quantiles: such a sketch, or an aggregate, which must have exactly one member made from `quantiles`.
template <class S>
concept quantile_source = quantile_sketch<S> || member_source<S>;

/// The sketch that a source of quantiles has them from; good as long as the source is, and is not changed.
template <quantile_source S>
const auto& sketch_of(const S& source) {
  if constexpr (member_source<S>)
    return source.template get<quantiles>().sketch();
  else
    return source;
}

/// What wrappers and windows may do with an aggregator. Each is a `static constexpr bool` of the
/// aggregator; left out, it has the default named here.
template <class A>
struct aggregator_traits {
  /// `a.unmerge(b)` takes b's items, merged before, away again, up to rounding. Default: false.
  static constexpr bool invertible = [] {
    if constexpr (requires { A::invertible; })
      return bool{A::invertible};
    else
      return false;
  }();
  /// ... and to the bit, so that a window may subtract what it evicts for ever. Default: false.
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
  /// Merging the same items twice is as good as once: a maximum, a set of distinct ones. Default: false.
  static constexpr bool idempotent = [] {
    if constexpr (requires { A::idempotent; })
      return bool{A::idempotent};
    else
      return false;
  }();
  /// Its work on a span of doubles is block reductions that fuse with others'. Default: false.
  static constexpr bool fusable = [] {
    if constexpr (requires { A::fusable; })
      return bool{A::fusable};
    else
      return false;
  }();
  /// Small and without heap, so that a window may keep one per item. Follows from the type.
  static constexpr bool compact = std::is_trivially_copyable_v<A> && sizeof(A) <= 256;

  static_assert(!exactly_invertible || invertible,
                "millrace[AGGREGATE-1]: an exactly_invertible aggregator is invertible too; say both");
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_CONCEPTS_HPP
