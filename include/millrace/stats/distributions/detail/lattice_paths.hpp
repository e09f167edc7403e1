#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP

#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Of all orders in which m observations of one sample and n of another may stand, the share in which
/// side(i n - j m) reaches `threshold` at some checkpoint, where i and j have been seen: the exact survival of the
/// two-sample Kolmogorov-Smirnov distance times m n. `side` is std::abs or one sign; `is_checkpoint(i + j)` is false
/// inside a group of ties. A sum of positive terms. O(m (m + n)) time, O(m) memory.
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
      // One more of the other sample from i, or one more of the first from i - 1.
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

/// P(D >= d) for the two-sided, one-sample distance of n observations: the Poisson process of rate n that ends at n,
/// followed over the times at which either boundary rises, and what leaves at each added up. Positive terms
/// alone; O(n^2 d) time, O(n d) memory. After A. Moscovich, B. Nadler, Statistics & Probability Letters 123, 2017.
inline double kolmogorov_two_sided_by_process(std::uint64_t count, double d) {
  const auto n = static_cast<std::size_t>(count);
  const auto rate = static_cast<double>(n);
  // Of the paths with c events at time t, the weight of those that end with n: Poisson(n - c; n (1 - t)) relative to
  // Poisson(n; n), by deviances so that nothing large cancels. `lead` = c - n t.
  const double at_end = std::exp(stirling_error(rate)) * std::sqrt(2 * pi * rate);
  const auto completes = [&](std::size_t c, double t) {
    const double mean = rate * (1 - t);
    if (c == n) return std::exp(-mean) * at_end;
    const auto k = static_cast<double>(n - c);
    const double lead = static_cast<double>(c) - rate * t;
    return std::exp(-k * deviance(mean / k, lead / k) - stirling_error(k)) / std::sqrt(2 * pi * k) * at_end;
  };
  std::vector<double> alive(n + 1, 0.0);
  std::vector<double> next(n + 1, 0.0);
  std::vector<double> kernel;
  alive[0] = 1;
  std::size_t low = 0;
  std::size_t high = 0;
  double crossed = 0;
  double now = 0;
  // Upper boundary: count j is too soon before j / n - d. Lower: count j is too late from j / n + d on.
  std::size_t upper = static_cast<std::size_t>(std::floor(rate * d)) + 1;
  std::size_t lower = 0;
  while (now < 1) {
    const double to_upper = upper <= n ? static_cast<double>(upper) / rate - d : 2;
    const double to_lower = lower < n ? static_cast<double>(lower) / rate + d : 2;
    const double then = std::fmin(1.0, std::fmin(to_upper, to_lower));
    const double mean = rate * (then - now);
    kernel.clear();
    double term = std::exp(-mean);
    for (std::size_t k = 0; k <= n - low; ++k) {
      kernel.push_back(term);
      term *= mean / static_cast<double>(k + 1);
      if (term < 1e-40 && static_cast<double>(k) > mean) break;
    }
    const std::size_t reach = high + kernel.size() - 1 < n ? high + kernel.size() - 1 : n;
    for (std::size_t c = low; c <= reach; ++c) {
      double sum = 0;
      const std::size_t first = c > low + kernel.size() - 1 ? c - (kernel.size() - 1) : low;
      for (std::size_t from = first; from <= c && from <= high; ++from) sum += alive[from] * kernel[c - from];
      next[c] = sum;
    }
    high = reach;
    alive.swap(next);
    now = then;
    if (then == to_upper) {
      for (std::size_t c = upper; c <= high; ++c) crossed += alive[c] * completes(c, now);
      if (high >= upper) high = upper - 1;
      ++upper;
    }
    if (then == to_lower) {
      for (; low <= lower && low <= high; ++low) crossed += alive[low] * completes(low, now);
      low = lower + 1;
      ++lower;
    }
    if (low > high) break;
  }
  return crossed < 1 ? crossed : 1;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LATTICE_PATHS_HPP
