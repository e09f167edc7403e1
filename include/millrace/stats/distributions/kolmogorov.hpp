#ifndef MILLRACE_STATS_DISTRIBUTIONS_KOLMOGOROV_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_KOLMOGOROV_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/detail/lattice_paths.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Both tails of Kolmogorov's limit law at x, and x times its density. The law has two series: one converges fast for
/// small x, the other for large x; each is summed on its side of 1.
inline tail_slope kolmogorov_limit(double x) noexcept {
  if (!(x > 0.02)) return {{0, 1}, 0};  // below exp(-3000)
  double sum = 0;
  double slope = 0;
  if (x < 1) {
    const double t = pi * pi / (8 * x * x);
    for (int k = 1; k < 40; k += 2) {
      const double term = math::exp(-k * k * t);
      sum += term;
      slope += (2 * k * k * t - 1) * term;
      if (term <= 1e-18 * sum) break;
    }
    const double scale = math::sqrt(2 * pi) / x;
    return {{scale * sum, 1 - scale * sum}, scale * slope};
  }
  for (int k = 1; k < 20; ++k) {
    const double term = (k % 2 == 1 ? 2 : -2) * math::exp(-2.0 * k * k * x * x);
    sum += term;
    slope += 4.0 * k * k * x * x * term;
    if (math::absolute(term) <= 1e-18 * math::absolute(sum)) break;
  }
  return {{1 - sum, sum}, slope};
}

}  // namespace detail

/// Kolmogorov's limit law: the distribution of sqrt(n) D as n grows, where D is the two-sided Kolmogorov-Smirnov
/// distance of a sample of n. See `normal` for what the functions promise. Source: A. Kolmogorov 1933; N. Smirnov 1948.
struct kolmogorov {
  double cdf(double x) const noexcept { return x != x ? x : detail::kolmogorov_limit(x).at.lower; }
  double sf(double x) const noexcept { return x != x ? x : detail::kolmogorov_limit(x).at.upper; }
  double quantile(double p) const noexcept { return solve({p, 1 - p}); }
  double isf(double q) const noexcept { return solve({1 - q, q}); }

 private:
  static double solve(detail::tails wanted) noexcept {
    return detail::invert_positive(wanted, 0.83, [](double x) { return detail::kolmogorov_limit(x); });
  }
};

/// P(D+ >= d), where D+ is the one-sided Kolmogorov-Smirnov distance of n observations from their own, continuous
/// distribution function. NaN for n = 0.
/// Guarantee: 1e-12 relative, as a sum of positive terms.
/// Complexity: O(n).
/// Allocates: never.
/// Source: Z. Birnbaum, F. Tingey 1951, eq. 3.0.
inline double kolmogorov_one_sided_sf(std::uint64_t n, double d) noexcept {
  if (n == 0 || d != d) return detail::nan;
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  const auto count = static_cast<double>(n);
  const double first = detail::math::exp(count * detail::math::log1p(-d));
  double sum = 0;
  const auto last = static_cast<std::uint64_t>(detail::math::ceil(count * (1 - d)));
  for (std::uint64_t j = 1; j <= last && j < n; ++j) {
    const auto k = static_cast<double>(j);
    const double below = (count - k) / count - d;
    if (!(below > 0)) break;
    // C(n, j) below^(n - j) above^(j - 1) is a binomial probability of j, divided by `above`. Its logarithm is written
    // with Stirling's formula and deviances, in which nothing large cancels.
    const double above = d + k / count;
    const double rest = count - k;
    const double width = k * (rest / count);
    const double exponent = detail::stirling_error(count) - detail::stirling_error(k) - detail::stirling_error(rest) -
                            k * detail::deviance(above * count / k, d * count / k) -
                            rest * detail::deviance(below * count / rest, -d * count / rest);
    sum += detail::math::exp(exponent) / (detail::math::sqrt(2 * detail::pi * width) * above);
  }
  const double tail = first + d * sum;
  return tail < 1 ? tail : 1;
}

/// P(D >= d), where D is the two-sided Kolmogorov-Smirnov distance of n observations from their own, continuous
/// distribution function. NaN for n = 0.
/// Guarantee: 1e-12 relative.
/// Complexity: O(n) where the probability is below about 1e-4, and twice the one-sided one to 13 digits; O(n^2 d)
/// elsewhere, 5 ms at n = 1,000.
/// Allocates: O(n).
/// Source: A. Moscovich, B. Nadler, "Fast calculation of boundary crossing probabilities for Poisson processes", 2017.
inline double kolmogorov_two_sided_sf(std::uint64_t n, double d) {
  if (n == 0 || d != d) return detail::nan;
  const auto count = static_cast<double>(n);
  if (2 * count * d <= 1) return 1;
  if (d >= 1) return 0;
  if (d >= 0.5 || count * d * d > 5) return detail::math::fmin(1.0, 2 * kolmogorov_one_sided_sf(n, d));
  return detail::kolmogorov_two_sided_by_process(n, d);
}

/// P(D >= d), where D is the two-sided Kolmogorov-Smirnov distance of samples of m and n without ties, from one
/// continuous distribution. NaN for an empty sample.
/// Guarantee: 1e-13 relative, as a sum of positive terms.
/// Complexity: O(m (m + n)).
/// Allocates: O(m).
/// Source: J. Hodges 1958, counting lattice paths.
inline double kolmogorov_two_sample_sf(std::uint64_t m, std::uint64_t n, double d) {
  if (m == 0 || n == 0 || d != d) return detail::nan;
  const auto a = static_cast<std::int64_t>(m);
  const auto b = static_cast<std::int64_t>(n);
  // Distances are whole multiples of 1 / (m n); a rounded d counts as the multiple it stands for.
  const double whole = d * static_cast<double>(m) * static_cast<double>(n);
  const auto threshold = static_cast<std::int64_t>(detail::math::ceil(whole * (1 - 8 * detail::epsilon) - 1e-9));
  if (threshold <= 0) return 1;
  return detail::share_of_crossing_paths(
      a, b, threshold, [](std::int64_t x) { return x < 0 ? -x : x; }, [](std::int64_t) { return true; });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_KOLMOGOROV_HPP
