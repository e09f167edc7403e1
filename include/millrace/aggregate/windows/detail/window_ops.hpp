#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_OPS_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_OPS_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class A>
struct sample_type {
  using type = double;
};
template <class A>
requires requires { typename A::sample; }
struct sample_type<A> {
  using type = typename A::sample;
};
/// What A is updated with: its `sample`, or double.
template <class A>
using sample_t = typename sample_type<A>::type;

/// Does `update` return an error for an item that A refuses?
template <class A>
inline constexpr bool may_refuse = requires(A& a, const sample_t<A>& x) {
  { a.update(x) } -> std::same_as<result<void>>;
};

/// How a window works with an aggregator A. `running` is the type of a sum that takes items in order, `partial` that of
/// a sum that is stored and combined with others; both are A itself, except for aggregates of members, below.
///
/// `tally` counts the unusual items in the window: `with` counts one that comes, `without` one that goes. Engines look
/// at the items that go only while `tally::any()`.
template <class A>
struct window_ops {
  using sample = sample_t<A>;
  using running = A;
  using partial = A;
  static constexpr bool commutative = aggregator_traits<A>::commutative;
  static constexpr bool invertible = aggregator_traits<A>::invertible;
  static constexpr bool exactly_invertible = aggregator_traits<A>::exactly_invertible;
  static constexpr bool counts_only = false;

  struct tally {
    static constexpr bool any() noexcept { return false; }
    static constexpr void refuse() noexcept {}
    static constexpr std::uint64_t skipped_before() noexcept { return 0; }
    static constexpr void skipped_before(std::uint64_t) noexcept {}
  };
  static constexpr bool unusual(const sample&) noexcept { return false; }
  static tally with(tally t, const sample&) noexcept { return t; }
  static tally without(tally t, const sample&) noexcept { return t; }

  /// The error if A refuses x. An item that A skips is no error; `skips` is true for it.
  static result<void> admit(const running& empty, const sample& x, std::uint64_t) {
    if constexpr (may_refuse<A>) {
      running alone = empty;
      return alone.update(x);
    } else {
      return {};
    }
  }
  static constexpr bool skips(const sample&) noexcept { return false; }

  static void add(running& r, const sample& x, std::uint64_t) { (void)r.update(x); }
  static running with_unusual(running r, const sample& x, std::uint64_t) {
    (void)r.update(x);
    return r;
  }
  /// What a pass over a block found; converts to false if its items must be added one by one.
  struct block {
    explicit operator bool() const noexcept { return true; }
  };
  static block scan(std::span<const sample>) { return {}; }
  static void add_block(running& r, const block&, std::span<const sample> items, std::uint64_t) {
    if constexpr (requires { r.update(items); })
      (void)r.update(items);
    else
      for (const sample& x : items) (void)r.update(x);
  }
  // `close` turns a running sum into a partial. `combine` and `join` add a later sum to a partial and to a running sum;
  // `_open` takes a running one, `_closed` a partial.
  static const partial& close(const running& r) { return r; }
  static void combine(partial& into, const partial& later) { (void)into.merge(later); }
  static void combine_open(partial& into, const running& later) { (void)into.merge(later); }
  static void join_open(running& into, const running& later) { (void)into.merge(later); }
  static void join_closed(running& into, const partial& later) { (void)into.merge(later); }
  static void remove(running& from, const partial& part) { from.unmerge(part); }
  static A finish(const tally&, std::size_t, const partial& all) { return all; }
};

/// Merges state by state, so that states which are their own closed form are not copied first, as closing all would.
template <class T, class... Ms>
[[gnu::always_inline]] inline void combine_open_states(state_set<T, true, members<Ms...>>& into,
                                                       const state_set<T, false, members<Ms...>>& later) {
  (merge_state(into.template at<Ms>(), close(later.template at<Ms>()), merge_offset{0}), ...);
}

template <class T, class... Ms>
void join_closed_states(state_set<T, false, members<Ms...>>& into, const state_set<T, true, members<Ms...>>& later) {
  [[maybe_unused]] const auto one = [](auto& state, const auto& part) {
    if constexpr (requires { state.merge(part, merge_offset{0}); })
      state.merge(part, merge_offset{0});
    else
      state.merge(part);
  };
  (one(into.template at<Ms>(), later.template at<Ms>()), ...);
}

/// For aggregates of members: a running sum is the states, a partial their closed forms, both without counts of items,
/// which the window keeps itself.
template <class Policy, class... Ms>
struct window_ops<basic_aggregate<Policy, Ms...>> {
  using aggregate_type = basic_aggregate<Policy, Ms...>;
  using sample = typename aggregate_type::sample;
  using running = typename aggregate_type::states;
  using partial = typename aggregate_type::snapshot_type::states;
  static constexpr bool commutative = aggregate_type::commutative;
  static constexpr bool invertible = aggregate_type::invertible;
  static constexpr bool exactly_invertible = aggregate_type::exactly_invertible;
  static constexpr bool counts_only = std::is_empty_v<running>;

  struct tally {
    std::uint64_t nans = 0;   // items in the window that are NaN
    std::uint64_t plus = 0;   // +infinity, and pairs with an infinity
    std::uint64_t minus = 0;  // -infinity, and pairs with an infinity

    bool any() const noexcept { return (nans | plus | minus) != 0; }
    void refuse() noexcept { ++skipped_; }
    /// How many items were skipped and did not come into the window, since the beginning.
    std::uint64_t skipped_before() const noexcept { return skipped_; }
    void skipped_before(std::uint64_t count) noexcept { skipped_ = count; }

   private:
    std::uint64_t skipped_ = 0;
  };
  static bool unusual(double x) noexcept { return !(__builtin_fabs(x) <= huge); }
  template <class T>
  static bool unusual(const T& x) noexcept {
    return !is_ordinary(x);
  }
  [[gnu::noinline, gnu::cold]] static tally with(tally t, const sample& x) noexcept {
    if (has_nan(x)) {
      ++t.nans;
    } else {
      detail::tally one;
      one.add_infinities(x);
      t.plus += one.plus;
      t.minus += one.minus;
    }
    return t;
  }
  [[gnu::noinline, gnu::cold]] static tally without(tally t, const sample& x) noexcept {
    if (has_nan(x)) {
      --t.nans;
    } else {
      detail::tally one;
      one.add_infinities(x);
      t.plus -= one.plus;
      t.minus -= one.minus;
    }
    return t;
  }

  static result<void> admit(const running&, const sample& x, std::uint64_t place) {
    if constexpr (may_refuse<aggregate_type>)
      if (has_nan(x)) [[unlikely]]
        return refused(place);
    return {};
  }
  static bool skips(const sample& x) noexcept { return !aggregate_type::propagates && has_nan(x); }

  [[gnu::always_inline]] static void add(running& r, const sample& x, std::uint64_t index) {
    const stream_item<sample> one{x, 1, index};
    r.for_each([&](auto& state) { feed<false>(state, one); });
  }
  [[gnu::noinline, gnu::cold]] static running with_unusual(running r, const sample& x, std::uint64_t index) {
    const stream_item<sample> one{x, 1, index};
    if (!has_nan(x)) r.for_each([&](auto& state) { feed_rare(state, one, is_infinite(x)); });
    return r;
  }
  struct block {
    block_figures figures;
    bool ordinary = false;
    explicit operator bool() const noexcept { return ordinary; }
  };
  static block scan(std::span<const sample> items) {
    block found;
    if constexpr (std::is_same_v<sample, double>) {
      if (items.size() < least_block) return found;
      found.figures = scan_block<running::figures>(items.data(), items.size());
      found.ordinary = found.figures.poison == 0;
    }
    return found;
  }
  static void add_block(running& r, const block& found, std::span<const sample> items, std::uint64_t first) {
    if constexpr (std::is_same_v<sample, double>)
      r.for_each([&](auto& state) {
        if constexpr (is_fused<std::remove_cvref_t<decltype(state)>, double>)
          state.absorb(found.figures, items.data(), items.size(), merge_offset{first});
        else
          feed_block(state, items, first);
      });
  }
  [[gnu::always_inline]] static decltype(auto) close(const running& r) {
    if constexpr (std::is_same_v<running, partial>) {
      return (r);
    } else {
      partial made;
      made.take(r);
      return made;
    }
  }
  // In windows, indices of items are counted from the stream's beginning, so a later part needs no offset.
  [[gnu::always_inline]] static void combine(partial& into, const partial& later) {
    into.merge(later, merge_offset{0});
  }
  [[gnu::always_inline]] static void combine_open(partial& into, const running& later) {
    combine_open_states(into, later);
  }
  static void join_open(running& into, const running& later) { into.merge(later, merge_offset{0}); }
  static void join_closed(running& into, const partial& later) { join_closed_states(into, later); }
  static void remove(running& from, const partial& part) { from.unmerge(part); }
  static auto finish(const tally& counted, std::size_t size, const partial& all) {
    detail::tally reported;
    reported.items = size - counted.nans;
    reported.nans = counted.nans + counted.skipped_before();
    reported.plus = counted.plus;
    reported.minus = counted.minus;
    return typename aggregate_type::snapshot_type(reported, all);
  }
};

/// Adds an item, be it unusual or not.
template <class Ops>
[[gnu::always_inline]] inline void add_any(typename Ops::running& r, const typename Ops::sample& x,
                                           std::uint64_t index) {
  if (Ops::unusual(x)) [[unlikely]]
    r = Ops::with_unusual(r, x, index);
  else
    Ops::add(r, x, index);
}

/// The sum of the single item x.
template <class Ops>
typename Ops::partial lift(const typename Ops::running& empty, const typename Ops::sample& x, std::uint64_t index) {
  typename Ops::running alone = empty;
  add_any<Ops>(alone, x, index);
  return Ops::close(alone);
}

/// A running sum for use as a local variable in loops. The specialisation for `sum` alone stays in registers.
template <class Ops>
class register_sum {
 public:
  explicit register_sum(const typename Ops::running& empty) : sum_(empty) {}
  register_sum(const typename Ops::running& empty, const typename Ops::partial& from) : sum_(empty) {
    Ops::join_closed(sum_, from);
  }
  [[gnu::always_inline]] void add(const typename Ops::sample& x, std::uint64_t index) { add_any<Ops>(sum_, x, index); }
  [[gnu::always_inline]] typename Ops::partial closed() const { return Ops::close(sum_); }

 private:
  typename Ops::running sum_;
};
template <class Ops>
requires std::is_same_v<typename Ops::running, state_set<double, false, members<sum>>>
class register_sum<Ops> {
 public:
  explicit register_sum(const typename Ops::running&) {}
  register_sum(const typename Ops::running&, const typename Ops::partial& from)
      : sum_(from.template at<sum>().total().rounded()), rest_(from.template at<sum>().total().rest()) {}
  [[gnu::always_inline]] void add(double x, std::uint64_t) {
    if (!(__builtin_fabs(x) <= (std::numeric_limits<double>::max)())) [[unlikely]]
      return;  // the tally counts infinite items
    add_compensated(sum_, rest_, x);
    keep_apart(sum_);  // so that the next addition need not wait for the rest
  }
  [[gnu::always_inline]] typename Ops::partial closed() const {
    // Copies in registers of their own: else the compiler would store both as one vector, and take the sum out of that
    // again.
    double total = sum_;
    double rest = rest_;
    keep_apart(total);
    keep_apart(rest);
    typename Ops::partial made;
    made.template at<sum>() = sum::state<double>(compensated_sum(total, rest));
    return made;
  }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

/// Adds many items, by a pass over them if they are all ordinary.
template <class Ops>
void add_all(typename Ops::running& r, std::span<const typename Ops::sample> items, std::uint64_t first) {
  if (const auto found = Ops::scan(items))
    Ops::add_block(r, found, items, first);
  else
    for (const auto& x : items) add_any<Ops>(r, x, first++);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_OPS_HPP
