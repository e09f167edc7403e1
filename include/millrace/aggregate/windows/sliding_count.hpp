#ifndef MILLRACE_AGGREGATE_WINDOWS_SLIDING_COUNT_HPP
#define MILLRACE_AGGREGATE_WINDOWS_SLIDING_COUNT_HPP

#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/detail/swap_members.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// The queries that sliding windows which keep every item have in common.
template <class Derived, class A>
class sliding_answers : public member_answers<Derived> {
 public:
  /// The aggregate over what is in the window now: an `aggregate_snapshot` for aggregates of members.
  [[gnu::always_inline]] auto value() { return static_cast<Derived&>(*this).as_of_now(); }
  [[gnu::always_inline]] auto value() const { return static_cast<const Derived&>(*this).as_of_now(); }
  /// How many items are in the window.
  std::size_t size() const noexcept { return static_cast<const Derived&>(*this).engine_.size(); }

 protected:
  [[gnu::always_inline]] auto as_of_now() const {
    const auto& engine = static_cast<const Derived&>(*this).engine_;
    return window_ops<A>::finish(engine.counted(), engine.size(), engine.query());
  }
};

}  // namespace detail

/// An aggregate over the last `Items` items, each of which is forgotten by itself.
///
///     mr::windowed<mr::sliding_count<1000>, mr::aggregate<mr::mean, mr::max>> recent;
///     recent.update(x);
///     recent.get<mr::max>();
///
/// Models: saveable (items that are doubles or pairs). It does not merge: of two streams it is not known which items
/// are the last.
/// Guarantee: results are as good as those computed anew from the items in the window; no rounding error of a forgotten
/// item stays, except with `subtracting`. Items that the aggregate refuses or skips take no place in the window;
/// `argmin` and `argmax` return indices that count the items which took one, from the stream's beginning. load(save(w))
/// gives the same results as w, except for the order of rounding.
/// Complexity: update amortised O(1), with `worst_case` O(1) always; get O(1). Memory: the items, and by the engine: a
/// partial aggregate for each with `worst_case`; one for each 128 items and for 128 items else; none if items are
/// subtracted or only counted. For least and greatest alone the candidates take the place of the items. Rings have up
/// to twice as many slots as elements.
/// Allocates: until the window is full for the second time, then never.
/// Threads: one at a time; const calls from any number.
template <std::size_t Items, class Forgetting, class Aggregate, class Time>
class windowed<sliding_count<Items, Forgetting>, Aggregate, Time>
    : public detail::sliding_answers<windowed<sliding_count<Items, Forgetting>, Aggregate, Time>, Aggregate> {
  static_assert(detail::keeps_one_each<Aggregate>,
                "millrace[WINDOW-6]: this window keeps partial aggregates beside its items, and the aggregate is too "
                "large or has heap memory; use sliding<length, pane> or tumbling windows");
  using ops = detail::window_ops<Aggregate>;
  using engine_type = detail::engine_for<Aggregate, Forgetting>;
  friend detail::sliding_answers<windowed, Aggregate>;

 public:
  using sample = typename ops::sample;

  windowed()
  requires(Items != 0)
      : windowed(Items, 0) {}
  /// Over the last `items` items; 0 is taken as 1.
  explicit windowed(std::size_t items)
  requires(Items == 0)
      : windowed(items == 0 ? 1 : items, 0) {}

  windowed(const windowed&) = default;
  windowed& operator=(const windowed&) = default;
  /// The window moved from is as newly made.
  windowed(windowed&& other) noexcept : windowed(other.most_, 0) { swap(other); }
  windowed& operator=(windowed&& other) noexcept {
    windowed taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Takes an item. Returns void, or result<void> if the aggregate can refuse an item.
  [[gnu::always_inline]] auto update(const sample& x) {
    if constexpr (detail::may_refuse<Aggregate>) {
      result<void> allowed = ops::admit(typename ops::running{}, x, 0);
      if (allowed) take(x);
      return allowed;
    } else {
      take(x);
    }
  }
  /// Leaves the same as single updates with the items in order, and is faster. If the aggregate refuses one of them,
  /// none is taken.
  auto update(std::span<const sample> items) {
    if constexpr (detail::may_refuse<Aggregate>) {
      for (std::size_t i = 0; i < items.size(); ++i)
        if (result<void> allowed = ops::admit(typename ops::running{}, items[i], i); !allowed) return allowed;
      take(items);
      return result<void>();
    } else {
      take(items);
    }
  }
  auto update(std::initializer_list<sample> items) {
    return update(std::span<const sample>(items.begin(), items.size()));
  }

  bool empty() const noexcept { return engine_.size() == 0; }
  /// Forgets all items.
  void reset() { *this = windowed(most_, 0); }
  /// The greatest number of items in the window.
  std::size_t width() const noexcept { return most_; }

  std::vector<std::byte> save() const
  requires(detail::has_bytes<sample>)
  {
    envelope_writer to(type());
    to.u64(most_);
    to.u64(engine_.counted().skipped_before());
    detail::save_items(to, engine_, engine_.begin());
    return std::move(to).finish();
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(detail::has_bytes<sample>)
  {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    const std::uint64_t most = from->u64();
    if (Items != 0 && most != Items)
      return detail::other_window("width", static_cast<std::int64_t>(most), static_cast<std::int64_t>(Items));
    windowed made(static_cast<std::size_t>(most), 0);
    made.engine_.counted().skipped_before(from->u64());
    const bool valid = detail::load_items<ops>(*from, made.engine_) && most != 0 && made.size() <= most;
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  windowed(std::size_t items, int) : most_(items), engine_(typename ops::running{}) {}
  void swap(windowed& other) noexcept { detail::swap_members(*this, other, &windowed::most_, &windowed::engine_); }

  [[gnu::always_inline]] void take(const sample& x) {
    if (ops::skips(x)) [[unlikely]] {
      engine_.counted().refuse();
      return;
    }
    if (engine_.size() == most_) [[likely]]
      engine_.evict(1);
    engine_.insert(x);
  }
  void take(std::span<const sample> items) {
    while (!items.empty()) {
      const std::size_t block = items.size() < detail::block_items ? items.size() : detail::block_items;
      const std::span<const sample> now = items.first(block < most_ ? block : most_);
      take_block(now);
      items = items.subspan(now.size());
    }
  }
  void take_block(std::span<const sample> items) {
    const auto found = ops::scan(items);
    if (!found) {
      for (const sample& x : items) take(x);
      return;
    }
    if (engine_.size() + items.size() > most_) engine_.evict(engine_.size() + items.size() - most_);
    engine_.insert(found, items);
  }

  static std::string type() {
    return "sliding_count<" + std::string(detail::contents_name<engine_type, sample>()) + ">";
  }

  std::size_t most_;
  engine_type engine_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_SLIDING_COUNT_HPP
