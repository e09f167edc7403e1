#ifndef MILLRACE_STATS_TESTS_QUANTILES_HPP
#define MILLRACE_STATS_TESTS_QUANTILES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/binomial.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/means.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// A quantile of a sample, and its interval.
struct quantile_estimate {
  double probability = 0;
  /// The sample quantile.
  double value = 0;
  stats::interval interval;
};

/// The sample quantile at `probability` in (0, 1), and an interval for the quantile of the distribution whose ends are
/// two observations. The number of observations below the true quantile is binomial whatever the distribution is, so
/// the two ranks follow from the binomial law alone. An end is infinite where the sample is too small to bound it.
///
/// Guarantee: the interval covers with at least the probability `confidence`, for any distribution.
/// Complexity: O(log n).
/// Allocates: never.
/// Errors: invalid_data: an empty sample; out_of_range: a probability or confidence outside (0, 1).
/// Source: W. Conover, "Practical Nonparametric Statistics", section 3.2.
inline result<quantile_estimate> quantile_interval(const sorted_sample& sample, double probability,
                                                   double confidence = 0.95) {
  if (auto ok = detail::checked(sample, "the sample"); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(test_options{alternative::two_sided, confidence}); !ok) return std::move(ok).error();
  if (!(probability > 0 && probability < 1))
    return error(errc::out_of_range, "the quantile's probability must lie between 0 and 1");
  const auto n = static_cast<double>(sample.size());
  const binomial below{n, probability};
  const double outside = (1 - confidence) / 2;
  quantile_estimate q;
  q.probability = probability;
  q.value = sample.quantile(probability);
  q.interval.level = confidence;
  // With K observations below the true quantile, the r-th smallest lies above it if K <= r - 1. The lower end is the
  // largest r for which that has at most the probability `outside`; `rank` is r - 1.
  const double low = below.quantile(outside);
  double rank = low;
  if (below.cdf(rank) > outside) rank -= 1;
  if (rank >= 0) q.interval.lower = sample[static_cast<std::size_t>(rank)];
  // The s-th smallest lies below it if K >= s: the upper end is the least s with P(K >= s) <= outside, which is `high`.
  const double high = below.isf(outside) + 1;
  if (high <= n) q.interval.upper = sample[static_cast<std::size_t>(high) - 1];
  return q;
}

namespace detail {

/// The sample quantile's standard error, from two order statistics on either side of it. The interval between them
/// covers the true quantile with a binomial probability 1 - outside; if the sample quantile is normal, its width is 2 z
/// standard errors, with z the normal deviate that has outside / 2 above it. 0 for constant samples, infinite where the
/// sample is too small.
inline double quantile_error(const sorted_sample& sample, double probability) noexcept {
  const auto n = static_cast<double>(sample.size());
  const double reach = 1.96 * math::sqrt(n * probability * (1 - probability));
  const double center = n * probability;
  const double low = math::floor(center - reach + 0.5);
  const double high = math::floor(center + reach + 0.5) + 1;
  if (low < 1 || high > n) return infinity;
  // P(X_low < q < X_high) by the binomial law.
  const binomial below{n, probability};
  const double outside = below.cdf(low - 1) + below.sf(high - 1);
  const double z = normal{}.isf(outside / 2);
  return (sample[static_cast<std::size_t>(high) - 1] - sample[static_cast<std::size_t>(low) - 1]) / (2 * z);
}

}  // namespace detail

/// The test that two distributions have the same quantile at `probability`, such as the 0.99 quantile of latencies. The
/// effect is a's quantile less b's. A z test, whose standard errors come from order statistics, so that no density has
/// to be estimated.
///
/// `large_sample` fails where fewer than 5 observations of a sample are expected beyond the quantile.
/// Complexity: O(1).
/// Allocates: never.
/// Errors: invalid_data: an empty sample, or one that is too small to bound the quantile; out_of_range: a probability
/// or confidence outside (0, 1).
/// Source: R. Price, D. Bonett, Journal of Statistical Computation and Simulation 72(2), 2002.
inline result<test_result> quantile_test(const sorted_sample& a, const sorted_sample& b, double probability,
                                         const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample"); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample"); !ok) return std::move(ok).error();
  if (!(probability > 0 && probability < 1))
    return error(errc::out_of_range, "the quantile's probability must lie between 0 and 1");
  const double ea = detail::quantile_error(a, probability);
  const double eb = detail::quantile_error(b, probability);
  if (ea == detail::infinity || eb == detail::infinity)
    return error(errc::invalid_data, ea == detail::infinity ? "the first sample is too small for this quantile"
                                                            : "the second sample is too small for this quantile");
  test_result r;
  r.test = "quantile difference test";
  r.effect_name = "difference of quantiles";
  r.n1 = static_cast<double>(a.size());
  r.n2 = static_cast<double>(b.size());
  detail::fill_t(r, a.quantile(probability) - b.quantile(probability), 0, detail::math::sqrt(ea * ea + eb * eb),
                 detail::infinity, options);
  r.df = detail::nan;
  const double rarer = detail::math::fmin(probability, 1 - probability);
  r.failed.add(assumption::large_sample, detail::math::fmin(r.n1, r.n2) * rarer < 5);
  return r;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> quantile_test(const sample_view& a, const sample_view& b, double probability,
                                         const test_options& options = {}) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return quantile_test(first, second, probability, options);
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_QUANTILES_HPP
