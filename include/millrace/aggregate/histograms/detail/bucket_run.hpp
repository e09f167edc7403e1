#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_BUCKET_RUN_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_BUCKET_RUN_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Counts of numbered buckets: of all buckets between the lowest and the highest in use, in one stretch of memory.
template <class Count>
class bucket_run {
 public:
  bool empty() const noexcept { return counts_.empty(); }
  std::size_t size() const noexcept { return counts_.size(); }
  /// The number of the first and the last bucket kept. Precondition: not empty.
  std::int32_t first() const noexcept { return first_; }
  std::int32_t last() const noexcept { return first_ + static_cast<std::int32_t>(counts_.size()) - 1; }
  const Count* data() const noexcept { return counts_.data(); }
  Count* data() noexcept { return counts_.data(); }
  /// 0 for a bucket that is not kept.
  Count at(std::int64_t bucket) const noexcept {
    const auto i = static_cast<std::uint64_t>(bucket - first_);
    return i < counts_.size() ? counts_[static_cast<std::size_t>(i)] : Count{};
  }
  Count total() const noexcept {
    Count sum{};
    for (const Count c : counts_) sum += c;
    return sum;
  }

  bool holds(std::int32_t bucket) const noexcept {
    return static_cast<std::uint64_t>(std::int64_t{bucket} - first_) < counts_.size();
  }
  /// Precondition: `holds(bucket)`.
  void add(std::int32_t bucket, Count count) noexcept { counts_[static_cast<std::size_t>(bucket - first_)] += count; }

  /// Keeps the buckets from `low` to `high` from now on, beside those it keeps already.
  void cover(std::int32_t low, std::int32_t high) {
    if (counts_.empty()) {
      first_ = low;
      counts_.resize(static_cast<std::size_t>(high - low) + 1);
      return;
    }
    if (low < first_) {
      counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - low), Count{});
      first_ = low;
    }
    if (high > last()) counts_.resize(static_cast<std::size_t>(high - first_) + 1);
  }
  /// Joins all buckets below `low` into the bucket `low`, which becomes the first.
  void join_below(std::int32_t low) {
    if (counts_.empty() || low <= first_) return;
    const auto below = static_cast<std::size_t>(std::int64_t{low} - first_);
    const std::size_t gone = below < counts_.size() ? below : counts_.size();
    Count sum{};
    for (std::size_t i = 0; i < gone; ++i) sum += counts_[i];
    counts_.erase(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(gone));
    if (counts_.empty()) counts_.resize(1);
    counts_[0] += sum;
    first_ = low;
  }
  /// Joins each 2^shift buckets into one: bucket b becomes part of bucket b >> shift, which rounds down for b < 0 too.
  void coarsen(unsigned shift) {
    if (counts_.empty() || shift == 0) return;
    const std::int32_t first = shift > 31 ? (first_ < 0 ? -1 : 0) : first_ >> shift;
    const std::int32_t end = shift > 31 ? (last() < 0 ? -1 : 0) : last() >> shift;
    std::vector<Count> joined(static_cast<std::size_t>(end - first) + 1);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const std::int32_t bucket = first_ + static_cast<std::int32_t>(i);
      const std::int32_t to = shift > 31 ? (bucket < 0 ? -1 : 0) : bucket >> shift;
      joined[static_cast<std::size_t>(to - first)] += counts_[i];
    }
    counts_ = static_cast<std::vector<Count>&&>(joined);
    first_ = first;
  }
  void scale(Count factor) noexcept {
    for (Count& c : counts_) c *= factor;
  }

  bool operator==(const bucket_run&) const = default;

 private:
  std::vector<Count> counts_;
  std::int32_t first_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_BUCKET_RUN_HPP
