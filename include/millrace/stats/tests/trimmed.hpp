#ifndef MILLRACE_STATS_TESTS_TRIMMED_HPP
#define MILLRACE_STATS_TESTS_TRIMMED_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/means.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The mean of a sample without the smallest and the largest observations, and what its standard error needs.
struct trimmed_moments {
  /// Observations before trimming.
  double n = 0;
  /// Observations left after trimming.
  double kept = 0;
  /// The mean of those left.
  double mean = 0;
  /// The variance of the sample with each trimmed observation replaced by the nearest one left.
  double winsorised_variance = 0;

  double standard_error() const noexcept {
    return detail::math::sqrt(winsorised_variance * (n - 1) / (kept * (kept - 1)));
  }
};

/// The trimmed mean. `trim` in [0, 1/2) is the share of the observations that is left out at each end, rounded down to
/// whole observations.
/// Complexity: O(n).
/// Allocates: never.
/// Errors: invalid_data: an empty sample; out_of_range: a trim outside [0, 1/2), values whose squares overflow.
/// Source: J. Tukey, D. McLaughlin 1963.
inline result<trimmed_moments> trimmed_mean(const sorted_sample& sample, double trim = 0.2) {
  if (auto ok = detail::checked(sample, "the sample"); !ok) return std::move(ok).error();
  if (!(trim >= 0 && trim < 0.5)) return error(errc::out_of_range, "the trimmed share must lie in [0, 1/2)");
  const std::size_t n = sample.size();
  const auto off = static_cast<std::size_t>(trim * static_cast<double>(n));
  const sample_moments inner = sample_moments::make(std::span<const double>(sample.values().data() + off, n - 2 * off));
  trimmed_moments t;
  t.n = static_cast<double>(n);
  t.kept = inner.n;
  t.mean = inner.mean;
  // The winsorised sample has the observations kept, g times the lowest of them and g times the highest. Its squares
  // are summed about the mean of those kept, and then moved to its own mean, which lies `shift` away.
  const double low = sample[off] - inner.mean;
  const double high = sample[n - 1 - off] - inner.mean;
  const auto g = static_cast<double>(off);
  const double shift = g * (low + high) / t.n;
  const double squares = inner.variance * (inner.n - 1) + g * (low * low + high * high) - t.n * shift * shift;
  if (!(squares < detail::infinity))
    return error(errc::out_of_range, "the squares of the sample's values are beyond what a double holds: scale it");
  t.winsorised_variance = n > 1 ? detail::math::fmax(0.0, squares) / (t.n - 1) : 0;
  return t;
}

/// Yuen's test of the difference of two trimmed means, a - b, for heavy-tailed data, in which a few observations decide
/// the mean. With trim 0 it is Welch's test.
/// Complexity: O(n).
/// Allocates: never.
/// Errors: as `trimmed_mean`, and invalid_data: fewer than 2 observations left; out_of_range: a confidence that is not
/// in (0, 1).
/// Source: K. Yuen, Biometrika 61, 1974.
inline result<test_result> yuen_test(const sorted_sample& a, const sorted_sample& b, double trim = 0.2,
                                     const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  const auto first = trimmed_mean(a, trim);
  if (!first) return error(first.error()).wrap("the first sample");
  const auto second = trimmed_mean(b, trim);
  if (!second) return error(second.error()).wrap("the second sample");
  if (first->kept < 2 || second->kept < 2)
    return error(errc::invalid_data, "fewer than 2 observations are left after trimming");
  test_result r;
  r.test = "Yuen's test of trimmed means";
  r.effect_name = "difference of trimmed means";
  r.n1 = first->n;
  r.n2 = second->n;
  const double va = first->standard_error() * first->standard_error();
  const double vb = second->standard_error() * second->standard_error();
  const double sum = va + vb;
  const double df =
      sum > 0 ? 1 / ((va / sum) * (va / sum) / (first->kept - 1) + (vb / sum) * (vb / sum) / (second->kept - 1))
              : first->kept + second->kept - 2;
  detail::fill_t(r, first->mean - second->mean, 0, detail::math::sqrt(sum), df, options);
  return r;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> yuen_test(const sample_view& a, const sample_view& b, double trim = 0.2,
                                     const test_options& options = {}) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return yuen_test(first, second, trim, options);
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_TRIMMED_HPP
