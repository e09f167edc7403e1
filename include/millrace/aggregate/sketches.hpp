#ifndef MILLRACE_AGGREGATE_SKETCHES_HPP
#define MILLRACE_AGGREGATE_SKETCHES_HPP

/// aggregate/sketches: quantiles, distinct and frequent items in bounded memory, in the bytes of Apache DataSketches.

#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/quantile_curve.hpp>
#include <millrace/aggregate/sketches/quantile_view.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/aggregate/sketches/theta.hpp>
#include <millrace/aggregate/sketches/topk_tracker.hpp>

#endif  // MILLRACE_AGGREGATE_SKETCHES_HPP
