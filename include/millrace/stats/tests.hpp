#ifndef MILLRACE_STATS_TESTS_HPP
#define MILLRACE_STATS_TESTS_HPP

/// stats/tests: hypothesis tests and intervals for samples whose size was fixed beforehand.

#include <millrace/stats/tests/aggregate_moments.hpp>
#include <millrace/stats/tests/aggregate_tests.hpp>
#include <millrace/stats/tests/anderson_darling.hpp>
#include <millrace/stats/tests/anova.hpp>
#include <millrace/stats/tests/bayes.hpp>
#include <millrace/stats/tests/categorical.hpp>
#include <millrace/stats/tests/distance_tests.hpp>
#include <millrace/stats/tests/distances.hpp>
#include <millrace/stats/tests/hodges_lehmann.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>
#include <millrace/stats/tests/means.hpp>
#include <millrace/stats/tests/proportion.hpp>
#include <millrace/stats/tests/proportion_intervals.hpp>
#include <millrace/stats/tests/proportions.hpp>
#include <millrace/stats/tests/quantiles.hpp>
#include <millrace/stats/tests/ratio_metrics.hpp>
#include <millrace/stats/tests/sample_ratio.hpp>
#include <millrace/stats/tests/trimmed.hpp>
#include <millrace/stats/tests/weighted_proportion.hpp>

#endif  // MILLRACE_STATS_TESTS_HPP
