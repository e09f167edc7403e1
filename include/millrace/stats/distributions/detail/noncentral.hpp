#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NONCENTRAL_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NONCENTRAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>
#include <millrace/stats/distributions/detail/incomplete_gamma.hpp>
#include <millrace/stats/distributions/noncentral_t.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/distributions/student_t.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The mean of upper(j) over j, which is Poisson with the given mean. Terms are summed from the most likely j outwards.
template <class Upper>
double poisson_mixture(double mean, Upper upper) noexcept {
  if (!(mean >= 0 && mean < 1e12)) return nan;
  if (mean == 0) return upper(0.0);
  const double start = math::floor(mean);
  const double first = start == 0 ? math::exp(-mean) : gamma_prefix(start, mean) / start;
  double sum = first * upper(start);
  double weight = first;
  for (double j = start; j > 0; j -= 1) {
    weight *= j / mean;
    sum += weight * upper(j - 1);
    if (weight < 1e-17) break;
  }
  weight = first;
  for (double j = start + 1;; j += 1) {
    weight *= mean / j;
    sum += weight * upper(j);
    if (weight < 1e-17) break;
  }
  return math::fmin(1.0, sum);
}

/// P(X > x) for X chi-squared with df degrees of freedom and this noncentrality, as a Poisson mixture of central ones.
/// The absolute error is about 1e-13.
inline double noncentral_chi_squared_sf(double df, double noncentrality, double x) noexcept {
  return poisson_mixture(noncentrality / 2, [&](double j) { return incomplete_gamma(df / 2 + j, x / 2).upper; });
}

inline double noncentral_f_sf(double df1, double df2, double noncentrality, double f) noexcept {
  if (!(df2 > 0)) return nan;
  // The parts of the mixture differ in their first shape only; all have this x.
  const double x = 1 / (1 + df2 / df1 / f);
  return poisson_mixture(noncentrality / 2, [&](double j) {
    const double a = df1 / 2 + j;
    return incomplete_beta(a, df2 / 2, at_probability(a, df2 / 2, x)).upper;
  });
}

inline double t_power(double noncentrality, double df, double alpha, alternative side) noexcept {
  if (!(df > 0)) return nan;
  const noncentral_t t{df, noncentrality};
  if (side == alternative::greater) return t.sf(student_t{df}.isf(alpha));
  if (side == alternative::less) return t.cdf(student_t{df}.quantile(alpha));
  const double critical = student_t{df}.isf(alpha / 2);
  return math::fmin(1.0, t.sf(critical) + t.cdf(-critical));
}

/// The power of a z test whose standard error is `null` under the hypothesis and `real` in truth.
inline double z_power(double effect, double null, double real, double alpha, alternative side) noexcept {
  const normal z;
  const auto beyond = [&](double critical) {
    if (real > 0) return z.sf((critical * null - effect) / real);
    return effect > critical * null ? 1.0 : effect == effect ? 0.0 : nan;
  };
  const auto below = [&](double critical) {
    if (real > 0) return z.cdf((critical * null - effect) / real);
    return effect < critical * null ? 1.0 : effect == effect ? 0.0 : nan;
  };
  if (real != real || null != null) return nan;
  if (side == alternative::greater) return beyond(z.isf(alpha));
  if (side == alternative::less) return below(z.quantile(alpha));
  return math::fmin(1.0, beyond(z.isf(alpha / 2)) + below(z.quantile(alpha / 2)));
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_NONCENTRAL_HPP
