#ifndef MILLRACE_RESILIENCE_CALLS_HPP
#define MILLRACE_RESILIENCE_CALLS_HPP

/// resilience/calls: wrappers around calls that can fail, each alone, in a stack, or as middleware of a chain.
///
/// - `retry`: again, after a delay that grows and is drawn by lot; `retry_budget` bounds the retries of all callers
/// - `circuit_breaker`: no call at all while too many fail or are slow
/// - `call_options`: a caller's time limit and who may cancel a call (`stop_source`); `call_info` tells the callable
/// - `thread_sleeper`, `manual_sleeper`: how a thread waits, as a policy beside the clock
/// - `call_monitor`: what is told of all that wrappers do
///
/// A callable returns a result<T> or nothing. Wrappers let exceptions through and keep their counts right; a chain
/// turns what its events throw into errors before a wrapper sees it.

#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/retry_options.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/calls/stop_source.hpp>

#endif  // MILLRACE_RESILIENCE_CALLS_HPP
