#ifndef MILLRACE_AGGREGATE_MEMBERS_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_MEMBERS_AGGREGATE_HPP

#include <millrace/aggregate/members/detail/states.hpp>
#include <millrace/aggregate/members/member.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// NaN policy: an item that is NaN, or whose weight is negative or not finite, is left out and counted in `skipped()`.
struct skip_nan {
  static constexpr std::string_view name = "skip_nan";
};
/// NaN policy: an item that is NaN, or whose weight is negative or not finite, is counted as an item; from then on
/// every member whose value is a double returns NaN.
struct propagate_nan {
  static constexpr std::string_view name = "propagate_nan";
};
/// NaN policy: `update` returns an error with the index of the first such item, and leaves the aggregate as it was.
struct reject_nan {
  static constexpr std::string_view name = "reject_nan";
};

namespace detail {
template <class P>
concept nan_policy = std::is_same_v<P, skip_nan> || std::is_same_v<P, propagate_nan> || std::is_same_v<P, reject_nan>;
/// A container of contiguous items that converts neither to a span of Sample nor to one of floats.
template <class R, class Sample>
concept range_of_others =
    requires(const R& r) {
      r.data();
      r.size();
    } && !std::is_convertible_v<const R&, std::span<const Sample>> &&
    !std::is_convertible_v<const R&, std::span<const float>>;
}  // namespace detail

template <class Policy, class... Members>
class basic_aggregate;

/// An aggregate as of one moment: the closed form of each state, which has no block of items in the making and so is
/// smaller. It can be merged and asked for members, but not updated. Windows keep these.
template <class Policy, class... Members>
class aggregate_snapshot : public detail::answers<true, Policy, Members...> {
  using base = detail::answers<true, Policy, Members...>;

 public:
  aggregate_snapshot() = default;
  aggregate_snapshot(const detail::tally& counted, const typename base::states& kept) {
    this->tally_ = counted;
    this->states_ = kept;
  }

  /// Adds the snapshot of a later part of the stream, or of another stream.
  void merge(const aggregate_snapshot& later) {
    this->states_.merge(later.states_, merge_offset{this->tally_.seen()});
    this->tally_.merge(later.tally_);
  }

 private:
  friend basic_aggregate<Policy, Members...>;
};

/// Several statistics of one stream in one pass. `Policy` says what becomes of items that are NaN:
/// `aggregate<Members...>` skips them. Dependencies between members are resolved at compile time, and members share
/// states: `mean`, `variance` and `stddev` together keep one set of moments.
///
///     mr::aggregate<mr::count, mr::min, mr::max, mr::mean, mr::stddev> latency;
///     latency.update(span_of_doubles);  // or of floats
///     latency.get<mr::stddev>();
///
/// Models: aggregator_of<double> (of pairs, texts or whole numbers, if a member is about them), span_aggregator_of, and
/// weighted_aggregator_of if every member takes weights.
/// Guarantee: each member states its own; results are the same bits on every CPU and compiler. Infinite items give each
/// member the value that its definition gives them: an infinite mean, a variance that is NaN.
/// Complexity: a span is worked in blocks of 2,048 items: one loop finds in registers what all fusable members need,
/// and the others then read the block from the first-level cache. Memory: the members' own and 32 bytes.
/// Allocates: what its members say that they do.
/// Threads: one at a time; const calls from any number.
/// Moved from: an aggregate whose members have no heap memory is as it was; any other may only be assigned to or
/// destroyed.
template <class Policy, class... Members>
class basic_aggregate : public detail::answers<false, Policy, Members...> {
  using base = detail::answers<false, Policy, Members...>;
  static_assert(detail::nan_policy<Policy>,
                "millrace[AGGREGATE-15]: basic_aggregate's first argument is what to do with NaN: mr::skip_nan, "
                "mr::propagate_nan or mr::reject_nan");

 public:
  using sample = typename base::sample;
  using states = typename base::states;
  using snapshot_type = aggregate_snapshot<Policy, Members...>;

  static constexpr bool invertible = states::invertible;
  static constexpr bool exactly_invertible = states::exactly_invertible;
  static constexpr bool commutative = states::commutative;
  static constexpr bool fusable = states::fusable;

  basic_aggregate() = default;

  /// With members that are sketches set up otherwise than by default (another seed, another size): one argument for
  /// each such sketch.
  template <class... Sketches>
  requires(sizeof...(Sketches) > 0 && (detail::sketch_for<Sketches, basic_aggregate> && ...))
  explicit basic_aggregate(Sketches... sketches) {
    (this->states_.set(std::move(sketches)), ...);
  }

  /// Returns void; under `reject_nan` result<void>: not_finite, with the item's index.
  auto update(sample x) { return one<false>(x, 1); }
  auto update(sample x, weight w)
  requires(states::weighable)
  {
    return one<true>(x, w.value);
  }
  auto update(std::span<const sample> items) {
    if constexpr (std::is_same_v<Policy, reject_nan>) {
      for (std::size_t i = 0; i < items.size(); ++i)
        if (detail::has_nan(items[i])) return result<void>(detail::refused(this->tally_.seen() + i));
      take(items);
      return result<void>();
    } else {
      take(items);
    }
  }
  /// The items of a list: `update({1.0, 2.0})`.
  auto update(std::initializer_list<sample> items) {
    return update(std::span<const sample>(items.begin(), items.size()));
  }
  /// For containers whose items are of another type than the aggregate's: a call does not compile, and says why.
  template <class Items>
  requires(!std::is_convertible_v<const Items&, sample> && detail::range_of_others<Items, sample>)
  void update(const Items&) {
    static_assert(
        std::is_convertible_v<const Items&, std::span<const sample>>,
        "millrace[AGGREGATE-17]: update(items): they are of another type than the aggregate's items, which are "
        "doubles unless a member is about something else; convert them, or update item by item");
  }
  /// Floats convert to double without loss.
  auto update(std::span<const float> items)
  requires(std::is_same_v<sample, double>)
  {
    if constexpr (std::is_same_v<Policy, reject_nan>)
      for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i] != items[i]) return result<void>(detail::refused(this->tally_.seen() + i));
    double wide[detail::block_items];
    while (!items.empty()) {
      const std::size_t now = items.size() < detail::block_items ? items.size() : detail::block_items;
      for (std::size_t i = 0; i < now; ++i) wide[i] = static_cast<double>(items[i]);
      take({wide, now});
      items = items.subspan(now);
    }
    if constexpr (std::is_same_v<Policy, reject_nan>) return result<void>();
  }

  /// Item i has weight weights[i]: leaves the same as that many single updates, is faster, and has no greater error. An
  /// item without a weight is treated like one whose weight is NaN; weights without an item are ignored. Returns void;
  /// under `reject_nan` result<void>, as above.
  auto update(std::span<const sample> items, std::span<const double> weights) {
    static_assert(states::weighable,
                  "millrace[AGGREGATE-14]: update(items, weights): a member of the aggregate takes no weights");
    const std::size_t count = items.size() < weights.size() ? items.size() : weights.size();
    const std::size_t weightless = items.size() - count;
    items = items.first(count);
    weights = weights.first(count);
    if constexpr (std::is_same_v<Policy, reject_nan>) {
      std::uint64_t place = this->tally_.seen();
      for (std::size_t i = 0; i < count; ++i) {
        if (weights[i] == 0) continue;
        if (detail::has_nan(items[i]) || !detail::is_weight(weights[i])) return result<void>(detail::refused(place));
        ++place;
      }
      if (weightless != 0) return result<void>(detail::refused(place));
      take(items, weights);
      return result<void>();
    } else {
      take(items, weights);
      this->tally_.nans += weightless;
    }
  }

  /// Adds what the same members found in a later part of the stream, or in another stream. Returns void, or
  /// result<void> where a member's merge can fail; after an error nothing is merged.
  auto merge(const basic_aggregate& later) {
    if constexpr (states::merging_can_fail) {
      basic_aggregate joined = *this;
      result<void> done = joined.states_.try_merge(later.states_, merge_offset{this->tally_.seen()});
      if (!done) return done;
      joined.tally_.merge(later.tally_);
      *this = std::move(joined);
      return done;
    } else {
      const merge_offset here{this->tally_.seen()};
      this->tally_.merge(later.tally_);
      this->states_.merge(later.states_, here);
    }
  }

  /// Removes items that were merged or updated before; up to rounding, exactly where `exactly_invertible`.
  void unmerge(const snapshot_type& part)
  requires(states::invertible)
  {
    this->states_.unmerge(part.states_);
    this->tally_.unmerge(part.tally_);
  }
  void unmerge(const basic_aggregate& part)
  requires(states::invertible)
  {
    unmerge(part.snapshot());
  }

  /// Multiplies the weight of every item so far by factor > 0. Counts, extremes and places stay as they are.
  void scale(double factor)
  requires(states::scalable)
  {
    this->states_.scale(factor);
  }

  /// The aggregate as of now, in closed form.
  snapshot_type snapshot() const {
    snapshot_type made;
    made.tally_ = this->tally_;
    made.states_.take(this->states_);
    return made;
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type());
    this->tally_.save(to);
    this->states_.save(to);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open`, which names what it found for an aggregate of other members; corrupt;
  /// those of the members.
  static result<basic_aggregate> load(std::span<const std::byte> bytes) {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    basic_aggregate made;
    bool valid = made.tally_.load(*from);
    if (auto done = made.states_.load(*from, valid); !done) return std::move(done).error().wrap("saved " + name);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  using answer = std::conditional_t<std::is_same_v<Policy, reject_nan>, result<void>, void>;

  template <bool Weighted>
  answer one(const sample& x, double w) {
    bool ordinary = detail::is_ordinary(x);
    if constexpr (Weighted) ordinary = ordinary && w > 0 && w <= detail::huge;
    if (!ordinary) [[unlikely]]
      return rare(x, w);
    const stream_item<sample> it{x, w, this->tally_.seen()};
    ++this->tally_.items;  // before the states, so that no register is saved across their calls that are not inlined
    this->states_.for_each([&](auto& state) { detail::feed<Weighted>(state, it); });
    return answer();
  }

  /// Takes an item that is NaN or infinite, has an impossible weight, or is so large (beyond 1e300) that sums may
  /// overflow.
  [[gnu::noinline, gnu::cold]] answer rare(const sample& x, double w) {
    if (w == 0) return answer();
    if (detail::has_nan(x) || !detail::is_weight(w)) {
      if constexpr (std::is_same_v<Policy, reject_nan>) {
        return detail::refused(this->tally_.seen());
      } else {
        ++this->tally_.nans;
        return;
      }
    }
    const stream_item<sample> it{x, w, this->tally_.seen()};
    this->states_.for_each([&](auto& state) { detail::feed_rare(state, it, detail::is_infinite(x)); });
    this->tally_.add_infinities(x);
    ++this->tally_.items;
    return answer();
  }

  void take(std::span<const sample> items) {
    while (items.size() >= detail::least_block) {
      const std::size_t now = items.size() < detail::block_items ? items.size() : detail::block_items;
      if (!block(items.first(now))) mixed_block(items.first(now));
      items = items.subspan(now);
    }
    for (const sample& x : items) (void)update(x);
  }

  /// Updates with a block of ordinary items. If an item is not ordinary, or a sum of the block overflows, returns false
  /// and does nothing.
  bool block(std::span<const sample> items) {
    if constexpr (std::is_same_v<sample, double>) {
      const detail::block_figures found = detail::scan_block<states::figures>(items.data(), items.size());
      if (!(found.poison == 0)) [[unlikely]]
        return false;
      this->states_.for_each([&](auto& state) {
        if constexpr (detail::is_fused<std::remove_cvref_t<decltype(state)>, double>)
          state.absorb(found, items.data(), items.size(), merge_offset{this->tally_.seen()});
        else
          detail::feed_block(state, items, this->tally_.seen());
      });
    } else {
      if constexpr (std::is_same_v<sample, xy>)
        if (!(detail::scan_block<0>(&items[0].x, 2 * items.size()).poison == 0)) [[unlikely]]
          return false;
      this->states_.for_each([&](auto& state) { detail::feed_block(state, items, this->tally_.seen()); });
    }
    this->tally_.items += items.size();
    return true;
  }

  void take(std::span<const sample> items, std::span<const double> weights) {
    while (items.size() >= detail::least_block) {
      const std::size_t now = items.size() < detail::block_items ? items.size() : detail::block_items;
      if (!block(items.first(now), weights.first(now))) mixed_block(items.first(now), weights.first(now));
      items = items.subspan(now);
      weights = weights.subspan(now);
    }
    for (std::size_t i = 0; i < items.size(); ++i) (void)one<true>(items[i], weights[i]);
  }
  bool block(std::span<const sample> items, std::span<const double> weights) {
    constexpr bool singles = std::is_same_v<sample, double>;
    detail::block_figures found;
    if constexpr (singles) {
      found = detail::scan_weighted<states::figures>(items.data(), weights.data(), items.size());
    } else {
      found = detail::scan_weighted<0>(weights.data(), weights.data(), items.size());
      if constexpr (std::is_same_v<sample, xy>)
        found.poison += detail::scan_block<0>(&items[0].x, 2 * items.size()).poison;
    }
    if (!(found.poison == 0) || !(found.mass <= detail::huge)) [[unlikely]]
      return false;
    this->states_.for_each([&](auto& state) {
      if constexpr (detail::is_fused<std::remove_cvref_t<decltype(state)>, sample>)
        state.absorb(found, items.data(), items.size(), merge_offset{this->tally_.seen()});
      else
        detail::feed_weighted_block(state, items, weights, this->tally_.seen());
    });
    this->tally_.items += items.size();
    return true;
  }
  [[gnu::noinline, gnu::cold]] void mixed_block(std::span<const sample> items, std::span<const double> weights) {
    std::size_t kept = 0;
    if constexpr (states::commutative) {
      sample ordinary[detail::block_items];
      double ordinary_weights[detail::block_items];
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (detail::is_ordinary(items[i]) && weights[i] > 0 && weights[i] <= detail::huge) {
          ordinary[kept] = items[i];
          ordinary_weights[kept++] = weights[i];
        } else {
          (void)rare(items[i], weights[i]);
        }
      }
      const std::span<const sample> rest(ordinary, kept);
      const std::span<const double> rest_weights(ordinary_weights, kept);
      if (kept >= detail::least_block && block(rest, rest_weights)) return;
      for (std::size_t i = 0; i < kept; ++i) (void)one<true>(rest[i], rest_weights[i]);
    } else {
      for (std::size_t i = 0; i < items.size(); ++i) (void)one<true>(items[i], weights[i]);
    }
  }

  /// A block that `block` returned false for. If the order of items does not matter, those that are not ordinary are
  /// updated one by one first, and the rest as a block; else all are updated one by one.
  [[gnu::noinline, gnu::cold]] void mixed_block(std::span<const sample> items) {
    std::size_t kept = 0;
    if constexpr (states::commutative) {
      sample ordinary[detail::block_items];
      for (const sample& x : items) {
        if (detail::is_ordinary(x))
          ordinary[kept++] = x;
        else
          (void)rare(x, 1);
      }
      const std::span<const sample> rest(ordinary, kept);
      if (kept >= detail::least_block && block(rest)) return;
      for (const sample& x : rest) (void)update(x);
    } else {
      for (const sample& x : items) (void)update(x);
    }
  }

  /// The type name in the saved bytes, such as `aggregate<skip_nan;moments2,min>`.
  static std::string type() { return "aggregate<" + std::string(Policy::name) + ";" + states::names() + ">"; }
};

/// `basic_aggregate` that skips NaN and counts them.
template <class... Members>
using aggregate = basic_aggregate<skip_nan, Members...>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_AGGREGATE_HPP
