#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_KLL_LEVELS_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_KLL_LEVELS_HPP

#include <millrace/aggregate/detail/extremes.hpp>
#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/seed.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The values that a KLL sketch keeps, as order keys. A value in level l has weight 2^l.
///
/// Levels are sorted runs at the end of `items_`: level l is [start_[l], start_[l + 1]). New values come in at the
/// front: [raw_, fill_) are raw values, of weight 1 and not yet looked at. Once the stream is long, only one of each
/// block of 2^height_ raw values is drawn at random; it joins [0, raw_), values of weight 2^height_ that wait to be
/// sorted into level height_. Between front and levels, [fill_, start_[0]), there is free room.
template <class T>
class kll_levels {
 public:
  using key_type = order_key<T>;
  static constexpr unsigned min_width = 8;
  static constexpr unsigned max_levels = 60;
  /// The greatest sum of weights: with it no value needs a level beyond the highest. Raw values that would take the sum
  /// beyond it are left out: `stop_` lies no further than the last one that may be taken.
  static constexpr std::uint64_t max_weight = (std::uint64_t{1} << max_levels) - 1;

  kll_levels(unsigned k, std::uint64_t seed) noexcept : k_(k), capacity_(total_capacity(k, 1)), random_(seed) {}

  /// From sorted runs: level l is [starts[l], starts[l + 1]) of `keys`, so `starts` has one element more than there are
  /// levels.
  kll_levels(unsigned k, std::uint64_t seed, std::vector<key_type> keys, std::span<const std::uint32_t> starts,
             key_type low, key_type high) noexcept
      : kll_levels(k, seed) {
    items_ = std::move(keys);
    levels_ = static_cast<unsigned>(starts.size() - 1);
    capacity_ = total_capacity(k_, levels_);
    for (unsigned level = 0; level <= levels_; ++level) start_[level] = starts[level];
    for (unsigned level = 0; level < levels_; ++level) settled_ += std::uint64_t{size_of(level)} << level;
    low_ = low;
    high_ = high;
    raise_height();
  }

  /// How many values `levels` levels may hold together: the length of the array in the saved form.
  static std::uint32_t total_capacity(unsigned k, unsigned levels) noexcept {
    std::uint32_t total = 0;
    for (unsigned depth = 0; depth < levels; ++depth) total += width_at(k, depth);
    return total;
  }

  void update(T value) {
    if (value != value) [[unlikely]]
      return;
    if (fill_ == stop_) [[unlikely]] {
      if (count() == max_weight) return;
      settle();
    }
    items_[fill_++] = to_order_key(value);
  }

  void update(std::span<const T> values) {
    while (!values.empty()) {
      if (fill_ == stop_) {
        if (count() == max_weight) return;
        settle();
      }
      const bool whole_blocks = height_ > 0 && fill_ == raw_ && values.size() > block();
      values = values.subspan(whole_blocks ? update_blocks(values) : update_raw(values));
    }
  }

  /// Adds a value of weight 2^level.
  /// Precondition: the sum of weights stays within max_weight.
  void insert(unsigned level, T value) {
    if (level >= levels_) {
      absorb_entry();
      while (level >= levels_) add_level();
      raise_height();
    }
    make_room(1);
    const key_type key = to_order_key(value);
    include(key, key);
    settled_ += std::uint64_t{1} << level;
    place(level, &key, 1);
    limit_stop();
  }

  /// Precondition: the other one is the result of `tidy`, and the sum of both weights is within max_weight.
  void merge(const kll_levels& tidied) {
    absorb_entry();
    while (levels_ < tidied.levels_) add_level();
    const auto together = static_cast<std::uint32_t>(retained() + tidied.retained());
    if (end() < together) resize(together);
    for (unsigned level = 0; level < tidied.levels_; ++level)
      place(level, tidied.items_.data() + tidied.start_[level], tidied.size_of(level));
    include(tidied.low_, tidied.high_);
    settled_ += tidied.settled_;
    compress(0);
    raise_height();
    if (end() > capacity_) resize(capacity_);
    stop_ = fill_;
  }

  /// A copy with every value sorted into its level.
  kll_levels tidy() const {
    kll_levels all = *this;
    all.absorb_entry();
    if (all.fill_ > 0) all.settle_raw();
    all.absorb(0, all.fill_);
    return all;
  }

  std::uint64_t count() const noexcept { return settled_ + (fill_ - raw_); }
  std::size_t retained() const noexcept { return fill_ + (items_.size() - start_[0]); }
  unsigned levels() const noexcept { return levels_; }
  unsigned k() const noexcept { return k_; }
  std::uint32_t capacity() const noexcept { return capacity_; }
  /// The sorted run of a level. It has all values of the level only after `tidy`.
  std::span<const key_type> run(unsigned level) const noexcept {
    return std::span<const key_type>(items_).subspan(start_[level], size_of(level));
  }
  /// Uniform in [0, 1).
  double draw() noexcept { return random_.uniform(); }
  /// Precondition of both: there are values.
  T(min)() const noexcept { return edge<false>(); }
  T(max)() const noexcept { return edge<true>(); }

 private:
  static constexpr unsigned max_height = 5;        // a block of 2^5 values has room where 5 levels of 8 values would be
  static constexpr std::uint32_t first_room = 16;  // values in the first allocation
  static constexpr std::uint32_t entry_room = 64;  // values that a compaction makes room for at least, if it can
  static constexpr std::uint32_t span_chunk = 1024;  // values of a span drawn from at a time

  /// How many values the level `depth` below the top may hold: k (2/3)^depth, rounded, and `min_width` at least.
  static constexpr std::uint32_t width_at(unsigned k, unsigned depth) noexcept {
    if (depth >= 30) return min_width;
    std::uint64_t power = 1;
    for (unsigned i = 0; i < depth; ++i) power *= 3;
    const std::uint64_t rounded = ((std::uint64_t{2} * k << depth) / power + 1) / 2;
    return rounded < min_width ? min_width : static_cast<std::uint32_t>(rounded);
  }
  /// Samples blocks of 2^height_ where the level height_ is bit_width(k) below the top: there sampling adds a tenth to
  /// the error of the levels above it, and no more.
  void raise_height() noexcept {
    const auto above = static_cast<unsigned>(std::bit_width(k_));
    const unsigned height = levels_ > above ? levels_ - above : 0;
    if (height > height_) height_ = height < max_height ? height : max_height;
  }

  /// How many raw values one is drawn from.
  std::uint32_t block() const noexcept { return std::uint32_t{1} << height_; }
  std::uint32_t size_of(unsigned level) const noexcept { return start_[level + 1] - start_[level]; }
  std::uint32_t end() const noexcept { return static_cast<std::uint32_t>(items_.size()); }
  key_type* at(std::uint32_t position) noexcept { return items_.data() + position; }

  void include(key_type low, key_type high) noexcept {
    if (settled_ == 0 || low < low_) low_ = low;
    if (settled_ == 0 || high > high_) high_ = high;
  }
  template <bool Largest>
  T edge() const noexcept {
    std::uint32_t i = raw_;
    key_type best = Largest ? high_ : low_;
    if (settled_ == 0) best = items_[i++];
    for (; i < fill_; ++i)
      if (Largest ? items_[i] > best : items_[i] < best) best = items_[i];
    return from_order_key<T>(best);
  }

  /// `wanted` random bits, 32 at most, of the 64 that the generator draws at a time.
  std::uint32_t random_bits(unsigned wanted) noexcept {
    if (bits_left_ < wanted) {
      bits_ = random_();
      bits_left_ = 64;
    }
    const auto drawn = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << wanted) - 1));
    bits_ >>= wanted;
    bits_left_ -= wanted;
    return drawn;
  }
  /// Tosses a fair coin for a level. Every second toss is the opposite of the one before, so that the errors of the two
  /// compactions cancel.
  std::uint32_t toss(unsigned level) noexcept {
    const std::uint64_t mask = std::uint64_t{1} << level;
    if ((tossed_ & mask) != 0)
      coins_ ^= mask;
    else
      coins_ = random_bits(1) != 0 ? coins_ | mask : coins_ & ~mask;
    tossed_ ^= mask;
    return (coins_ & mask) != 0 ? 1 : 0;
  }

  std::size_t update_raw(std::span<const T> values) noexcept {
    std::size_t done = 0;
    for (; done < values.size() && fill_ != stop_; ++done) {
      items_[fill_] = to_order_key(values[done]);
      fill_ += values[done] == values[done];
    }
    return done;
  }

  /// Draws one value from each whole block of the span, without copying the others. Returns how many values it has
  /// taken, never all: single updates, too, draw from a full block only when the next value comes.
  std::size_t update_blocks(std::span<const T> values) {
    std::size_t blocks = (values.size() - 1) >> height_;
    if (const std::size_t room = start_[0] - raw_ - block() + 1; blocks > room) blocks = room;
    if (const std::size_t most = span_chunk >> height_; blocks > most) blocks = most;
    if (const std::uint64_t most = (max_weight - settled_) >> height_; blocks > most) {
      if (most == 0) return update_raw(values);
      blocks = static_cast<std::size_t>(most);
    }
    const std::size_t length = blocks << height_;
    const extremes<T> found = scan_extremes(values.data(), length);
    if (found.nan) return update_raw(values);
    include(to_order_key(found.low), to_order_key(found.high));
    for (const T* from = values.data(); from != values.data() + length; from += block())
      items_[raw_++] = to_order_key(from[random_bits(height_)]);
    settled_ += length;
    fill_ = raw_;
    make_room(0);
    return length;
  }

  /// Called when raw values have filled [raw_, stop_): draws from them if they are a block, and makes room for at least
  /// one more.
  [[gnu::noinline]] void settle() {
    if (height_ > 0 && fill_ - raw_ == block()) {
      settle_raw();
      items_[raw_] = items_[raw_ + random_bits(height_)];
      fill_ = ++raw_;
    }
    make_room(0);
  }

  /// Adds the extremes and the weight of the raw values to those of the other values.
  void settle_raw() noexcept {
    key_type low = items_[raw_];
    key_type high = low;
    for (std::uint32_t i = raw_; i < fill_; ++i) {
      low = items_[i] < low ? items_[i] : low;
      high = items_[i] > high ? items_[i] : high;
    }
    include(low, high);
    settled_ += fill_ - raw_;
  }

  /// Makes room for the raw values that are missing from a block, and for `extra` more values.
  void make_room(std::uint32_t extra) {
    for (;;) {
      const std::uint32_t wanted = block() - (height_ > 0 ? fill_ - raw_ : 0) + extra;
      if (fill_ + wanted <= start_[0]) break;
      if (end() < capacity_) {
        const std::uint32_t twice = end() < first_room / 2 ? first_room : 2 * end();
        resize(twice < capacity_ ? twice : capacity_);
      } else {
        absorb_entry();
        compress(wanted);
        raise_height();
      }
    }
    stop_ = height_ > 0 ? raw_ + block() : start_[0] - extra;
    limit_stop();
  }
  /// Lets raw values fill up what is left of max_weight, and no more.
  void limit_stop() noexcept {
    if (const std::uint64_t left = max_weight - settled_; stop_ - raw_ > left)
      stop_ = raw_ + static_cast<std::uint32_t>(left);
  }

  /// Moves everything into an array of `size` values: the front to its front, the levels to its end.
  void resize(std::uint32_t size) {
    std::vector<key_type> moved(size);
    if (end() != 0) {
      std::memcpy(moved.data(), items_.data(), fill_ * sizeof(key_type));
      std::memcpy(moved.data() + size - (end() - start_[0]), at(start_[0]), (end() - start_[0]) * sizeof(key_type));
    }
    for (unsigned level = 0; level <= levels_; ++level) start_[level] = size - (end() - start_[level]);
    items_.swap(moved);
  }

  /// Merges a sorted run into a level. Precondition: there is free room for `count` values.
  void place(unsigned level, const key_type* sorted, std::uint32_t count) noexcept {
    if (count == 0) return;
    const std::uint32_t begin = start_[level];
    std::memmove(at(start_[0] - count), at(start_[0]), (begin - start_[0]) * sizeof(key_type));
    merge_runs(sorted, count, at(begin), size_of(level), at(begin - count));
    for (unsigned below = 0; below <= level; ++below) start_[below] -= count;
  }

  /// Sorts the first `count` values of the front, and merges them into a level.
  void absorb(unsigned level, std::uint32_t count) {
    if (count == 0) return;
    constexpr std::uint32_t enough = 256;
    std::array<key_type, 2 * enough> on_stack;
    std::vector<key_type> on_heap(count > enough ? 2 * count : 0);
    key_type* const sorted = count > enough ? on_heap.data() : on_stack.data();
    std::memcpy(sorted, items_.data(), count * sizeof(key_type));
    sort_numbers(sorted, count, sorted + count);
    std::memmove(at(0), at(count), (fill_ - count) * sizeof(key_type));
    fill_ -= count;
    place(level, sorted, count);
  }

  /// Sorts the values that wait for level `height_` into it. If blocks are drawn from, raw values stay where they are;
  /// if not (height_ is 0), they are what waits.
  void absorb_entry() {
    if (height_ == 0 && fill_ > 0) settle_raw();
    absorb(height_, height_ == 0 ? fill_ : raw_);
    raw_ = 0;
  }

  /// Compacts full levels, the lowest first, until there is capacity for `wanted` more values. The first round goes on
  /// until there is capacity for `entry_room`, so that the front is sorted in larger pieces.
  void compress(std::uint32_t wanted) noexcept {
    const auto fits = [this](std::uint32_t more) { return retained() + more <= capacity_; };
    std::uint32_t hoped = wanted > entry_room ? wanted : entry_room;
    while (!fits(wanted)) {
      for (unsigned level = 0; level < levels_ && !fits(hoped); ++level) {
        const std::uint32_t full = level < height_ ? 2 : width_at(k_, levels_ - 1 - level);
        if (size_of(level) >= full) compact(level);
      }
      hoped = wanted;
    }
  }

  /// Moves every second value of a level, those at odd or at even positions, one level up, where it stands for its
  /// neighbour too, and drops the others.
  void compact(unsigned level) noexcept {
    if (level + 1 == levels_) add_level();
    const std::uint32_t begin = start_[level];
    const std::uint32_t above = start_[level + 1];
    const std::uint32_t odd = (above - begin) & 1;  // of an odd number, the first value stays in the level
    const std::uint32_t half = (above - begin) / 2;
    const key_type left_over = items_[begin];
    key_type* const kept = at(begin + odd);
    const std::uint32_t coin = toss(level);
    for (std::uint32_t i = 0; i < half; ++i) kept[i] = kept[2 * i + coin];
    merge_runs(kept, half, at(above), size_of(level + 1), at(above - half));
    if (odd != 0) items_[begin + half] = left_over;
    std::memmove(at(start_[0] + half), at(start_[0]), (begin - start_[0]) * sizeof(key_type));
    for (unsigned below = 0; below <= level; ++below) start_[below] += half;
    start_[level + 1] = above - half;
  }

  void add_level() noexcept {
    start_[levels_ + 1] = start_[levels_];
    ++levels_;
    capacity_ = total_capacity(k_, levels_);
  }

  std::vector<key_type> items_;
  std::uint32_t fill_ = 0;  // where the next raw value goes
  std::uint32_t stop_ = 0;  // where `settle` is called
  std::uint32_t raw_ = 0;   // where raw values begin
  unsigned k_;
  unsigned levels_ = 1;
  unsigned height_ = 0;
  std::uint32_t capacity_;     // of all levels together
  unsigned bits_left_ = 0;     // how many of bits_ are still to be used
  std::uint64_t bits_ = 0;     // random
  std::uint64_t settled_ = 0;  // the weight of all values but the raw ones
  key_type low_ = 0;           // the least value but for the raw ones
  key_type high_ = 0;          // the greatest
  std::uint64_t coins_ = 0;    // bit l: the last toss for level l
  std::uint64_t tossed_ = 0;   // bit l: whether the next toss for level l must be its opposite
  random_engine random_;
  std::array<std::uint32_t, max_levels + 2> start_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_KLL_LEVELS_HPP
