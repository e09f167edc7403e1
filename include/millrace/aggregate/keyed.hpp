#ifndef MILLRACE_AGGREGATE_KEYED_HPP
#define MILLRACE_AGGREGATE_KEYED_HPP

/// aggregate/keyed: an aggregate for each key (`grouped`), one that many threads write (`sharded`), one of a sample of
/// the items (`sampled`), and statistics of metrics that are named at run time (`streaming_aggregator`).

#include <millrace/aggregate/keyed/grouped.hpp>
#include <millrace/aggregate/keyed/sampled.hpp>
#include <millrace/aggregate/keyed/sharded.hpp>
#include <millrace/aggregate/keyed/streaming_aggregator.hpp>

#endif  // MILLRACE_AGGREGATE_KEYED_HPP
