#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_HPP

/// aggregate/histograms: counts in bins. `log_histogram` is for durations in whole numbers, `ddsketch` for quantiles
/// within a relative error, `exponential_histogram` for OpenTelemetry, `binned_histogram` for bins of your own.

#include <millrace/aggregate/histograms/binned_histogram.hpp>
#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/histograms/exponential_histogram.hpp>
#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/aggregate/histograms/percentile_tracker.hpp>

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_HPP
