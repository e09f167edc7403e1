#ifndef MILLRACE_STATS_TESTS_PROPORTIONS_HPP
#define MILLRACE_STATS_TESTS_PROPORTIONS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/tests/detail/hypergeometric.hpp>
#include <millrace/stats/tests/detail/score.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace stats {

/// How the two-proportion z test estimates its standard error.
enum class z_variance : std::uint8_t {
  /// From the rate of both arms together, as the null hypothesis has it: the test of the textbooks.
  pooled,
  /// From each arm's own rate. The test then rejects where the Wald interval excludes 0.
  unpooled,
};

/// The two-proportion z test of the difference of success probabilities, a - b. The interval is Newcombe's.
///
/// Where both arms have only successes, or both only failures, the standard error is 0: the result is z = 0 and p = 1,
/// and `variation` fails. The unpooled standard error is 0, too, where one arm has only successes and the other only
/// failures. There z is infinite and p is 0, or 1 where a one-sided alternative points the other way.
///
/// `expected_counts` fails where fewer than 5 successes or failures are expected in an arm: prefer `fisher_exact_test`
/// then.
/// Complexity: O(1), some 50 ns with p and interval.
/// Allocates: never.
/// Errors: invalid_data: no trials; invalid_argument: negative counts, more successes than trials; out_of_range: more
/// than 2^53 trials, a confidence outside (0, 1).
/// Source: D. Altman et al., "Statistics with Confidence", 2000; the interval: R. Newcombe, Statistics in Medicine 17,
/// 1998, method 10.
inline result<test_result> two_proportion_z_test(const proportion& a, const proportion& b,
                                                 const test_options& options = {},
                                                 z_variance variance = z_variance::pooled) {
  if (!detail::sensible(options, a, b)) [[unlikely]]
    return detail::refusal(options, a, b);
  const double n1 = static_cast<double>(a.trials);
  const double n2 = static_cast<double>(b.trials);
  const double p1 = static_cast<double>(a.successes) / n1;
  const double p2 = static_cast<double>(b.successes) / n2;
  const double both = static_cast<double>(a.successes + b.successes) / (n1 + n2);
  const double spread = both * (1 - both);
  const double squared =
      variance == z_variance::pooled ? spread * (1 / n1 + 1 / n2) : p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2;
  test_result r;
  r.test = variance == z_variance::pooled ? "two-proportion z test" : "two-proportion z test (unpooled)";
  r.effect_name = "difference of proportions";
  r.side = options.side;
  r.n1 = n1;
  r.n2 = n2;
  r.effect = p1 - p2;
  r.failed.add(assumption::variation, !(squared > 0));
  r.failed.add(assumption::expected_counts, detail::math::fmin(n1, n2) * detail::math::fmin(both, 1 - both) < 5);
  if (squared > 0) {
    r.statistic = r.effect / detail::math::sqrt(squared);
    r.p = options.side == alternative::two_sided ? 2 * detail::normal_upper(detail::math::absolute(r.statistic))
          : options.side == alternative::greater ? detail::normal_upper(r.statistic)
                                                 : detail::normal_upper(-r.statistic);
  } else {
    r.statistic = r.effect == 0 ? 0 : detail::math::copysign(detail::infinity, r.effect);
    const bool against = options.side == (r.effect > 0 ? alternative::less : alternative::greater);
    r.p = r.effect == 0 || against ? 1 : 0;
  }
  r.interval = detail::newcombe(a, b, options);
  return r;
}

/// The same of four numbers: successes of trials in the first arm, successes of trials in the second.
inline result<test_result> two_proportion_z_test(std::int64_t successes1, std::int64_t trials1, std::int64_t successes2,
                                                 std::int64_t trials2, const test_options& options = {},
                                                 z_variance variance = z_variance::pooled) {
  return two_proportion_z_test({successes1, trials1}, {successes2, trials2}, options, variance);
}

/// Fisher's exact test of two proportions. Given the totals, a table is fixed by the first arm's successes; p is the
/// probability under the null hypothesis of all tables that are at most as likely as this one (two-sided), or that have
/// at most (less) or at least (greater) as many successes in the first arm. The effect is the sample odds ratio. Its
/// interval holds the odds ratios under which neither tail at this table has less than its share of 1 - confidence.
///
/// Guarantee: equal to enumeration of the tables to 1e-12, also for p of 1e-300.
/// Complexity: O(number of tables whose probability is not negligible), about sqrt(n).
/// Allocates: never.
/// Errors: as `two_proportion_z_test`.
/// Source: R. Fisher 1935; the interval: Cornfield 1956, as in R's fisher.test.
inline result<test_result> fisher_exact_test(const proportion& a, const proportion& b,
                                             const test_options& options = {}) {
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  const detail::hypergeometric tables(a, b);
  test_result r;
  r.test = "Fisher's exact test";
  r.effect_name = "odds ratio";
  r.side = options.side;
  r.n1 = static_cast<double>(a.trials);
  r.n2 = static_cast<double>(b.trials);
  const auto s1 = static_cast<double>(a.successes);
  const auto s2 = static_cast<double>(b.successes);
  const double f1 = r.n1 - s1;
  const double f2 = r.n2 - s2;
  r.effect = s1 * f2 == 0 && f1 * s2 == 0 ? detail::nan : s1 * f2 / (f1 * s2);
  r.statistic = s1;
  r.failed.add(assumption::variation, tables.lowest() == tables.highest());
  const detail::tails at = tables.at(s1, 1);
  r.p = options.side == alternative::two_sided ? tables.as_unlikely(s1)
        : options.side == alternative::less    ? at.lower
                                               : at.upper;
  const double outside = detail::outside(options);
  r.interval = {options.side == alternative::less ? 0 : tables.odds_with_upper_tail(s1, outside),
                options.side == alternative::greater ? detail::infinity : tables.odds_with_lower_tail(s1, outside),
                options.confidence};
  return r;
}
/// The same of four numbers: successes of trials in the first arm, successes of trials in the second.
inline result<test_result> fisher_exact_test(std::int64_t successes1, std::int64_t trials1, std::int64_t successes2,
                                             std::int64_t trials2, const test_options& options = {}) {
  return fisher_exact_test({successes1, trials1}, {successes2, trials2}, options);
}

/// The score test of the hypothesis that the success probabilities differ by `null` (a - b), such as the margin of a
/// non-inferiority trial. The variance is estimated under that hypothesis. The interval holds the differences that the
/// test does not reject.
/// Complexity: some microseconds, for the interval.
/// Allocates: never.
/// Errors: as `two_proportion_z_test`, and out_of_range for a null outside (-1, 1).
/// Source: O. Miettinen, M. Nurminen, Statistics in Medicine 4, 1985.
inline result<test_result> score_test(const proportion& a, const proportion& b, double null = 0,
                                      const test_options& options = {}) {
  if (!detail::sensible(options, a, b)) return detail::refusal(options, a, b);
  if (!(null > -1 && null < 1))
    return error(errc::out_of_range, "the difference of the null hypothesis must lie in (-1, 1)");
  test_result r;
  r.test = "score test of a difference";
  r.effect_name = "difference of proportions";
  r.side = options.side;
  r.n1 = static_cast<double>(a.trials);
  r.n2 = static_cast<double>(b.trials);
  r.effect = a.rate() - b.rate();
  r.statistic = detail::score_of_difference(a, b, null);
  r.p = detail::p_value(options.side, normal{}.cdf(r.statistic), normal{}.sf(r.statistic));
  const double both = static_cast<double>(a.successes + b.successes) / (r.n1 + r.n2);
  r.failed.add(assumption::variation, both == 0 || both == 1);
  r.failed.add(assumption::expected_counts, detail::math::fmin(r.n1, r.n2) * detail::math::fmin(both, 1 - both) < 5);
  r.interval = detail::score_interval_of_difference(a, b, options);
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_PROPORTIONS_HPP
