#ifndef MILLRACE_AGGREGATE_KEYED_HPP
#define MILLRACE_AGGREGATE_KEYED_HPP

/// aggregate/keyed: an aggregate for each key, for many threads, of a sample of the items; metrics
/// named at run time.

#include <millrace/aggregate/keyed/grouped.hpp>
#include <millrace/aggregate/keyed/sampled.hpp>
#include <millrace/aggregate/keyed/sharded.hpp>
#include <millrace/aggregate/keyed/streaming_aggregator.hpp>

#endif  // MILLRACE_AGGREGATE_KEYED_HPP
