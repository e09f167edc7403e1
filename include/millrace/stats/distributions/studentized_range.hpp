#ifndef MILLRACE_STATS_DISTRIBUTIONS_STUDENTIZED_RANGE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_STUDENTIZED_RANGE_HPP

#include <millrace/stats/distributions/detail/chi_mixture.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/distributions/normal.hpp>

#include <cmath>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log P(range of k normals > w), as an integral of positive terms: the largest at z and not all others within w below.
inline double log_range_upper(double groups, double w) noexcept {
  if (!(w > 0)) return 0;
  const double others = groups - 1;
  return std::log(groups) + log_integral(
                                [&](double z) {
                                  const double below = normal_upper(-z);
                                  const double ratio = normal_upper(w - z) / below;
                                  if (!(ratio > 0) || below == 0) return -infinity;
                                  return -0.5 * z * z - half_log_two_pi + others * std::log(below) +
                                         std::log(-std::expm1(others * std::log1p(-ratio)));
                                },
                                w / 2, 0.5);
}

/// log P(range of k normals <= w): the largest at z and all others within w below.
inline double log_range_lower(double groups, double w) noexcept {
  if (!(w > 0)) return -infinity;
  const double others = groups - 1;
  return std::log(groups) + log_integral(
                                [&](double z) {
                                  const double within = z > w / 2 ? normal_upper(z - w) - normal_upper(z)
                                                                  : normal_upper(-z) - normal_upper(w - z);
                                  return -0.5 * z * z - half_log_two_pi + others * std::log(within);
                                },
                                w / 2, 0.5);
}

}  // namespace detail

/// Tukey's studentised range: the range of `groups` >= 2 normals over an independent estimate of their deviation with
/// `df` > 0 degrees of freedom (infinity: known).
/// Guarantee: sf about 1e-12 relative far into the tail; cdf likewise for probabilities above 1e-3.
/// Complexity: a double integral, some thousand normal tails, about a millisecond. Allocates: never.
/// Source: J. Tukey 1953; the double integral as in M. Copenhaver, B. Holland, J. Stat. Comput. Simul. 30, 1988.
struct studentized_range {
  double groups;
  double df;

  double sf(double q) const noexcept { return q <= 0 && valid() ? 1 : std::exp(log_sf(q)); }
  double log_sf(double q) const noexcept {
    if (!valid() || q != q) return detail::nan;
    if (q <= 0) return 0;
    if (q == detail::infinity) return -detail::infinity;
    if (df == detail::infinity) return detail::log_range_upper(groups, q);
    return detail::log_mean_over_chi(df,
                                            [&](double s) { return detail::log_range_upper(groups, q * s); });
  }
  double cdf(double q) const noexcept {
    if (!valid() || q != q) return detail::nan;
    if (q <= 0) return 0;
    if (q == detail::infinity) return 1;
    if (df == detail::infinity) return std::exp(detail::log_range_lower(groups, q));
    return std::exp(
        detail::log_mean_over_chi(df, [&](double s) { return detail::log_range_lower(groups, q * s); }));
  }
  /// The critical value that is exceeded with probability q.
  double isf(double q) const noexcept {
    if (!valid() || !(q >= 0 && q <= 1)) return detail::nan;
    if (q == 0) return detail::infinity;
    if (q == 1) return 0;
    return detail::solve_falling([&](double x) { return log_sf(x); }, std::log(q), 3, 1);
  }
  double quantile(double p) const noexcept { return isf(1 - p); }

 private:
  bool valid() const noexcept { return groups >= 2 && groups < detail::infinity && df > 0; }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_STUDENTIZED_RANGE_HPP
