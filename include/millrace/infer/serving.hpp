#ifndef MILLRACE_INFER_SERVING_HPP
#define MILLRACE_INFER_SERVING_HPP

/// serving: one model for callers on many threads.
///
/// - `batcher`: an idle model is run by its caller, and callers who come meanwhile become one batch
/// - `batcher_options`, `max_rows`, `max_delay`, `concurrency`, `policy`: how it works
/// - `fallback`: values, or another model, where a batcher did not serve or a circuit breaker is open
/// - `request`, `served`: what is asked, and what became of it
/// - `serving_metrics`: what a batcher does, as metrics
/// - `serving_threads`, `pool_size`: threads that run a batcher's batches, as many as the waiting asks for
/// - `swappable`: a model that is replaced while it is in use
/// - `traced`: a span of each request
/// - `warm_up`: runs a model before its first caller does

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/infer/serving/batcher_options.hpp>
#include <millrace/infer/serving/fallback.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/infer/serving/serving_metrics.hpp>
#include <millrace/infer/serving/serving_threads.hpp>
#include <millrace/infer/serving/swappable.hpp>
#include <millrace/infer/serving/traced.hpp>
#include <millrace/infer/serving/warm_up.hpp>

#endif  // MILLRACE_INFER_SERVING_HPP
