#ifndef MILLRACE_STATS_TESTS_ANDERSON_DARLING_HPP
#define MILLRACE_STATS_TESTS_ANDERSON_DARLING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/anderson_darling_law.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sorted_sample.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

namespace detail {

/// The inner sums of the statistic A2, one for each sample: over the distinct values of the pooled sample, with l the
/// number of observations at the value and B_a the number below it plus l / 2. `pooled` is ascending. Source: Scholz,
/// Stephens 1987, equation 7.
inline std::vector<double> anderson_darling_sums(std::span<const sorted_sample> samples,
                                                 const std::vector<double>& pooled) {
  const auto n = static_cast<double>(pooled.size());
  std::vector<std::size_t> at(samples.size(), 0);
  std::vector<double> sums(samples.size(), 0.0);
  for (std::size_t begin = 0; begin < pooled.size();) {
    std::size_t end = begin;
    while (end < pooled.size() && pooled[end] == pooled[begin]) ++end;
    const auto ties = static_cast<double>(end - begin);
    const double below = static_cast<double>(begin) + ties / 2;
    const double weight = ties / n / (below * (n - below) - n * ties / 4);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const sorted_sample& sample = samples[i];
      const std::size_t first = at[i];
      while (at[i] < sample.size() && sample[at[i]] == pooled[begin]) ++at[i];
      const double mine = static_cast<double>(first) + static_cast<double>(at[i] - first) / 2;
      const double d = n * mine - static_cast<double>(sample.size()) * below;
      sums[i] += weight * d * d;
    }
    begin = end;
  }
  return sums;
}

/// The standard deviation of A2 under the null hypothesis, for `groups` samples with `count` observations in all.
/// `inverse_sizes` is the sum of 1 / size over the samples. Source: Scholz, Stephens 1987, equation 4.
inline double anderson_darling_deviation(double groups, std::size_t count, double inverse_sizes) noexcept {
  const auto n = static_cast<double>(count);
  double h = 0;
  double g = 0;
  for (std::size_t i = 1; i < count; ++i) h += 1 / static_cast<double>(i);
  double tail = h;  // the sum of 1 / j over j > i
  for (std::size_t i = 1; i + 1 < count; ++i) {
    tail -= 1 / static_cast<double>(i);
    g += tail / (n - static_cast<double>(i));
  }
  const double a = (4 * g - 6) * (groups - 1) + (10 - 6 * g) * inverse_sizes;
  const double b =
      (2 * g - 4) * groups * groups + 8 * h * groups + (2 * g - 14 * h - 4) * inverse_sizes - 8 * h + 4 * g - 6;
  const double c =
      (6 * h + 2 * g - 2) * groups * groups + (4 * h - 4 * g + 6) * groups + (2 * h - 6) * inverse_sizes + 4 * h;
  const double d = (2 * h + 6) * groups * groups - 4 * h * groups;
  const double variance = ((a * n + b) * n + c) * n + d;
  return math::sqrt(variance / ((n - 1) * (n - 2) * (n - 3)));
}

}  // namespace detail

/// The k-sample Anderson-Darling test of whether all samples come from one distribution; it gives the tails more weight
/// than ks_test does. The statistic is the standardised (A2 - (k - 1)) / sigma of the version with midranks for ties,
/// which SciPy has, too.
///
/// p is the probability that the limit law exceeds the same standardised value. It is computed from the law's moment
/// generating function and not looked up in a table, so it may be as small as the data say. `large_sample` fails where
/// a sample has fewer than 5 observations.
/// Complexity: O(n k + n log n), and some hundred microseconds for p.
/// Allocates: O(n).
/// Errors: invalid_data: fewer than 2 samples, an empty sample, fewer than 4 observations in all, all of them equal.
/// Source: F. Scholz, M. Stephens, JASA 82, 1987, equations 4, 7 and section 5.
inline result<test_result> anderson_darling_test(std::span<const sorted_sample> samples) {
  const std::size_t k = samples.size();
  if (k < 2) return error(errc::invalid_data, "at least 2 samples are needed, not " + std::to_string(k));
  std::vector<double> pooled;
  double inverse_sizes = 0;
  double fewest = detail::infinity;
  for (std::size_t i = 0; i < k; ++i) {
    if (samples[i].empty()) return error(errc::invalid_data, "sample " + std::to_string(i) + " is empty");
    for (const double x : samples[i].values()) pooled.push_back(x);
    inverse_sizes += 1 / static_cast<double>(samples[i].size());
    fewest = detail::math::fmin(fewest, static_cast<double>(samples[i].size()));
  }
  detail::sort_doubles(pooled);
  const auto n = static_cast<double>(pooled.size());
  if (pooled.size() < 4) return error(errc::invalid_data, "fewer than 4 observations in all");
  if (pooled.front() == pooled.back()) return error(errc::invalid_data, "all observations are equal");

  const std::vector<double> sums = detail::anderson_darling_sums(samples, pooled);
  double a2 = 0;
  for (std::size_t i = 0; i < k; ++i) a2 += sums[i] / static_cast<double>(samples[i].size());
  a2 *= (n - 1) / n;

  const auto groups = static_cast<double>(k);
  const double sigma = detail::anderson_darling_deviation(groups, pooled.size(), inverse_sizes);
  test_result r;
  r.test = "k-sample Anderson-Darling test";
  r.side = alternative::greater;
  r.n1 = n;
  r.df = groups - 1;
  r.statistic = (a2 - (groups - 1)) / sigma;
  r.effect_name = "A2 over its expectation";
  r.effect = a2 / (groups - 1);
  r.p = detail::anderson_darling_sf(groups - 1, r.statistic);
  r.failed.add(assumption::large_sample, fewest < 5);
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_ANDERSON_DARLING_HPP
