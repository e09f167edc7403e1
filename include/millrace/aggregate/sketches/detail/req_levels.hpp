#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_REQ_LEVELS_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_REQ_LEVELS_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/seed.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The values that a REQ sketch keeps, as keys that ascend towards the end where ranks are to be precise. A key in
/// level l has weight 2^l.
///
/// A full level is compacted: it keeps its greatest keys, half of its capacity and more, and of the others every second
/// one moves one level up and the rest are dropped. The lower half is divided into sections. Each compaction takes one
/// section more than the number of ones at the end of the count of compactions (binary), so that the lowest section is
/// always taken, the next every second time, the third every fourth time, and so on.
template <class Key>
class req_levels {
 public:
  static constexpr unsigned max_levels = 60;
  /// The greatest sum of weights. Single keys that would take the sum beyond it are left out: `room_` is never greater
  /// than what is left of it.
  static constexpr std::uint64_t max_weight = (std::uint64_t{1} << 56) - 1;
  static constexpr unsigned first_sections = 3;
  static constexpr unsigned least_section = 4;  // keys in a section at least
  static constexpr std::size_t most_room = 96;  // new keys at most before they are sorted

  struct level {
    std::vector<Key> keys;      // ascending
    std::uint64_t state = 0;    // the count of compactions; merged levels have the bits of both
    float exact_section = 0;    // keys in a section, before rounding
    std::uint32_t section = 0;  // keys in a section
    unsigned sections = first_sections;
    bool coin = false;  // the last toss: whether the keys at odd positions moved up

    level() = default;
    explicit level(float size) : exact_section(size), section(nearest_even(size)) {}

    /// Twice the keys of all sections: the upper half is kept.
    std::size_t capacity() const noexcept { return std::size_t{2} * sections * section; }
    /// After 2^(sections - 1) compactions makes twice as many sections, each smaller by sqrt(2), while they are not too
    /// small.
    void divide() noexcept {
      for (;;) {
        const float smaller = exact_section / 1.41421356F;
        if (sections > 64 || state < std::uint64_t{1} << (sections - 1) || nearest_even(smaller) < least_section)
          return;
        exact_section = smaller;
        section = nearest_even(smaller);
        sections *= 2;
      }
    }
    /// Merges sorted keys into the level.
    void add(std::span<const Key> sorted) {
      if (sorted.empty()) return;
      const std::size_t before = keys.size();
      std::vector<Key> both(before + sorted.size());
      merge_runs(keys.data(), before, sorted.data(), sorted.size(), both.data());
      keys.swap(both);
    }
  };

  static std::uint32_t nearest_even(float size) noexcept { return 2 * static_cast<std::uint32_t>(size / 2 + 0.5F); }

  req_levels(unsigned k, std::uint64_t seed) noexcept : k_(k), random_(seed) {}

  /// From levels that were loaded; without any, one empty level is made.
  req_levels(unsigned k, std::uint64_t seed, std::vector<level> levels) : k_(k), random_(seed) {
    levels_ = std::move(levels);
    if (levels_.empty()) add_level();
    for (const level& each : levels_) settled_ += each.keys.size();
    const std::size_t most = limit();  // compactions wait for the next key, so that a loaded sketch returns the same
    room_ = settled_ < most ? most - settled_ : 0;
    limit_room();
  }

  /// Adds a key of weight 1. Returns false if there is no weight left for it.
  bool update(Key key) {
    if (fresh_.size() == room_) [[unlikely]] {
      if (left() == fresh_.size()) return false;
      settle();
    }
    fresh_.push_back(key);
    return true;
  }
  /// Adds a key of weight 2^height.
  /// Precondition: the sum of weights stays within max_weight.
  void insert(unsigned height, Key key) {
    while (levels_.size() <= height) add_level();
    levels_[height].add(std::span(&key, 1));
    ++settled_;
    settle();
  }
  /// Precondition: the other one is the result of `tidy`, and the sum of both weights is within max_weight.
  void merge(const req_levels& tidied) {
    while (levels_.size() < tidied.levels_.size()) add_level();
    for (std::size_t height = 0; height < tidied.levels_.size(); ++height) {
      level& into = levels_[height];
      into.state |= tidied.levels_[height].state;
      into.divide();
      into.add(tidied.levels_[height].keys);
    }
    settled_ += tidied.settled_;
    settle();
  }
  /// A copy with all keys in their levels.
  req_levels tidy() const {
    req_levels all = *this;
    all.take_fresh();
    return all;
  }

  unsigned k() const noexcept { return k_; }
  std::size_t retained() const noexcept { return settled_ + fresh_.size(); }
  /// The levels; they hold all keys only after `tidy`.
  std::span<const level> levels() const noexcept { return levels_; }
  /// Uniform in [0, 1).
  double draw() noexcept { return random_.uniform(); }

 private:
  void add_level() { levels_.emplace_back(static_cast<float>(k_)); }

  /// Sorts the new keys into level 0.
  void take_fresh() {
    if (levels_.empty()) add_level();
    std::vector<Key> scratch(fresh_.size());
    sort_numbers(fresh_.data(), fresh_.size(), scratch.data());
    levels_[0].add(fresh_);
    settled_ += fresh_.size();
    fresh_.clear();
  }
  /// How many keys all levels may hold together.
  std::size_t limit() const noexcept {
    std::size_t sum = 0;
    for (const level& each : levels_) sum += each.capacity();
    return sum;
  }

  /// Sorts the new keys into level 0 and makes room for more: for an eighth of the limit, 96 at most, if compacting
  /// full levels, and then levels that will soon be full, is enough for that; for one key at least. The error of a
  /// compaction does not depend on how many keys it moves, so larger portions are quicker and more precise.
  [[gnu::noinline]] void settle() {
    take_fresh();
    std::size_t most = limit();
    std::size_t wanted = most / 8 < most_room ? most / 8 : most_room;
    for (const bool due : {true, false}) {     // first full levels, then those that are nearly full
      if (!due && levels_.size() == 1) break;  // with one level all is exact: it stays so while it can
      for (std::size_t height = 0; height < levels_.size() && settled_ + wanted >= most; ++height) {
        const level& next = levels_[height];
        const bool full = next.keys.size() >= next.capacity();
        if (due ? full : next.keys.size() >= staying(next) + least_section) {
          compact(height);
          most = limit();
        }
      }
    }
    room_ = settled_ + wanted < most ? wanted : most - settled_;
    limit_room();
  }
  /// What the levels leave of max_weight, for new keys.
  std::uint64_t left() const noexcept {
    std::uint64_t taken = 0;
    for (std::size_t height = 0; height < levels_.size(); ++height)
      taken += std::uint64_t{levels_[height].keys.size()} << height;
    return max_weight - taken;
  }
  /// Lets new keys fill up what is left of max_weight, and no more.
  void limit_room() noexcept {
    if (const std::uint64_t most = left(); room_ > most) room_ = static_cast<std::size_t>(most);
  }

  /// How many keys a compaction leaves.
  static std::size_t staying(const level& full) noexcept {
    const auto ones = static_cast<unsigned>(std::countr_one(full.state)) + 1;
    const unsigned going = ones < full.sections ? ones : full.sections;
    return full.capacity() / 2 + std::size_t{full.sections - going} * full.section;
  }

  void compact(std::size_t height) {
    if (height + 1 == levels_.size()) add_level();
    level& full = levels_[height];
    const std::size_t moved = (full.keys.size() - staying(full)) / 2 * 2;
    // Every second toss is the opposite of the one before, so that the errors of the two compactions cancel.
    full.coin = (full.state & 1) != 0 ? !full.coin : (random_() >> 63) != 0;
    std::vector<Key> up(moved / 2);
    for (std::size_t i = 0; i < up.size(); ++i) up[i] = full.keys[2 * i + (full.coin ? 1 : 0)];
    full.keys.erase(full.keys.begin(), full.keys.begin() + static_cast<std::ptrdiff_t>(moved));
    ++full.state;
    full.divide();
    levels_[height + 1].add(up);
    settled_ -= up.size();
  }

  std::vector<Key> fresh_;  // new keys, of weight 1, not yet sorted
  std::size_t room_ = 16;   // how many new keys may wait
  std::vector<level> levels_;
  std::size_t settled_ = 0;  // keys in levels
  unsigned k_;
  random_engine random_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_REQ_LEVELS_HPP
