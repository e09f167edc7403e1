#ifndef MILLRACE_MIDDLEWARE_HPP
#define MILLRACE_MIDDLEWARE_HPP

/// middleware: what runs around a chain's events in production.
///
/// - `audit_log`: records what every event did, as JSON lines that survive a crash; `audit_codec` says how a type's
///   values go into them
/// - `compression`: compresses tensors in the context after their last use, losslessly: with zlib if
///   <millrace/tensor/deflate.hpp> is included; `basic_compression` takes another backend
/// - `measured_features`: counts and times the features that are made of events
/// - `merkle_proofs`: a policy of the audit log, whose lines then cannot be changed unseen: `verify_audit_log`
/// - `metrics`: keeps runs, failures, durations and numeric fields in a metrics registry; `summarize_events` and
///   `to_json` list them event by event
/// - `profiler`: measures how long each event takes, for a table or JSON
/// - `profiles`: the combinations for development, testing and production
/// - `tracing`: makes spans of runs and events, in a tracer of `observe/tracing.hpp`
/// - `validation`: looks for NaN and infinities in what events write, and checks shapes, ranges and norms; strict or
///   lenient
///
/// Use them in this order, the innermost first: profiler, audit_log, validation, metrics, compression, tracing. If an
/// event succeeded for an inner middleware and one further out fails it, the inner one is told: the audit log then
/// writes `event_rejected`, and metrics count a failure. Compression must stand outside those that look at tensors; the
/// chain checks that.

#include <millrace/middleware/audit_codec.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/audit_options.hpp>
#include <millrace/middleware/compression.hpp>
#include <millrace/middleware/event_metrics.hpp>
#include <millrace/middleware/feature_metrics.hpp>
#include <millrace/middleware/merkle_proofs.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/middleware/profiler.hpp>
#include <millrace/middleware/profiles.hpp>
#include <millrace/middleware/tracing.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/middleware/validation_rules.hpp>

#endif  // MILLRACE_MIDDLEWARE_HPP
