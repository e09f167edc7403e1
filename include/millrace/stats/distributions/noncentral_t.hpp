#ifndef MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/chi_mixture.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/distributions/student_t.hpp>

#include <limits>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The noncentral t distribution, that of (Z + noncentrality) / sqrt(chi-squared / df) with Z standard normal. A t
/// statistic has it if there is an effect, so the power of t tests is computed from it. See `normal` for what the
/// functions promise.
///
/// Guarantee: cdf and sf to about 1e-13 relative.
/// Complexity: some hundred normal tails for each.
/// Allocates: never.
struct noncentral_t {
  double df;
  double noncentrality;

  double cdf(double t) const noexcept { return noncentral_t{df, -noncentrality}.sf(-t); }
  double sf(double t) const noexcept {
    if (!valid() || t != t) return detail::nan;
    return t < noncentrality ? -detail::math::expm1(mirrored().log_upper(-t)) : detail::math::exp(log_upper(t));
  }
  double log_sf(double t) const noexcept {
    if (!valid() || t != t) return detail::nan;
    return t < noncentrality ? detail::math::log1p(-detail::math::exp(mirrored().log_upper(-t))) : log_upper(t);
  }
  double quantile(double p) const noexcept { return -mirrored().isf(p); }
  double isf(double q) const noexcept {
    if (!(valid() && q >= 0 && q <= 1)) return detail::nan;
    if (q == 0) return detail::infinity;
    if (q == 1) return -detail::infinity;
    if (noncentrality == 0) return student_t{df}.isf(q);
    // Solved for the smaller tail, since the other one hardly depends on t.
    return q <= 0.5 ? solve(detail::math::log(q)) : -mirrored().solve(detail::math::log1p(-q));
  }

 private:
  bool valid() const noexcept { return df > 0 && detail::math::absolute(noncentrality) < detail::infinity; }
  noncentral_t mirrored() const noexcept { return {df, -noncentrality}; }

  /// The logarithm of sf(t): that of the mean of P(Z > t s - noncentrality) over s = sqrt(chi-squared / df).
  /// Precondition: t >= noncentrality. For smaller t the result is near 1 and its relative error would hide the
  /// complement.
  double log_upper(double t) const noexcept {
    if (t == detail::infinity) return -detail::infinity;
    if (t == 0 || df > 1e25 * (1 + noncentrality * noncentrality)) return normal{}.log_sf(t - noncentrality);
    return detail::math::fmin(0.0, detail::log_mean_over_chi(df, log_likeliest_scale(t), [&](double s) {
                                return normal{}.log_sf(t * s - noncentrality);
                              }));
  }
  /// The logarithm of the s > 0 at which s^df exp(-(df s^2 + (t s - noncentrality)^2) / 2) is largest, which is about
  /// where the integrand peaks. With the derivative of that function's logarithm set to 0, s is the positive root of
  ///   (df + t^2) s^2 - t noncentrality s - df = 0,
  /// here divided by the square of `unit`, since t^2 might overflow.
  double log_likeliest_scale(double t) const noexcept {
    const double unit = detail::math::fmax(1.0, detail::math::absolute(t));
    const double square = df / unit / unit + (t / unit) * (t / unit);  // (df + t^2) / unit^2
    const double half = t / unit * noncentrality / 2;
    const double root = detail::math::sqrt(half * half + df * square);
    const double scaled = half > 0 ? (half + root) / square : df / (root - half);  // s times `unit`
    return scaled > 0 && scaled < detail::infinity ? detail::math::log(scaled) - detail::math::log(unit) : 0;
  }
  double solve(double target) const noexcept {
    // Over y with t = noncentrality + scale sinh(y) the log tail is smooth near the centre, where the law is nearly
    // normal, and nearly a line far out, where the tail is a power of t.
    const double scale = 1 + detail::math::absolute(noncentrality) / detail::math::sqrt(df);
    const auto at = [&](double y) { return noncentrality + scale * detail::math::sinh(y); };
    const double t = at(detail::solve_falling([&](double y) { return log_sf(at(y)); }, target, 0, 0.5));
    // Where no double is large enough, the search ends at the largest one.
    constexpr double most = (std::numeric_limits<double>::max)();
    return t > 0.5 * most && log_sf(most) > target ? detail::infinity : t;
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_NONCENTRAL_T_HPP
