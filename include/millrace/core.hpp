#ifndef MILLRACE_CORE_HPP
#define MILLRACE_CORE_HPP

/// core: what every other module builds on.
///
/// - `field`, `context`: named, typed slots found at compile time
/// - `result`, `error`, `errc`: failures as values that name the thing at fault
/// - `clock.hpp`: time as a policy (`steady_clock`, `tsc_clock`, `manual_clock`); `timestamp.hpp`: UTC
/// - `duration`, `seconds`: a length of time, from any std::chrono::duration or a number of seconds
/// - `random_engine`, `make_session_id`: randomness and identifiers, seeded per instance
/// - `activation`: the functions of a network's layers, by name
/// - `sha256`: the hash that names bytes
/// - `diagnostic`, `diagnostics_ref`: what a part has to say to whoever runs the program, and where it goes: nowhere by
///   default
/// - `to_json(error)`: an error as an HTTP problem document, `http_status` its status
/// - `real`: a number as a template argument
/// - `json_writer`, `is_json`: writes strict JSON from any bytes; tells whether a text is strict JSON
///
/// Standard library and POSIX alone.

#include <millrace/core/activation.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/config.hpp>
#include <millrace/core/context.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/field.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/fwd.hpp>
#include <millrace/core/id.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/problem_details.hpp>
#include <millrace/core/real.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/core/version.hpp>

#endif  // MILLRACE_CORE_HPP
