#ifndef MILLRACE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_HPP

/// aggregate: streams summed up in fixed memory.
///
/// - `aggregate<members...>`: several statistics in one fused pass, merged, saved and loaded; with weights. It skips
///   NaN and counts them; `basic_aggregate<Policy, members...>` takes another policy first: `propagate_nan`,
///   `reject_nan`. The members:
///   - `moments.hpp`: `mean`, `variance`, `stddev`, their population forms, `skewness`, `kurtosis`, `total_weight`
///   - `sums.hpp`: `count`, `sum` (compensated), `geometric_mean`, `harmonic_mean`
///   - `extremes.hpp`: `min`, `max`, `range`, `first`, `last`, `argmin`, `argmax`
///   - `pairs.hpp`, of pairs: `covariance`, `correlation`, `linear_trend`, and `of_x`, `of_y` for the rest
///   - `sketch_members.hpp`, by a sketch: `quantiles<kll<200>>`, `median`, `interquartile_range`, `distinct<...>`,
///     `frequent<...>` of texts or whole numbers
///   - `member.hpp`: what a member of your own is made of
/// - `windowed<...>` (`window.hpp`), an aggregate over a stretch of a stream, by event time or arrival (for lengths
///   written 5min, include <chrono> and use its literals):
///   - `sliding_count<1000>`, `sliding<5min>`, `sliding<5min, 10s>` in panes; `sliding_window`, ready-made
///   - `tumbling<1min>`, `tumbling_count<1000>`, `hopping<5min, 1min>`, `session<30s>`
/// - `log_histogram`: count, sum, extremes and quantiles of durations, to 0.8 %
/// - `ddsketch`: quantiles of any numbers with a bound on the relative error, in DDSketch's protobuf
/// - `exponential_histogram`: OpenTelemetry's, in OTLP's protobuf
/// - `binned_histogram`: counts in bins that are regular, logarithmic or between edges of your own
/// - `grouped`: an aggregate for each key, for a bounded number of keys; `sharded`: one that many threads write;
///   `sampled`: of one item in so many; `decayed`: one in which the past fades
/// - `rates.hpp`: `rate_calculator`, events a second over a window; `counter_rate`, over resets; `inter_arrival`
/// - `streaming_aggregator`: metrics named at run time, over a sliding window, in groups; `percentile_tracker`,
///   `topk_tracker`
/// - `concepts.hpp`: what an aggregator is, its laws, and the traits that windows and wrappers ask for
/// - `envelope_writer`, `envelope_reader`: the bytes of saved aggregates; `saved_fields`: save and load from a list of
///   fields
///
/// Sketches: mergeable, seeded, bounded in memory, in the bytes of Apache DataSketches.
/// - `kll`: quantiles with a bound on the error in rank; `quantile_view` for many queries
/// - `count_min`: how much any item you ask for weighs, at the most
/// - `frequent_items`: the items that come up most often, with bounds on how often
/// - `hll`: how many different items, with 4, 6 or 8 bits a register
/// - `req`: quantiles whose error in rank shrinks towards one end, with a bound
/// - `tdigest`: quantiles most precise at the ends; `quantile_curve` for many queries
/// - `theta`: how many different items, with unions, intersections and differences
///
/// Which one for what:
///   p99 and beyond, as a value (latencies, amounts)       ddsketch: within 1 % of the value
///   p99 and beyond, by rank, with a bound                 req; without a bound, but smaller: tdigest
///   the middle, ranks, drift tests; what `quantiles<>` is kll: within 1.33 % in rank, so p99 may be the maximum
///   durations in whole numbers, exactly mergeable         log_histogram
///   how many different ones; with set operations          hll; theta
///   who comes most often; how often one came              frequent_items; count_min
///
/// Standard library alone.

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/fwd.hpp>
#include <millrace/aggregate/histograms.hpp>
#include <millrace/aggregate/keyed.hpp>
#include <millrace/aggregate/members.hpp>
#include <millrace/aggregate/sketches.hpp>
#include <millrace/aggregate/windows.hpp>

#endif  // MILLRACE_AGGREGATE_HPP
