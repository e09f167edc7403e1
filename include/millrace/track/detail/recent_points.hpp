#ifndef MILLRACE_TRACK_DETAIL_RECENT_POINTS_HPP
#define MILLRACE_TRACK_DETAIL_RECENT_POINTS_HPP

#include <millrace/track/records.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// The last points of a metric, and whether a point is among them: a ring, and a hash table of places in it, which is
/// made when it is first asked. Points that come in order are never asked for.
/// Complexity: constant on average, amortised. Allocates: as it grows, 24 to 72 bytes for each point that it may hold.
class recent_points {
 public:
  std::uint32_t size() const noexcept { return end_ - begin_; }

  bool contains(const metric_point& point) {
    if (size() == 0) return false;
    if (table_.empty()) rebuild();
    const std::size_t mask = table_.size() - 1;
    for (std::size_t at = hash_of(point) & mask; table_[at] != 0; at = (at + 1) & mask) {
      const std::uint32_t number = table_[at] - 1;
      if (number >= begin_ && at_number(number) == point) return true;
    }
    return false;
  }
  /// Adds a point, and lets the oldest go if there are more than `most`.
  void update(const metric_point& point, std::uint64_t most) {
    if (end_ == most_numbers) reset();
    while (size() >= most && size() != 0) ++begin_;
    if (size() == ring_.size()) grow();
    ring_[end_ & (ring_.size() - 1)] = point;
    ++end_;
    if (table_.empty()) return;
    if (2 * (used_ + 1) > table_.size())
      rebuild();
    else
      insert(end_ - 1);
  }
  void reset() noexcept { *this = recent_points(); }

 private:
  static constexpr std::uint32_t most_numbers = 0xffff'fff0U;

  static std::size_t hash_of(const metric_point& point) noexcept {
    std::uint64_t hash = static_cast<std::uint64_t>(point.step) * 0x9e3779b97f4a7c15U;
    hash = (hash ^ (hash >> 32) ^ static_cast<std::uint64_t>(point.time)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 29) ^ std::bit_cast<std::uint64_t>(point.value)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>(hash ^ (hash >> 32));
  }
  const metric_point& at_number(std::uint32_t number) const noexcept { return ring_[number & (ring_.size() - 1)]; }

  void insert(std::uint32_t number) noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = hash_of(at_number(number)) & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = number + 1;
    ++used_;
  }
  void grow() {
    std::vector<metric_point> larger(ring_.empty() ? 16 : 2 * ring_.size());
    for (std::uint32_t number = begin_; number != end_; ++number)
      larger[number & (larger.size() - 1)] = at_number(number);
    ring_.swap(larger);
  }
  /// Leaves out what is no longer in the ring.
  void rebuild() {
    std::size_t slots = 64;
    while (slots < 3 * (std::size_t{size()} + 1)) slots *= 2;
    std::vector<std::uint32_t> fresh(slots);
    table_.swap(fresh);
    used_ = 0;
    for (std::uint32_t number = begin_; number != end_; ++number) insert(number);
  }

  std::vector<metric_point> ring_;    // a power of two
  std::vector<std::uint32_t> table_;  // numbers plus 1, 0: free; a power of two, at most half full
  std::uint32_t begin_ = 0;           // the number of the oldest point in the ring
  std::uint32_t end_ = 0;
  std::size_t used_ = 0;  // slots of the table
};

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_RECENT_POINTS_HPP
