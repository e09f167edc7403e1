#ifndef MILLRACE_RESILIENCE_CALLS_HPP
#define MILLRACE_RESILIENCE_CALLS_HPP

/// resilience/calls: wrappers around calls that can fail, each alone, in a stack, or as middleware of a chain.
///
/// - `retry`: again, after a delay that grows and is drawn by lot; `retry_budget` bounds the retries of all callers
/// - `circuit_breaker`: no call at all while too many fail or are slow
/// - `bulkhead`: few calls at once; `rate_limiter`: few calls in a time
/// - `timeout`: what comes too late is an error; `fallback`: something else in the place of a call that failed
/// - `resilient`: wrappers around one another, whose order is checked when it is compiled
/// - `call_options`: a caller's time limit and who may cancel a call (`stop_source`); `call_info` tells the callable
/// - `throttled`: a result that says when to come again, as a server does by Retry-After
/// - `call_monitor`: what is told of all that wrappers do, such as `call_metrics` for a metrics registry
/// - `thread_sleeper`, `manual_sleeper`: how a thread waits, as a policy beside the clock
///
/// A callable returns a result<T> or nothing. Wrappers let exceptions through and keep their counts right; a chain
/// turns what its events throw into errors before a wrapper sees it. A wrapper of your own is a class with a function
/// `run(call_info, next)` that returns what `next(call_info)` does.

#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/bulkhead.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_metrics.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/fallback.hpp>
#include <millrace/resilience/calls/rate_limiter.hpp>
#include <millrace/resilience/calls/resilient.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/retry_options.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/calls/stop_source.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/resilience/calls/timeout.hpp>

#endif  // MILLRACE_RESILIENCE_CALLS_HPP
