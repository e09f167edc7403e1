#ifndef MILLRACE_MIDDLEWARE_HPP
#define MILLRACE_MIDDLEWARE_HPP

/// middleware: what runs around a chain's events in production.
///
/// - `audit_log`: what every event did, as JSON lines that survive a crash; `audit_codec` puts values in
/// - `compression`: tensors in their slots after their last use, losslessly; with zlib where
///   <millrace/tensor/deflate.hpp> is included, or `basic_compression` with a backend that is named
/// - `metrics`: runs, failures, durations and numeric fields in a metrics registry; `summarize_events` and `to_json`
///   tell what it saw, event by event
/// - `profiler`: how long each event takes, as a table and as JSON
/// - `profiles`: the combinations for development, testing and production
/// - `validation`: NaN, infinities, shapes, ranges and norms in what events write; strict or lenient
///
/// Use them in this order, the innermost first: profiler, audit_log, validation, metrics, compression. An inner one
/// that saw a success hears of it when one further out fails the event: the audit log writes `event_rejected`, metrics
/// count the failure. Compression stands outside those that look at tensors; the chain checks that.

#include <millrace/middleware/audit_codec.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/audit_options.hpp>
#include <millrace/middleware/compression.hpp>
#include <millrace/middleware/event_metrics.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/middleware/profiler.hpp>
#include <millrace/middleware/profiles.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/middleware/validation_rules.hpp>

#endif  // MILLRACE_MIDDLEWARE_HPP
