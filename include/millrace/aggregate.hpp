#ifndef MILLRACE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_HPP

/// aggregate: streams summed up in fixed memory.
///
/// - `concepts.hpp`: what an aggregator is, its laws, and the traits that windows and wrappers ask for
/// - `envelope_writer`, `envelope_reader`: the bytes of saved aggregates
/// - `log_histogram`: count, sum, extremes and quantiles of durations, to 0.8 %
///
/// Sketches: mergeable, seeded, bounded in memory, in the bytes of Apache DataSketches.
/// - `kll`: quantiles with a bound on the error in rank; `quantile_view` for many queries
///
/// Standard library alone.

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/envelope.hpp>
#include <millrace/aggregate/kll.hpp>
#include <millrace/aggregate/log_histogram.hpp>
#include <millrace/aggregate/quantile_view.hpp>

#endif  // MILLRACE_AGGREGATE_HPP
