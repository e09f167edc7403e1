#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_HPP

/// aggregate/histograms: counts in bins: for durations, within a relative error, for OpenTelemetry, between
/// edges of your own.

#include <millrace/aggregate/histograms/binned_histogram.hpp>
#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/histograms/exponential_histogram.hpp>
#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/aggregate/histograms/percentile_tracker.hpp>

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_HPP
