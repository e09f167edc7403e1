#ifndef MILLRACE_STATS_DISTRIBUTIONS_BETA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_BETA_HPP

#include <millrace/stats/distributions/detail/beta_quantile.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>

#include <limits>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

inline double beta_quantile(double a, double b, tails wanted) noexcept {
  const double f = odds_quantile(a, b, wanted);
  if (!(f > 0 && f < infinity)) return f > 0 ? 1 : f;
  const double odds = scaled_ratio(a, b, f);
  const double x = odds < infinity ? odds / (1 + odds) : 1;
  return x < (std::numeric_limits<double>::min)() ? 0 : x;
}

}  // namespace detail

/// The beta distribution on [0, 1] with shapes a, b > 0. See `normal` for what the functions promise.
/// Source: A. Didonato, A. Morris, "Algorithm 708", TOMS 18(3), 1992, for the continued fraction.
struct beta {
  double a;
  double b;

  double mean() const noexcept { return valid() ? a / (a + b) : detail::nan; }
  double variance() const noexcept {
    const double n = a + b;
    return valid() ? a / n * (b / n) / (n + 1) : detail::nan;
  }
  double pdf(double x) const noexcept {
    if (!valid() || x != x) return detail::nan;
    if (x < 0 || x > 1) return 0;
    if (x == 0) return a > 1 ? 0 : a == 1 ? b : detail::infinity;
    if (x == 1) return b > 1 ? 0 : b == 1 ? a : detail::infinity;
    return detail::beta_prefix(a, b, detail::at_probability(a, b, x)) / x / (1 - x);
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept { return valid() ? detail::beta_quantile(a, b, {p, 1 - p}) : detail::nan; }
  double isf(double q) const noexcept { return valid() ? detail::beta_quantile(a, b, {1 - q, q}) : detail::nan; }

 private:
  bool valid() const noexcept { return a > 0 && b > 0 && a < detail::infinity && b < detail::infinity; }
  detail::tails at(double x) const noexcept {
    if (!valid()) return {detail::nan, detail::nan};
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return detail::incomplete_beta(a, b, detail::at_probability(a, b, x));
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_BETA_HPP
