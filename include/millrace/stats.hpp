#ifndef MILLRACE_STATS_HPP
#define MILLRACE_STATS_HPP

/// stats: distributions, tests and intervals that are exact in the tails. Every test answers a `test_result`:
/// statistic, p, effect, interval, n, the assumptions that failed, a one-sentence `summary()`. Nonsense is an error.
///
/// Distributions, each with cdf, survival function, and the quantile of either tail:
/// - `normal`, `student_t`, `chi_squared`, `fisher_f`, `gamma`, `beta`, `binomial`, `poisson`
/// - `noncentral_t` for power, `studentized_range` for Tukey's comparisons
/// - `kolmogorov` and its exact forms for finite samples, `mann_whitney_exact` with ties
///
/// Tests and intervals:
/// - `proportion`: Wilson's, Clopper-Pearson's, ... intervals; `proportions.hpp`: z, Fisher's, score tests;
///   `proportion_intervals.hpp`: differences and ratios
/// - `sample_moments`; `means.hpp`: Welch's, Student's, paired t tests; `trimmed.hpp`: Yuen's test; `anova.hpp`: ANOVA,
///   Tukey's comparisons, Brown-Forsythe
/// - `ratio_metrics.hpp`: the delta method, relative lift, CUPED
/// - `sorted_sample`; `ks_test.hpp`, `anderson_darling.hpp`, `mann_whitney.hpp`, `quantile_test.hpp`, `distances.hpp`;
///   `distance_tests.hpp`: the Wasserstein and the energy test
/// - `categorical.hpp`: chi-squared and G; `sample_ratio.hpp`: was traffic split as configured
/// - `bootstrap.hpp`, `poisson_bootstrap.hpp`, `permutation.hpp`: resampling, seeded
/// - `family.hpp`: corrections for many comparisons, the family in the type
/// - `power.hpp`: power, sample size, minimum detectable effect, of means, rates and counts; `fisher_power.hpp`,
///   `rank_power.hpp`: of Fisher's, Kolmogorov-Smirnov and quantile tests; `simulated_power.hpp`: of any test
/// - `bayes.hpp`: posteriors, best arm, loss
///
/// From `aggregate<...>` and sketches as they are, merged or not: `aggregate_moments.hpp`, `aggregate_tests.hpp`.
///
/// Valid however often one looks, or at planned looks:
/// - `two_arm_e_process`: whether two arms differ, by bets on single units; `e_process`: evidence that multiplies
/// - `sprt`, `mixture_sprt`; `group_sequential`: limits that spend alpha over a few looks
/// - `sequential_sample_ratio`: whether arms are filled as configured
/// - `normal_mixture_interval`, `asymptotic_interval`, `beta_binomial_interval`, `empirical_bernstein`: confidence
///   sequences, intervals that cover at all times at once
///
/// An A/B test as a type: `experiment_test<outcomes<...>, decision<when, alpha<.05>>>`, which can be peeked at only
/// where that is valid, and corrects for all its metrics.
/// - what it measures: `conversion<"ctr">`, `mean_of<"spend">`, `cuped_mean<"spend">` with a covariate from before,
///   `ratio<"revenue", "clicks">`, `quantile_of<"latency", .99>`
/// - when it decides: `always_valid` or `always_valid_asymptotic`, by `peek()`; `fixed_horizon`, by
///   `conclude(planned)`; `group_looks<spending::obrien_fleming, looks<.5, .75, 1.>>`, by `look(planned)`
/// - from units one by one (`update`), or from aggregates and sketches of an arm (`absorb`)
///
/// Standard library alone.

#include <millrace/stats/aggregate_moments.hpp>
#include <millrace/stats/aggregate_tests.hpp>
#include <millrace/stats/anderson_darling.hpp>
#include <millrace/stats/anova.hpp>
#include <millrace/stats/bayes.hpp>
#include <millrace/stats/beta.hpp>
#include <millrace/stats/binomial.hpp>
#include <millrace/stats/bootstrap.hpp>
#include <millrace/stats/categorical.hpp>
#include <millrace/stats/chi_squared.hpp>
#include <millrace/stats/confidence_sequence.hpp>
#include <millrace/stats/distance_tests.hpp>
#include <millrace/stats/distances.hpp>
#include <millrace/stats/e_process.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/experiment_decision.hpp>
#include <millrace/stats/experiment_metrics.hpp>
#include <millrace/stats/experiment_test.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/fisher_f.hpp>
#include <millrace/stats/fisher_power.hpp>
#include <millrace/stats/gamma.hpp>
#include <millrace/stats/group_sequential.hpp>
#include <millrace/stats/kolmogorov.hpp>
#include <millrace/stats/ks_test.hpp>
#include <millrace/stats/mann_whitney.hpp>
#include <millrace/stats/mann_whitney_exact.hpp>
#include <millrace/stats/means.hpp>
#include <millrace/stats/mixture_sprt.hpp>
#include <millrace/stats/noncentral_t.hpp>
#include <millrace/stats/normal.hpp>
#include <millrace/stats/permutation.hpp>
#include <millrace/stats/poisson.hpp>
#include <millrace/stats/poisson_bootstrap.hpp>
#include <millrace/stats/power.hpp>
#include <millrace/stats/proportion.hpp>
#include <millrace/stats/proportion_intervals.hpp>
#include <millrace/stats/proportions.hpp>
#include <millrace/stats/quantile_test.hpp>
#include <millrace/stats/rank_power.hpp>
#include <millrace/stats/ratio_metrics.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_ratio.hpp>
#include <millrace/stats/sequential_sample_ratio.hpp>
#include <millrace/stats/simulated_power.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/sprt.hpp>
#include <millrace/stats/student_t.hpp>
#include <millrace/stats/studentized_range.hpp>
#include <millrace/stats/trimmed.hpp>
#include <millrace/stats/two_arm_e_process.hpp>

#endif  // MILLRACE_STATS_HPP
