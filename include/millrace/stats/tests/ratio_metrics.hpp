#ifndef MILLRACE_STATS_TESTS_RATIO_METRICS_HPP
#define MILLRACE_STATS_TESTS_RATIO_METRICS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/means.hpp>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// A ratio of means, such as revenue per click, and its variance by the delta method.
///
/// To first order the ratio X / Y of two means moves like the mean of the units' (x - r y) / y0, where r is the true
/// ratio and y0 the true mean of the denominator. So it has the variance of that, var(x - r y) / y0^2, divided by n.
struct ratio_estimate {
  double n = 0;
  double ratio = 0;
  /// The variance of one unit's part: variance / n is the squared standard error of the ratio.
  double variance = 0;
  /// How many standard errors the denominator's mean is away from 0. Below about 10 the delta method is not reliable.
  double denominator_distance = 0;
};

namespace detail {

inline result<void> checked(const pair_moments& m, const char* name, double least) {
  if (auto ok = checked(m.x(), name, least); !ok) return ok;
  if (auto ok = checked(m.y(), name, least); !ok) return ok;
  const double bound = math::sqrt(m.variance_x) * math::sqrt(m.variance_y);
  if (!(math::absolute(m.covariance) <= bound * (1 + 1e-9)))
    return error(errc::invalid_argument, std::string(name) + ": its covariance exceeds its variances");
  return {};
}

/// The variance of x - slope y; 0 where rounding would make it negative.
inline double variance_less(const pair_moments& m, double slope) noexcept {
  return math::fmax(0.0, m.variance_x + slope * (slope * m.variance_y - 2 * m.covariance));
}

}  // namespace detail

/// The ratio mean_x / mean_y of the numerators x and the denominators y of the same units, with its variance.
/// Errors: invalid_data: fewer than 2 units, a denominator whose mean is 0; not_finite: moments that are not;
/// invalid_argument: a covariance that the variances do not allow.
/// Source: A. Deng, U. Knoblich, J. Lu, "Applying the delta method in metric analytics", KDD 2018.
inline result<ratio_estimate> ratio_of_means(const pair_moments& m) {
  if (auto ok = detail::checked(m, "the sample", 2); !ok) return std::move(ok).error();
  if (m.mean_y == 0) return error(errc::invalid_data, "the denominator's mean is 0");
  const double ratio = m.mean_x / m.mean_y;
  return ratio_estimate{
      m.n, ratio, detail::variance_less(m, ratio) / (m.mean_y * m.mean_y),
      m.variance_y > 0 ? detail::math::absolute(m.mean_y) / detail::math::sqrt(m.variance_y / m.n) : detail::infinity};
}

/// The test that two arms have the same ratio metric, where each unit of analysis (a user) has a numerator and a
/// denominator. The effect is a's ratio less b's. A z test by the delta method, which takes into account that both
/// numerator and denominator vary.
///
/// `denominator_away_from_zero` fails where a denominator's mean is within 10 standard errors of 0, `large_sample`
/// where an arm has fewer than 30 units.
/// Complexity: O(1).
/// Allocates: never.
/// Errors: as `ratio_of_means`, for either arm; out_of_range: a confidence outside (0, 1).
inline result<test_result> ratio_test(const pair_moments& a, const pair_moments& b, const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  const auto first = ratio_of_means(a);
  if (!first) return error(first.error()).wrap("the first arm");
  const auto second = ratio_of_means(b);
  if (!second) return error(second.error()).wrap("the second arm");
  test_result r;
  r.test = "delta method test of ratios";
  r.effect_name = "difference of ratios";
  r.n1 = a.n;
  r.n2 = b.n;
  detail::fill_t(r, first->ratio - second->ratio, 0,
                 detail::math::sqrt(first->variance / first->n + second->variance / second->n), detail::infinity,
                 options);
  r.df = detail::nan;
  r.failed.add(assumption::denominator_away_from_zero,
               detail::math::fmin(first->denominator_distance, second->denominator_distance) < 10);
  r.failed.add(assumption::large_sample, detail::math::fmin(a.n, b.n) < 30);
  return r;
}

/// The test that the relative lift mean_a / mean_b - 1 of two arms is 0: a z test and an interval by the delta method.
/// Errors and assumptions: as `ratio_test`.
inline result<test_result> relative_lift_test(const sample_moments& a, const sample_moments& b,
                                              const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first arm", 2); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second arm", 2); !ok) return std::move(ok).error();
  if (b.mean == 0) return error(errc::invalid_data, "the second arm's mean is 0: there is no relative lift");
  test_result r;
  r.test = "test of relative lift";
  r.effect_name = "relative lift";
  r.n1 = a.n;
  r.n2 = b.n;
  const double ratio = a.mean / b.mean;
  const double squared = (a.variance / a.n + ratio * ratio * (b.variance / b.n)) / (b.mean * b.mean);
  detail::fill_t(r, (a.mean - b.mean) / b.mean, 0, detail::math::sqrt(squared), detail::infinity, options);
  r.df = detail::nan;
  r.failed.add(assumption::denominator_away_from_zero,
               b.variance > 0 && detail::math::absolute(b.mean) < 10 * detail::math::sqrt(b.variance / b.n));
  r.failed.add(assumption::large_sample, detail::math::fmin(a.n, b.n) < 30);
  return r;
}

/// A test of a metric less the part that a covariate from before the experiment explains: CUPED, controlled experiments
/// using pre-experiment data.
struct cuped_result {
  /// The test on the adjusted metric, which has the same effect in expectation and a smaller standard error.
  test_result test;
  /// The slope of metric on covariate, pooled over the arms.
  double slope = 0;
  /// The share of the metric's variance that the covariate took out, in [0, 1].
  double variance_removed = 0;
};

/// Welch's test on the adjusted metric x - slope (y - mean of y over both arms), where x is the metric and y the
/// covariate, which the treatment must not influence. Both arms have one slope, the least-squares slope within arms:
/// the sum of both arms' products over the sum of their squares. A constant covariate removes nothing.
///
/// Complexity: O(1).
/// Allocates: never.
/// Errors: as `welch_t_test`, and invalid_argument: a covariance that the variances do not allow.
/// Source: A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the sensitivity of online controlled experiments", WSDM
/// 2013.
inline result<cuped_result> cuped_test(const pair_moments& a, const pair_moments& b, const test_options& options = {}) {
  if (auto ok = detail::checked(a, "the first arm", 2); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second arm", 2); !ok) return std::move(ok).error();
  const double w1 = a.n - 1;
  const double w2 = b.n - 1;
  const double spread = a.variance_y * w1 + b.variance_y * w2;
  cuped_result r;
  r.slope = spread > 0 ? (a.covariance * w1 + b.covariance * w2) / spread : 0;
  const double middle = (a.mean_y * a.n + b.mean_y * b.n) / (a.n + b.n);
  const auto adjusted = [&](const pair_moments& m) {
    return sample_moments{m.n, m.mean_x - r.slope * (m.mean_y - middle), detail::variance_less(m, r.slope)};
  };
  const sample_moments first = adjusted(a);
  const sample_moments second = adjusted(b);
  auto test = welch_t_test(first, second, options);
  if (!test) return std::move(test).error();
  r.test = *test;
  r.test.test = "Welch's t test with CUPED";
  const double before = a.variance_x * w1 + b.variance_x * w2;
  const double after = first.variance * w1 + second.variance * w2;
  r.variance_removed = before > 0 ? detail::math::fmax(0.0, 1 - after / before) : 0;
  return r;
}

/// The units of one arm, for a ratio metric whose covariate is a ratio as well, such as the same ratio before the
/// experiment: four columns of the same length, one row for each unit.
struct ratio_with_covariate {
  std::span<const double> numerator;
  std::span<const double> denominator;
  std::span<const double> before_numerator;
  std::span<const double> before_denominator;
};

/// CUPED for ratio metrics. Each unit's metric and covariate are linearised by the delta method,
///   x = (n - r d) / mean(d) + r,
/// with n and d its numerator and denominator and r the ratio of both arms together. `cuped_test` of these follows. The
/// effect is the difference of the adjusted ratios.
///
/// Complexity: three passes over the columns.
/// Allocates: never.
/// Errors: as `cuped_test`; invalid_data: a denominator whose mean is 0; shape_mismatch: columns of different lengths.
/// Source: as `cuped_test`, section 4.
result<cuped_result> cuped_ratio_test(const ratio_with_covariate& a, const ratio_with_covariate& b,
                                      const test_options& options = {});

namespace detail {

/// The moments of linearised pairs over the units of an arm: x of the metric, y of the covariate.
class linearised_pair {
 public:
  struct ratio {
    double value;
    double mean_denominator;
    double of(double numerator, double denominator) const noexcept {
      return (numerator - value * denominator) / mean_denominator + value;
    }
  };
  linearised_pair(ratio metric, ratio covariate) noexcept : metric_(metric), covariate_(covariate) {}

  void add(double x, double y) noexcept {
    m_.n += 1;
    const double dx = x - m_.mean_x;
    const double dy = y - m_.mean_y;
    m_.mean_x += dx / m_.n;
    m_.mean_y += dy / m_.n;
    m_.variance_x += dx * (x - m_.mean_x);
    m_.variance_y += dy * (y - m_.mean_y);
    m_.covariance += dx * (y - m_.mean_y);
  }
  pair_moments over(const ratio_with_covariate& units) noexcept {
    for (std::size_t i = 0; i < units.numerator.size(); ++i)
      add(metric_.of(units.numerator[i], units.denominator[i]),
          covariate_.of(units.before_numerator[i], units.before_denominator[i]));
    pair_moments m = m_;
    for (double* sum : {&m.variance_x, &m.variance_y, &m.covariance}) *sum /= m.n - 1;
    return m;
  }

 private:
  ratio metric_;
  ratio covariate_;
  pair_moments m_;
};

inline result<linearised_pair::ratio> pooled_ratio(std::span<const double> n1, std::span<const double> d1,
                                                   std::span<const double> n2, std::span<const double> d2,
                                                   const char* name) {
  const auto first = pair_moments::make(n1, d1);
  const auto second = pair_moments::make(n2, d2);
  if (auto ok = checked(first, name, 2); !ok) return std::move(ok).error();
  if (auto ok = checked(second, name, 2); !ok) return std::move(ok).error();
  const double all = first.n + second.n;
  const double top = (first.mean_x * first.n + second.mean_x * second.n) / all;
  const double bottom = (first.mean_y * first.n + second.mean_y * second.n) / all;
  if (bottom == 0) return error(errc::invalid_data, std::string("the mean denominator of ") + name + " is 0");
  return linearised_pair::ratio{top / bottom, bottom};
}

}  // namespace detail

inline result<cuped_result> cuped_ratio_test(const ratio_with_covariate& a, const ratio_with_covariate& b,
                                             const test_options& options) {
  for (const ratio_with_covariate* arm : {&a, &b}) {
    const std::size_t n = arm->numerator.size();
    if (arm->denominator.size() != n || arm->before_numerator.size() != n || arm->before_denominator.size() != n)
      return error(errc::shape_mismatch, arm == &a ? "the first arm's columns differ in length"
                                                   : "the second arm's columns differ in length");
  }
  const auto metric = detail::pooled_ratio(a.numerator, a.denominator, b.numerator, b.denominator, "the metric");
  if (!metric) return metric.error();
  const auto covariate = detail::pooled_ratio(a.before_numerator, a.before_denominator, b.before_numerator,
                                              b.before_denominator, "the covariate");
  if (!covariate) return covariate.error();
  const pair_moments first = detail::linearised_pair(*metric, *covariate).over(a);
  const pair_moments second = detail::linearised_pair(*metric, *covariate).over(b);
  auto r = cuped_test(first, second, options);
  if (r) {
    r->test.test = "delta method test of ratios with CUPED";
    r->test.effect_name = "difference of ratios";
  }
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_RATIO_METRICS_HPP
