#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_BUCKETS_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_BUCKETS_HPP

#include <millrace/deliver/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A histogram's buckets of latencies in nanoseconds: eight for each power of two, up to three days.
struct latency_buckets {
  static constexpr std::size_t count = 384;

  /// The bucket of a latency that is not NaN and not negative.
  static std::size_t at(double latency) noexcept {
    if (!(latency >= 1)) return 0;
    const std::uint64_t found = (std::bit_cast<std::uint64_t>(latency) >> 49) - (std::uint64_t{1023} << 3);
    return found < count ? static_cast<std::size_t>(found) : count - 1;
  }
  /// Where a bucket begins.
  static double edge(std::size_t bucket) noexcept {
    return std::bit_cast<double>((static_cast<std::uint64_t>(bucket) + (std::uint64_t{1023} << 3)) << 49);
  }
  /// The quantile of `all` latencies in buckets, as if they were spread evenly within each; the last one has no end.
  template <class = void>
  static double quantile(const std::uint64_t* buckets, std::uint64_t all, double share) noexcept {
    const double below = share * static_cast<double>(all);
    double sum = 0;
    std::size_t i = 0;
    while (i + 1 < count && sum + static_cast<double>(buckets[i]) < below) sum += static_cast<double>(buckets[i++]);
    const double part = buckets[i] > 0 ? (below - sum) / static_cast<double>(buckets[i]) : 0;
    return edge(i) + (i + 1 < count ? part * (edge(i + 1) - edge(i)) : 0);
  }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_BUCKETS_HPP
