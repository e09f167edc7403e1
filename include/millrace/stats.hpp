#ifndef MILLRACE_STATS_HPP
#define MILLRACE_STATS_HPP

/// stats: distributions, tests and intervals that are exact in the tails.
///
/// Distributions, each with cdf, survival function, and the quantile of either tail:
/// - `normal`, `student_t`, `chi_squared`, `fisher_f`, `gamma`, `beta`, `binomial`, `poisson`
/// - `noncentral_t` for power, `studentized_range` for Tukey's comparisons
/// - `kolmogorov` and its exact forms for finite samples, `mann_whitney_exact` with ties
///
/// Valid however often one looks, or at planned looks:
/// - `two_arm_e_process`: whether two arms differ, by bets on single units; `e_process`: evidence that multiplies
/// - `sprt`, `mixture_sprt`; `group_sequential`: limits that spend alpha over a few looks
/// - `sequential_sample_ratio`: whether arms are filled as configured
///
/// Standard library alone.

#include <millrace/stats/beta.hpp>
#include <millrace/stats/binomial.hpp>
#include <millrace/stats/chi_squared.hpp>
#include <millrace/stats/fisher_f.hpp>
#include <millrace/stats/gamma.hpp>
#include <millrace/stats/kolmogorov.hpp>
#include <millrace/stats/mann_whitney_exact.hpp>
#include <millrace/stats/noncentral_t.hpp>
#include <millrace/stats/normal.hpp>
#include <millrace/stats/poisson.hpp>
#include <millrace/stats/student_t.hpp>
#include <millrace/stats/studentized_range.hpp>

#include <millrace/stats/e_process.hpp>
#include <millrace/stats/group_sequential.hpp>
#include <millrace/stats/mixture_sprt.hpp>
#include <millrace/stats/sequential_sample_ratio.hpp>
#include <millrace/stats/sprt.hpp>
#include <millrace/stats/two_arm_e_process.hpp>

#endif  // MILLRACE_STATS_HPP
