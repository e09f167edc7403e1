#ifndef MILLRACE_STATS_TESTS_MEANS_HPP
#define MILLRACE_STATS_TESTS_MEANS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/student_t.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Fills in a t test of an estimate against `null`. With a standard error of 0, `variation` fails; p is 1 where the
/// estimate equals `null`, and otherwise 0, or 1 where a one-sided alternative points the other way.
inline void fill_t(test_result& r, double estimate, double null, double standard_error, double df,
                   const test_options& options) noexcept {
  const student_t t{df};
  const double distance = estimate - null;
  r.side = options.side;
  r.df = df;
  r.effect = estimate;
  r.failed.add(assumption::variation, !(standard_error > 0));
  r.statistic = standard_error > 0 ? distance / standard_error : distance == 0 ? 0 : math::copysign(infinity, distance);
  r.p = distance == 0 && !(standard_error > 0) ? 1 : p_value(options.side, t.cdf(r.statistic), t.sf(r.statistic));
  const double critical = standard_error > 0 ? t.isf(outside(options)) * standard_error : 0;
  r.interval = around(estimate, critical, options);
}

}  // namespace detail

/// Welch's t test of the difference of two means, a - b, without assuming equal variances. Takes samples or their
/// sample_moments.
///
/// Guarantee: equal to SciPy and R to 1e-12.
/// Complexity: O(1) from moments, O(n) from samples.
/// Allocates: never, except for samples whose squares over- or underflow.
/// Errors: invalid_data: fewer than 2 observations in a sample; not_finite: NaN or an infinity; out_of_range: a
/// confidence outside (0, 1).
/// Source: B. Welch, Biometrika 34, 1947; degrees of freedom by Satterthwaite.
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
  detail::fill_t(r, a.mean - b.mean, 0, detail::math::sqrt(sum), df, options);
  return r;
}

/// Student's t test of the difference of two means, a - b, of groups with the same variance. Unless the variances are
/// known to be equal, `welch_t_test` is the better choice. `equal_variances` fails where the sample variances differ by
/// more than a factor of 4. Otherwise as `welch_t_test`. Source: Student 1908.
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
  detail::fill_t(r, a.mean - b.mean, 0, detail::math::sqrt(pooled * (1 / a.n + 1 / b.n)), df, options);
  return r;
}

/// The one-sample t test of a mean against `null`. The effect is the mean itself. Otherwise as `welch_t_test`.
inline result<test_result> one_sample_t_test(const sample_moments& a, double null, const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the sample", 2); !ok) return std::move(ok).error();
  if (!detail::math::is_finite(null)) return error(errc::not_finite, "the mean of the null hypothesis is not finite");
  test_result r;
  r.test = "one-sample t test";
  r.effect_name = "mean";
  r.n1 = a.n;
  detail::fill_t(r, a.mean, null, detail::math::sqrt(a.variance / a.n), a.n - 1, options);
  return r;
}

namespace detail {

/// Whether a variance is well inside the range of doubles, so that no square over- or underflowed.
inline bool held(const sample_moments& m) noexcept { return m.variance > 1e-280 && m.variance < 1e280; }

/// The power of two just below the largest absolute value among the observations and `other`; 1 if all are 0.
inline double unit_of(std::span<const double> a, std::span<const double> b, double other) noexcept {
  double most = math::absolute(other);
  for (const double x : a) most = math::fmax(most, math::absolute(x));
  for (const double x : b) most = math::fmax(most, math::absolute(x));
  return most > 0 ? math::ldexp(1.0, math::ilogb(most)) : 1;
}

/// Calls `test(a, b, null)`. If squares of the values over- or underflow, the samples and `null` are first divided by a
/// power of two, which changes no t statistic, and the effect and its interval are multiplied by it afterwards.
/// Allocates: O(n) in that case.
template <class Test>
result<test_result> at_their_scale(std::span<const double> a, std::span<const double> b, double null, Test test) {
  const sample_moments first = sample_moments::make(a);
  const sample_moments second = sample_moments::make(b);
  if (held(first) && (b.empty() || held(second))) return test(a, b, null);
  if (auto ok = checked(a, b.empty() ? "the sample" : "the first sample", 0); !ok) return std::move(ok).error();
  if (auto ok = checked(b, "the second sample", 0); !ok) return std::move(ok).error();
  const double unit = unit_of(a, b, null);
  const auto scaled = [unit](std::span<const double> sample) {
    std::vector<double> all;
    all.assign(sample.data(), sample.data() + sample.size());
    for (double& x : all) x /= unit;
    return all;
  };
  const std::vector<double> scaled_a = scaled(a);
  const std::vector<double> scaled_b = scaled(b);
  auto r = test({scaled_a.data(), scaled_a.size()}, {scaled_b.data(), scaled_b.size()}, null / unit);
  if (!r) return r;
  r->effect *= unit;
  r->interval.lower *= unit;
  r->interval.upper *= unit;
  return r;
}

/// The moments of the differences a[i] - b[i], summed from the differences: the variance from those of a and b and
/// their covariance would lose its digits to cancellation where the pairs are nearly equal.
inline sample_moments differences(std::span<const double> a, std::span<const double> b) noexcept {
  const pair_moments m = pair_moments::make(a, b);
  sample_moments d{m.n, m.mean_x - m.mean_y, 0};
  double squares = 0;
  double rest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - b[i] - d.mean;
    squares += x * x;
    rest += x;
  }
  if (d.n > 0) d.mean += rest / d.n;
  if (d.n > 1) d.variance = math::fmax(0.0, (squares - rest * rest / d.n) / (d.n - 1));
  return d;
}

}  // namespace detail

/// The paired t test: the one-sample t test of the differences a[i] - b[i] against 0. Errors: as `welch_t_test`, and
/// shape_mismatch for samples of different lengths.
inline result<test_result> paired_t_test(const sample_view& a, const sample_view& b, const test_options& options = {}) {
  if (a.size() != b.size())
    return error(errc::shape_mismatch,
                 "paired samples of " + std::to_string(a.size()) + " and " + std::to_string(b.size()));
  auto r = detail::at_their_scale(a, b, 0, [&](std::span<const double> first, std::span<const double> second, double) {
    return one_sample_t_test(detail::differences(first, second), 0, options);
  });
  if (r) {
    r->test = "paired t test";
    r->effect_name = "mean of the differences";
  }
  return r;
}

inline result<test_result> welch_t_test(const sample_view& a, const sample_view& b, const test_options& options = {}) {
  return detail::at_their_scale(a, b, 0, [&](std::span<const double> first, std::span<const double> second, double) {
    return welch_t_test(sample_moments::make(first), sample_moments::make(second), options);
  });
}
inline result<test_result> student_t_test(const sample_view& a, const sample_view& b,
                                          const test_options& options = {}) {
  return detail::at_their_scale(a, b, 0, [&](std::span<const double> first, std::span<const double> second, double) {
    return student_t_test(sample_moments::make(first), sample_moments::make(second), options);
  });
}
inline result<test_result> one_sample_t_test(const sample_view& a, double null, const test_options& options = {}) {
  return detail::at_their_scale(a, {}, null, [&](std::span<const double> sample, std::span<const double>, double mean) {
    return one_sample_t_test(sample_moments::make(sample), mean, options);
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_MEANS_HPP
