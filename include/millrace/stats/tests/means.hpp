#ifndef MILLRACE_STATS_TESTS_MEANS_HPP
#define MILLRACE_STATS_TESTS_MEANS_HPP

#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/student_t.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sample_moments.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// A t test of an estimate against `null`. A standard error of 0 has a defined answer: p is 1 where the estimate is
/// the null, 0 where it is not, and the assumption of variation has failed.
inline void fill_t(test_result& r, double estimate, double null, double standard_error, double df,
                   const test_options& options) noexcept {
  const student_t t{df};
  const double distance = estimate - null;
  r.side = options.side;
  r.df = df;
  r.effect = estimate;
  r.failed.add(assumption::variation, !(standard_error > 0));
  r.statistic = standard_error > 0 ? distance / standard_error : distance == 0 ? 0 : std::copysign(infinity, distance);
  r.p = distance == 0 && !(standard_error > 0) ? 1 : p_value(options.side, t.cdf(r.statistic), t.sf(r.statistic));
  const double critical = standard_error > 0 ? t.isf(outside(options)) * standard_error : 0;
  r.interval = around(estimate, critical, options);
}

}  // namespace detail

/// Welch's t test of the difference of two means, a - b, without assuming equal variances. From samples or
/// sample_moments.
///
/// Guarantee: SciPy's and R's answers to 1e-12. Complexity: O(1) from moments, O(n) from samples; allocates:
/// never. Errors: fewer than 2 observations, NaN, infinities, a confidence outside (0, 1). Source: B. Welch, Biometrika
/// 34, 1947; degrees of freedom by Satterthwaite.
inline result<test_result> welch_t_test(const sample_moments& a, const sample_moments& b,
                                        const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample", 2); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample", 2); !ok) return std::move(ok).error();
  test_result r;
  r.test = "Welch's t test";
  r.effect_name = "difference of means";
  r.n1 = a.n;
  r.n2 = b.n;
  const double va = a.variance / a.n;
  const double vb = b.variance / b.n;
  const double sum = va + vb;
  const double df =
      sum > 0 ? 1 / ((va / sum) * (va / sum) / (a.n - 1) + (vb / sum) * (vb / sum) / (b.n - 1)) : a.n + b.n - 2;
  detail::fill_t(r, a.mean - b.mean, 0, std::sqrt(sum), df, options);
  return r;
}

/// Student's t test of the difference of two means, a - b, of groups with the same variance.
/// As `welch_t_test`, which is the better choice unless the variances are known to be equal; `equal_variances` is
/// reported as failed where the sample variances differ by more than a factor of 4. Source: Student 1908.
inline result<test_result> student_t_test(const sample_moments& a, const sample_moments& b,
                                          const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample", 2); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample", 2); !ok) return std::move(ok).error();
  test_result r;
  r.test = "Student's t test";
  r.effect_name = "difference of means";
  r.n1 = a.n;
  r.n2 = b.n;
  const double df = a.n + b.n - 2;
  const double pooled = (a.variance * (a.n - 1) + b.variance * (b.n - 1)) / df;
  r.failed.add(assumption::equal_variances, a.variance > 4 * b.variance || b.variance > 4 * a.variance);
  detail::fill_t(r, a.mean - b.mean, 0, std::sqrt(pooled * (1 / a.n + 1 / b.n)), df, options);
  return r;
}

/// The one-sample t test of a mean against `null`; the effect is the mean itself. As `welch_t_test`.
inline result<test_result> one_sample_t_test(const sample_moments& a, double null, const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the sample", 2); !ok) return std::move(ok).error();
  if (!std::isfinite(null)) return error(errc::not_finite, "the mean of the null hypothesis is not finite");
  test_result r;
  r.test = "one-sample t test";
  r.effect_name = "mean";
  r.n1 = a.n;
  detail::fill_t(r, a.mean, null, std::sqrt(a.variance / a.n), a.n - 1, options);
  return r;
}

/// The paired t test: of the mean of the differences a[i] - b[i]. Errors also for samples of different length.
inline result<test_result> paired_t_test(std::span<const double> a, std::span<const double> b,
                                         const test_options& options = {}) {
  if (a.size() != b.size())
    return error(errc::shape_mismatch,
                 "paired samples of " + std::to_string(a.size()) + " and " + std::to_string(b.size()));
  const pair_moments m = pair_moments::of(a, b);
  // The variance of the differences from their own sample_moments: the three of the pair would cancel.
  sample_moments d;
  d.n = m.n;
  d.mean = m.mean_x - m.mean_y;
  double squares = 0;
  double rest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - b[i] - d.mean;
    squares += x * x;
    rest += x;
  }
  if (d.n > 0) d.mean += rest / d.n;
  if (d.n > 1) d.variance = std::fmax(0.0, (squares - rest * rest / d.n) / (d.n - 1));
  auto r = one_sample_t_test(d, 0, options);
  if (r) {
    r->test = "paired t test";
    r->effect_name = "mean of the differences";
  }
  return r;
}

inline result<test_result> welch_t_test(std::span<const double> a, std::span<const double> b,
                                        const test_options& options = {}) {
  return welch_t_test(sample_moments::of(a), sample_moments::of(b), options);
}
inline result<test_result> student_t_test(std::span<const double> a, std::span<const double> b,
                                          const test_options& options = {}) {
  return student_t_test(sample_moments::of(a), sample_moments::of(b), options);
}
inline result<test_result> one_sample_t_test(std::span<const double> a, double null, const test_options& options = {}) {
  return one_sample_t_test(sample_moments::of(a), null, options);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_MEANS_HPP
