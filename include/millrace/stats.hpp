#ifndef MILLRACE_STATS_HPP
#define MILLRACE_STATS_HPP

/// stats: distributions, tests and intervals that are exact in the tails. Every test returns a `test_result`:
/// statistic, p, effect, interval, n, the assumptions that failed, a one-sentence `summary()`. Data that make no sense
/// (NaN, negative counts, an empty sample) return an error.
///
/// Distributions, each with cdf, survival function, and quantiles of the lower and of the upper tail:
/// - `normal`, `student_t`, `chi_squared`, `fisher_f`, `gamma`, `beta`, `binomial`, `poisson`
/// - `noncentral_t` for power, `studentized_range` for Tukey's comparisons
/// - `kolmogorov` and its exact forms for finite samples, `mann_whitney_exact` with ties
///
/// Tests and intervals:
/// - `proportion`: Wilson's, Clopper-Pearson's, ... intervals; `proportions.hpp`: z, Fisher's, score tests;
///   `proportion_intervals.hpp`: differences and ratios; of weighted trials: `weighted_proportion`
/// - `sample_moments`; `means.hpp`: Welch's, Student's, paired t tests; `trimmed.hpp`: Yuen's test; `anova.hpp`: ANOVA,
///   Tukey's comparisons, Brown-Forsythe
/// - `ratio_metrics.hpp`: the delta method, relative lift, CUPED
/// - `sample_view`: samples of double, float or integers; `sorted_sample`; `kolmogorov_smirnov.hpp`,
///   `anderson_darling.hpp`, `mann_whitney.hpp`, `quantiles.hpp`, `distances.hpp`; `distance_tests.hpp`: the
///   Wasserstein and the energy test; `hodges_lehmann.hpp`: the shift between two samples, and whether a canary (a new
///   version that serves part of the traffic) differs from its baseline by it
/// - `categorical.hpp`: chi-squared and G; `sample_ratio.hpp`: whether traffic was split as configured
/// - `bootstrap.hpp`, `poisson_bootstrap.hpp`, `permutation.hpp`: resampling, seeded
/// - `family.hpp`: corrections for many comparisons; the number of comparisons is part of the type
/// - `planning.hpp`: power, sample size and minimum detectable effect for tests of means, rates and counts;
///   `fisher_power.hpp`, `rank_power.hpp`: for Fisher's, Kolmogorov-Smirnov and quantile tests; `simulated_power.hpp`:
///   for any test
/// - `bayes.hpp`: posteriors, the probability that an arm is best, the expected loss of choosing it
/// - `aggregate_moments.hpp`, `aggregate_tests.hpp`: tests of what an `aggregate<...>` or a sketch has summed up
///
/// Sequential tests, which are valid however often one looks, or at planned looks:
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
/// - from units one by one (`update`), or from aggregates and sketches of an arm (`merge`)
///
/// Values are trivially copyable, and unchanged when they were moved from, where their comments do not say otherwise.
///
/// Standard library alone.

#include <millrace/stats/distributions.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/experiment.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/power.hpp>
#include <millrace/stats/resampling.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sequential.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests.hpp>

#endif  // MILLRACE_STATS_HPP
