#ifndef MILLRACE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_HPP

/// aggregate: streams summed up in fixed memory.
///
/// - `aggregate<members...>`: several statistics of one stream in one pass, also of items with weights. Aggregates can
/// be
///   merged, saved and loaded. They skip items that are NaN and count them; `basic_aggregate<Policy, members...>` takes
///   another policy as its first argument, `propagate_nan` or `reject_nan`. The members:
///   - `moments.hpp`: `mean`, `variance`, `stddev`, their population forms, `skewness`, `kurtosis`, `total_weight`
///   - `sums.hpp`: `count`, `sum` (compensated), `geometric_mean`, `harmonic_mean`
///   - `extremes.hpp`: `min`, `max`, `range`, `first`, `last`, `argmin`, `argmax`
///   - `pairs.hpp`, of pairs: `covariance`, `correlation`, `linear_trend`, and `of_x`, `of_y` for the rest
///   - `sketch_members.hpp`, by a sketch: `quantiles<kll<200>>`, `median`, `interquartile_range`, `distinct<...>`,
///     `frequent<...>` of texts or whole numbers
///   - `member.hpp`: how to write a member of your own
/// - `windowed<...>` (`window.hpp`): an aggregate over a stretch of a stream, by event time or by time of arrival (to
///   write lengths as 5min, include <chrono> and use its literals):
///   - `sliding_count<1000>`, `sliding<5min>`, `sliding<5min, 10s>` in panes; `sliding_window`, ready-made
///   - `tumbling<1min>`, `tumbling_count<1000>`, `hopping<5min, 1min>`, `session<30s>`
/// - `log_histogram`: count, sum, extremes and quantiles of durations, to 0.8 %
/// - `ddsketch`: quantiles of any numbers with a bound on the relative error, in DDSketch's protobuf
/// - `exponential_histogram`: OpenTelemetry's, in OTLP's protobuf
/// - `binned_histogram`: counts in bins that are regular, logarithmic or between edges of your own
/// - `grouped`: an aggregate for each key, for a bounded number of keys; `sharded`: one that many threads write;
///   `sampled`: one of a random sample of the items; `decayed`: one in which the weight of the past fades
/// - `rates.hpp`: `rate_calculator`, events a second over a window; `counter_rate`, the growth of a counter that may be
///   reset; `inter_arrival`, the times between events
/// - `streaming_aggregator`: metrics named at run time, over a sliding window, in groups; `percentile_tracker`,
///   `topk_tracker`
/// - `concepts.hpp`: what an aggregator is, its laws, and the traits that windows and wrappers look at
/// - `envelope_writer`, `envelope_reader`: the bytes of saved aggregates; `saved_fields`: save and load from a list of
///   fields
///
/// Sketches: mergeable, seeded, bounded in memory, in the bytes of Apache DataSketches.
/// - `kll`: quantiles with a bound on the error in rank; `quantile_view` for many queries
/// - `count_min`: an upper bound on the weight of any item that you name
/// - `frequent_items`: the items that come up most often, with bounds on how often
/// - `hll`: how many different items there are, with 4, 6 or 8 bits a register
/// - `req`: quantiles whose error in rank shrinks towards one end, with a bound
/// - `tdigest`: quantiles most precise at the ends; `quantile_curve` for many queries
/// - `theta`: how many different items there are, with unions, intersections and differences
///
/// Which one for what:
///   p99 and beyond, with a bound on the value             ddsketch: within 1 % of the value (latencies, amounts)
///   p99 and beyond, with a bound on the rank              req
///   p99 and beyond, smaller, without a bound              tdigest
///   the median, ranks, drift tests                        kll, which `quantiles<>` uses: within 1.33 % in rank, so
///   that
///                                                         its p99 may be the maximum
///   durations in whole numbers                            log_histogram, whose merge is exact
///   the number of different items                         hll; theta for set operations
///   the most frequent items                               frequent_items
///   how often a given item came                           count_min
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
