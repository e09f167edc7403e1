#ifndef MILLRACE_AGGREGATE_SKETCHES_TOPK_TRACKER_HPP
#define MILLRACE_AGGREGATE_SKETCHES_TOPK_TRACKER_HPP

#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// The k items that come up most in a stream, by number or by weight, whatever the number of different items.
///
///     mr::topk_tracker endpoints(10);
///     endpoints.update("/api/v1/score");           // or with what it weighs: update("/api/v1/score", 3)
///     for (auto& [item, lower, upper] : endpoints.top()) ...
///
/// For a stretch of time use `windowed<sliding<5min, 10s>, topk_tracker>`, or any other window of panes.
///
/// Guarantee: `Item`, `LgSize`, bounds, complexity and memory are those of `frequent_items`: an item's true weight lies
/// between `lower` and `upper`, and until more than 3/4 2^LgSize different items came, both are that weight. Weights
/// are kept whole: see `update(item, weight)`.
/// Threads: one at a time; const calls from any number.
/// Moved from: it has seen nothing.
template <class Item = std::string, unsigned LgSize = 10>
class basic_topk_tracker {
 public:
  using sketch_type = frequent_items<Item, LgSize>;
  using item_type = typename sketch_type::item_type;
  using sample = item_type;
  using row = typename sketch_type::row;

  /// `k`: how many items `top()` returns.
  explicit basic_topk_tracker(std::size_t k = 10) noexcept : k_(k) {}

  /// Takes an item of weight one, or many from a vector or a span.
  template <class Items>
  requires(sketch_type::template takes<Items>)
  void update(const Items& items) {
    kept_.update(items);
  }
  /// millrace[SKETCH-14]: an argument that is no item; the error names the template parameter, which says so.
  template <class millrace_SKETCH_14_items_are_of_another_type_than_the_tracker_is_for>
  requires(!sketch_type::template takes<millrace_SKETCH_14_items_are_of_another_type_than_the_tracker_is_for>)
  void update(const millrace_SKETCH_14_items_are_of_another_type_than_the_tracker_is_for&) = delete;
  /// Takes an item with a weight. A fraction is rounded at random, up with the probability of that fraction, so that
  /// sums are right on average only: n such weights add up with a standard deviation of sqrt(n / 4) at most, 600 times
  /// 10.5 to 6,300 with one of 12. Whole weights add up exactly: weigh in a smaller unit, in cents and not in euros.
  void update(item_type item, weight_or_number w) { kept_.update(item, w); }
  void merge(const basic_topk_tracker& other) { kept_.merge(other.kept_); }
  void reset() { kept_ = sketch_type(); }

  /// The k heaviest items, or `count` of them, the heaviest first; fewer where there are no more.
  std::vector<row> top() const { return kept_.top(k_); }
  std::vector<row> top(std::size_t count) const { return kept_.top(count); }
  std::size_t k() const noexcept { return k_; }
  /// The sum of all weights, as they were rounded.
  std::uint64_t total() const noexcept { return kept_.total(); }
  const sketch_type& sketch() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(k_);
    to.block(kept_.save());
    return std::move(to).finish();
  }
  static result<basic_topk_tracker> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    basic_topk_tracker made(static_cast<std::size_t>(from->u64()));
    auto kept = sketch_type::load(from->block());
    if (auto done = from->finish(true); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    made.kept_ = *std::move(kept);
    return made;
  }

 private:
  static constexpr std::string_view type = "topk_tracker";

  std::size_t k_;
  sketch_type kept_;
};

/// The most frequent texts.
using topk_tracker = basic_topk_tracker<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_TOPK_TRACKER_HPP
