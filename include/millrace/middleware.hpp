#ifndef MILLRACE_MIDDLEWARE_HPP
#define MILLRACE_MIDDLEWARE_HPP

/// middleware: what runs around a chain's events in production.
///
/// - `audit_log`: what every event did, as JSON lines that survive a crash; `audit_codec` puts values in
/// - `compression`: tensors in their slots after their last use, losslessly
/// - `metrics`: runs, failures, durations and numeric fields in a metrics registry
/// - `profiler`: how long each event takes, as a table and as JSON
/// - `profiles`: the combinations for development, testing and production
/// - `validation`: NaN, infinities, shapes, ranges and norms in what events write; strict or lenient

#include <millrace/middleware/audit_codec.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/audit_options.hpp>
#include <millrace/middleware/compression.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/middleware/profiler.hpp>
#include <millrace/middleware/profiles.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/middleware/validation_rules.hpp>

#endif  // MILLRACE_MIDDLEWARE_HPP
