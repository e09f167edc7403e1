#ifndef MILLRACE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_HPP

/// aggregate: streams summed up in fixed memory.
///
/// - `log_histogram`: count, sum, extremes and quantiles of durations, to 0.8 %
///
/// Standard library alone.

#include <millrace/aggregate/log_histogram.hpp>

#endif  // MILLRACE_AGGREGATE_HPP
