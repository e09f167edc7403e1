#ifndef MILLRACE_STATS_TESTS_PROPORTION_INTERVALS_HPP
#define MILLRACE_STATS_TESTS_PROPORTION_INTERVALS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/detail/score.hpp>
#include <millrace/stats/tests/proportion.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

// The intervals of this header have in common:
//   Allocates: never
//   Errors: as `two_proportion_z_test`: invalid_data: no trials; invalid_argument: negative counts, more successes than
//   trials; out_of_range: more than 2^53 trials, a confidence outside (0, 1)

/// Newcombe's interval for the difference of two probabilities, a - b, made of Wilson's interval for each arm: the one
/// to use by default.
/// Complexity: O(1).
/// Source: R. Newcombe, Statistics in Medicine 17, 1998, method 10.
inline result<interval> newcombe_interval(const proportion& a, const proportion& b, double confidence = 0.95) {
  const test_options options{alternative::two_sided, confidence};
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  return detail::newcombe(a, b, options);
}

/// The score interval for the difference a - b: the differences that `score_test` does not reject. A few microseconds.
/// Source: O. Miettinen, M. Nurminen, Statistics in Medicine 4, 1985.
inline result<interval> score_difference_interval(const proportion& a, const proportion& b, double confidence = 0.95) {
  const test_options options{alternative::two_sided, confidence};
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  return detail::score_interval_of_difference(a, b, options);
}

/// Wald's interval, the difference a - b -+ z unpooled standard errors, for comparison with other programs. It is too
/// narrow for small n and for rates near 0 or 1.
inline result<interval> wald_difference_interval(const proportion& a, const proportion& b, double confidence = 0.95) {
  const test_options options{alternative::two_sided, confidence};
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  const double p1 = a.rate();
  const double p2 = b.rate();
  const double error =
      detail::math::sqrt(p1 * (1 - p1) / static_cast<double>(a.trials) + p2 * (1 - p2) / static_cast<double>(b.trials));
  const double reach = detail::normal_critical((1 - confidence) / 2) * error;
  return interval{detail::math::fmax(-1.0, p1 - p2 - reach), detail::math::fmin(1.0, p1 - p2 + reach), confidence};
}

/// The score interval for the ratio of two probabilities, a / b: the ratios that a score test does not reject. Its
/// upper end is infinite where b has no success, its lower end is 0 where a has none. A few microseconds.
///
/// The method is Miettinen and Nurminen's: Koopman's interval with the variance multiplied by n / (n - 1), where n is
/// the number of trials of both arms.
/// Source: O. Miettinen, M. Nurminen, Statistics in Medicine 4, 1985; without the factor: P. Koopman, Biometrics 40,
/// 1984.
inline result<interval> score_ratio_interval(const proportion& a, const proportion& b, double confidence = 0.95) {
  const test_options options{alternative::two_sided, confidence};
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  return detail::score_interval_of_ratio(a, b, confidence);
}

/// Katz' interval for the ratio a / b: the logarithm of the ratio -+ z standard errors. Where an arm has no successes
/// it is all of [0, infinity].
/// Source: D. Katz et al., Biometrics 34, 1978.
inline result<interval> katz_ratio_interval(const proportion& a, const proportion& b, double confidence = 0.95) {
  const test_options options{alternative::two_sided, confidence};
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  if (a.successes == 0 || b.successes == 0) return interval{0, detail::infinity, confidence};
  const double error = detail::math::sqrt((1 - a.rate()) / static_cast<double>(a.successes) +
                                          (1 - b.rate()) / static_cast<double>(b.successes));
  const double factor = detail::math::exp(detail::normal_critical((1 - confidence) / 2) * error);
  const double ratio = a.rate() / b.rate();
  return interval{ratio / factor, ratio * factor, confidence};
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_PROPORTION_INTERVALS_HPP
