#ifndef MILLRACE_AGGREGATE_KEYED_SAMPLED_HPP
#define MILLRACE_AGGREGATE_KEYED_SAMPLED_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/detail/aggregate_item.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// An aggregate of a sample: of each `every` items in a row one is drawn at random and stands for all of them. If the
/// aggregate takes weights, it has the weight `every`.
///
/// For aggregates whose update costs more than reading the item. Means, quantiles and the like stay without bias; to
/// their own error comes that of a stratified sample. `total_weight` and weighted sums estimate those of the stream,
/// while `count` is that of the sample; `seen()` is exact; `min` and `max` are those of the sample.
/// Guarantee: the same seed and stream give the same bytes; updating with a span leaves the same as updating with its
/// items in order.
/// Complexity: update O(1), some additions and comparisons, and for one item in `every` the aggregate's. 64 bytes more
/// than the aggregate.
/// Allocates: what the aggregate does.
/// Threads: one at a time.
/// Errors: merge: invalid_argument when `every` differs; the aggregate's own.
/// Moved from: may only be assigned to or destroyed.
template <class Aggregate>
class sampled {
 public:
  using sample = detail::aggregate_item<Aggregate>;

  /// Draws one item of each `every`; 0 is taken as 1. `empty`: an aggregate without items, to set its parameters.
  explicit sampled(std::uint64_t every = 32, std::uint64_t seed = 0, Aggregate empty = Aggregate())
      : every_(every == 0 ? 1 : every), random_(seed), chosen_(random_.below(every_)), kept_(std::move(empty)) {}

  void update(const sample& x) {
    ++seen_;
    if (at_ == chosen_) take(x);
    if (++at_ == every_) next_block();
  }
  void update(std::span<const sample> items) {
    seen_ += items.size();
    for (;;) {
      if (chosen_ >= at_ && chosen_ - at_ < items.size()) take(items[static_cast<std::size_t>(chosen_ - at_)]);
      const std::uint64_t left = every_ - at_;
      if (left > items.size()) break;
      items = items.subspan(static_cast<std::size_t>(left));
      next_block();
    }
    at_ += items.size();
  }

  /// Adds the sample of another one. Of the stretch of `every` items that the other one is in, the item counts if it
  /// has been drawn already.
  result<void> merge(const sampled& other) {
    if (every_ != other.every_)
      return error(errc::invalid_argument, "sampled: one in " + std::to_string(every_) + " and one in " +
                                               std::to_string(other.every_) + " do not merge");
    if constexpr (requires(result<void> r) { r = kept_.merge(other.kept_); }) {
      if (result<void> done = kept_.merge(other.kept_); !done) return done;
    } else {
      kept_.merge(other.kept_);
    }
    seen_ += other.seen_;
    return {};
  }

  /// How many items there were.
  std::uint64_t seen() const noexcept { return seen_; }
  std::uint64_t every() const noexcept { return every_; }
  /// The aggregate of the sample.
  const Aggregate& aggregate() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    for (const std::uint64_t n : {every_, seen_, at_, chosen_}) to.u64(n);
    for (const std::uint64_t n : random_.state()) to.u64(n);
    to.block(kept_.save());
    return std::move(to).finish();
  }
  static result<sampled> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    std::uint64_t numbers[4];
    for (std::uint64_t& n : numbers) n = from->u64();
    random_engine::state_type state{};
    for (std::uint64_t& n : state) n = from->u64();
    auto kept = Aggregate::load(from->block());
    const bool valid =
        numbers[0] > 0 && numbers[2] < numbers[0] && numbers[3] < numbers[0] && random_engine::is_state(state);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    sampled made(numbers[0], 0, *std::move(kept));
    made.seen_ = numbers[1];
    made.at_ = numbers[2];
    made.chosen_ = numbers[3];
    made.random_ = random_engine::from_state(state);
    return made;
  }

 private:
  static constexpr std::string_view type = "sampled";

  void take(const sample& x) {
    if constexpr (weighted_aggregator_of<Aggregate, sample>)
      (void)kept_.update(x, weight(static_cast<double>(every_)));
    else
      (void)kept_.update(x);
  }
  void next_block() noexcept {
    at_ = 0;
    chosen_ = random_.below(every_);
  }

  std::uint64_t every_;
  random_engine random_;
  std::uint64_t chosen_;  // which item of the present stretch of every_ items is drawn
  std::uint64_t at_ = 0;  // how many items of that stretch have come
  std::uint64_t seen_ = 0;
  Aggregate kept_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_SAMPLED_HPP
