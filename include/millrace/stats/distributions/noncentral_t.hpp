#ifndef MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP

#include <millrace/stats/distributions/detail/chi_mixture.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/distributions/normal.hpp>

#include <cmath>

namespace millrace {
inline namespace v0 {
namespace stats {
/// The noncentral t distribution, that of (Z + noncentrality) / sqrt(chi-squared / df): what a t statistic follows
/// when there is an effect, so what power is computed from. See `normal` for what the functions promise; here cdf and
/// sf are integrals of positive terms over the chi density, about 1e-13 relative. Complexity: some hundred normal tails
/// an answer. Allocates: never.
struct noncentral_t {
  double df;
  double noncentrality;

  double cdf(double t) const noexcept { return noncentral_t{df, -noncentrality}.sf(-t); }
  double sf(double t) const noexcept { return std::exp(log_sf(t)); }
  double log_sf(double t) const noexcept {
    if (!(df > 0) || !(std::fabs(noncentrality) < detail::infinity) || t != t) return detail::nan;
    if (t == detail::infinity) return -detail::infinity;
    if (t == -detail::infinity) return 0;
    if (df == detail::infinity || t == 0) return normal{}.log_sf(t - noncentrality);
    // P(Z > t s - noncentrality), averaged over s.
    return detail::log_mean_over_chi(df, [&](double s) { return normal{}.log_sf(t * s - noncentrality); });
  }
  double quantile(double p) const noexcept { return -noncentral_t{df, -noncentrality}.isf(p); }
  double isf(double q) const noexcept {
    if (!(df > 0 && q >= 0 && q <= 1)) return detail::nan;
    if (q == 0) return detail::infinity;
    if (q == 1) return -detail::infinity;
    const double stride = 1 + std::fabs(noncentrality) / std::sqrt(df);
    // The smaller tail is met; the other one barely moves.
    if (q <= 0.5)
      return detail::solve_falling([&](double t) { return log_sf(t); }, std::log(q), noncentrality, stride);
    const noncentral_t mirrored{df, -noncentrality};
    return -detail::solve_falling([&](double t) { return mirrored.log_sf(t); }, std::log1p(-q), -noncentrality,
                                         stride);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP
