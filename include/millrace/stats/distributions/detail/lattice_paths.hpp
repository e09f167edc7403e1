#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The exact survival function of the two-sample Kolmogorov-Smirnov distance times m n: the share among all orders of m
/// observations of one sample and n of another in which side(i n - j m) is at least `threshold` at some checkpoint,
/// after i observations of the first and j of the other. `side` is std::abs, the identity or the negative;
/// `is_checkpoint(i + j)` is false inside a group of ties. All terms are positive.
/// Complexity: O(m (m + n)).
/// Allocates: O(m).
template <class Side, class IsCheckpoint>
double share_of_crossing_paths(std::int64_t m, std::int64_t n, std::int64_t threshold, Side side,
                               IsCheckpoint is_checkpoint) {
  std::vector<double> alive(static_cast<std::size_t>(m) + 1, 0.0);
  alive[0] = 1;
  double crossed = 0;
  for (std::int64_t seen = 1; seen <= m + n; ++seen) {
    const std::int64_t low = seen > n ? seen - n : 0;
    const std::int64_t high = seen < m ? seen : m;
    const double left = 1.0 / static_cast<double>(m + n - seen + 1);
    for (std::int64_t i = high; i >= low; --i) {
      // The last observation was of the other sample, with i of the first before it, or of the first, with i - 1.
      const auto at = static_cast<std::size_t>(i);
      double mass = seen - i > 0 ? alive[at] * (static_cast<double>(n - (seen - i) + 1) * left) : 0;
      if (i > 0) mass += alive[at - 1] * (static_cast<double>(m - i + 1) * left);
      alive[at] = mass;
    }
    if (low > 0) alive[static_cast<std::size_t>(low) - 1] = 0;
    if (!is_checkpoint(seen)) continue;
    for (std::int64_t i = low; i <= high; ++i) {
      if (side(i * n - (seen - i) * m) < threshold) continue;
      crossed += alive[static_cast<std::size_t>(i)];
      alive[static_cast<std::size_t>(i)] = 0;
    }
  }
  return crossed < 1 ? crossed : 1;
}

/// A Poisson process of rate n on [0, 1] that ends at n events, up to the time now(): the probability of each count of
/// events on paths that have stayed within two boundaries, and the probability that a path has left them. All terms are
/// positive.
class confined_poisson {
 public:
  explicit confined_poisson(std::size_t n)
      : n_(n),
        rate_(static_cast<double>(n)),
        at_end_(math::exp(stirling_error(rate_)) * math::sqrt(2 * pi * rate_)),
        alive_(n + 1, 0.0),
        next_(n + 1, 0.0) {
    alive_[0] = 1;
  }

  double now() const noexcept { return now_; }
  /// Whether every path has left.
  bool empty() const noexcept { return low_ > high_; }
  /// The probability of having left by now, for paths that end at n.
  double crossed() const noexcept { return crossed_; }

  /// Moves the time on to `then`. No boundary may rise before that.
  void run_to(double then) {
    set_kernel(rate_ * (then - now_));
    const std::size_t longest = kernel_.size() - 1;
    const std::size_t reach = high_ + longest < n_ ? high_ + longest : n_;
    for (std::size_t c = low_; c <= reach; ++c) {
      double sum = 0;
      const std::size_t first = c > low_ + longest ? c - longest : low_;
      for (std::size_t from = first; from <= c && from <= high_; ++from) sum += alive_[from] * kernel_[c - from];
      next_[c] = sum;
    }
    high_ = reach;
    alive_.swap(next_);
    now_ = then;
  }

  /// Takes out the paths with at least `count` events, which come too soon. Precondition: count > 0.
  void leave_from(std::size_t count) noexcept {
    for (std::size_t c = count; c <= high_; ++c) crossed_ += alive_[c] * completes(c);
    if (high_ >= count) high_ = count - 1;
  }
  /// Takes out the paths with at most `count` events, which come too late.
  void leave_up_to(std::size_t count) noexcept {
    for (; low_ <= count && low_ <= high_; ++low_) crossed_ += alive_[low_] * completes(low_);
    low_ = count + 1;
  }

 private:
  /// Computes the probabilities of 0, 1, ... further events, as far as they are not negligible.
  void set_kernel(double mean) {
    kernel_.clear();
    double term = math::exp(-mean);
    for (std::size_t k = 0; k <= n_ - low_; ++k) {
      kernel_.push_back(term);
      term *= mean / static_cast<double>(k + 1);
      if (term < 1e-40 && static_cast<double>(k) > mean) break;
    }
  }

  /// The probability that a path with c events by now ends with n, divided by that of n events in all:
  /// Poisson(n - c; n (1 - now)) / Poisson(n; n), written with deviances so that nothing large cancels. `lead` is
  /// c - n now.
  double completes(std::size_t c) const noexcept {
    const double mean = rate_ * (1 - now_);
    if (c == n_) return math::exp(-mean) * at_end_;
    const auto k = static_cast<double>(n_ - c);
    const double lead = static_cast<double>(c) - rate_ * now_;
    return math::exp(-k * deviance(mean / k, lead / k) - stirling_error(k)) / math::sqrt(2 * pi * k) * at_end_;
  }

  std::size_t n_;
  double rate_;
  double at_end_;  // 1 / Poisson(n; n)
  double now_ = 0;
  double crossed_ = 0;
  // The counts that a path within the boundaries may have, and the probability of each.
  std::size_t low_ = 0;
  std::size_t high_ = 0;
  std::vector<double> alive_;
  std::vector<double> next_;
  std::vector<double> kernel_;
};

/// P(D >= d) for the two-sided, one-sample distance of n observations. The number of observations below t behaves like
/// a Poisson process of rate n on [0, 1] that ends at n. The law of that number is followed from one time to the next
/// at which the upper or the lower boundary rises, and the probability that leaves the boundaries is summed.
/// Complexity: O(n^2 d).
/// Allocates: O(n).
/// Source: A. Moscovich, B. Nadler, Statistics & Probability Letters 123, 2017.
inline double kolmogorov_two_sided_by_process(std::uint64_t count, double d) {
  const auto n = static_cast<std::size_t>(count);
  const auto rate = static_cast<double>(n);
  confined_poisson process(n);
  // A path crosses the upper boundary if it has j events before j / n - d, and the lower one if it has not more than j
  // at j / n + d.
  std::size_t upper = static_cast<std::size_t>(math::floor(rate * d)) + 1;
  std::size_t lower = 0;
  while (process.now() < 1 && !process.empty()) {
    const double to_upper = upper <= n ? static_cast<double>(upper) / rate - d : 2;
    const double to_lower = lower < n ? static_cast<double>(lower) / rate + d : 2;
    const double then = math::fmin(1.0, math::fmin(to_upper, to_lower));
    process.run_to(then);
    if (then == to_upper) process.leave_from(upper++);
    if (then == to_lower) process.leave_up_to(lower++);
  }
  return process.crossed() < 1 ? process.crossed() : 1;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP
