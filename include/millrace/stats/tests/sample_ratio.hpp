#ifndef MILLRACE_STATS_TESTS_SAMPLE_RATIO_HPP
#define MILLRACE_STATS_TESTS_SAMPLE_RATIO_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/categorical.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

/// When a sample-ratio mismatch counts.
struct sample_ratio_options {
  /// Far below 0.05, since the check runs on every experiment and a mismatch stops it.
  double alpha = 1e-3;
  /// The largest relative deviation of an arm from its share must be at least this, too. A billion users make any
  /// deviation significant, but one of 0.01 % does not bias a comparison.
  double least_deviation = 0.001;
};

/// Whether traffic was split as configured.
struct sample_ratio_result {
  /// Pearson's test of the arms' counts against their shares.
  test_result test;
  /// The arm with the largest relative deviation from its share, and that deviation: (observed - expected) / expected.
  std::size_t worst_arm = 0;
  double worst_deviation = 0;
  /// Whether p is at most alpha and the deviation at least options.least_deviation. The experiment's results are not to
  /// be trusted then.
  bool mismatch = false;

  std::string summary() const {
    std::string text = mismatch ? "Sample-ratio mismatch: arm " : "Traffic split as configured: arm ";
    text += std::to_string(worst_arm);
    text += " is ";
    detail::append_figure(text, 100 * worst_deviation);
    text += " % off its share, p ";
    detail::append_figure(text, test.p);
    text += " with n = ";
    detail::append_figure(text, test.n1);
    detail::append_failed(text, test.failed);
    text += '.';
    return text;
  }
};

/// The check for a sample-ratio mismatch: Pearson's test of the counts of units in each arm against the configured
/// weights. An arm of weight 0 takes no degree of freedom; one unit in it is a mismatch. This check may be made once;
/// `sequential_sample_ratio` may be called after every unit.
///
/// Complexity: O(arms).
/// Allocates: never.
/// Errors: as `goodness_of_fit_test`, and out_of_range: alpha outside (0, 1), a negative least_deviation.
/// Source: A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
inline result<sample_ratio_result> sample_ratio_test(std::span<const std::int64_t> counts,
                                                     std::span<const double> weights,
                                                     const sample_ratio_options& options = {}) {
  if (!(options.alpha > 0 && options.alpha < 1)) return error(errc::out_of_range, "alpha must lie between 0 and 1");
  if (!(options.least_deviation >= 0)) return error(errc::out_of_range, "the least deviation must not be negative");
  const auto test = goodness_of_fit_test(counts, weights);
  if (!test) return test.error();
  sample_ratio_result r;
  r.test = *test;
  r.test.test = "sample-ratio test";
  double whole = 0;
  for (const double weight : weights) whole += weight;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto observed = static_cast<double>(counts[i]);
    const double expected = test->n1 * (weights[i] / whole);
    const double deviation = expected > 0 ? (observed - expected) / expected : observed > 0 ? detail::infinity : 0;
    if (detail::math::absolute(deviation) > detail::math::absolute(r.worst_deviation)) {
      r.worst_arm = i;
      r.worst_deviation = deviation;
    }
  }
  r.mismatch = r.test.p <= options.alpha && detail::math::absolute(r.worst_deviation) >= options.least_deviation;
  return r;
}
/// The same, with counts and weights in braces: `sample_ratio_test({50312, 49688}, {1, 1})`.
inline result<sample_ratio_result> sample_ratio_test(std::initializer_list<std::int64_t> counts,
                                                     std::initializer_list<double> weights,
                                                     const sample_ratio_options& options = {}) {
  return sample_ratio_test(std::span<const std::int64_t>(counts.begin(), counts.size()),
                           std::span<const double>(weights.begin(), weights.size()), options);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_SAMPLE_RATIO_HPP
