#ifndef MILLRACE_RESILIENCE_HPP
#define MILLRACE_RESILIENCE_HPP

/// resilience: what keeps a program going when something that it calls fails.
///
/// - `batch_processor`: items collected and handed on in batches, by size and time; what failed comes back
/// - resilience/caches.hpp: `cache`, values that are dear to get, kept for many threads
/// - resilience/calls.hpp: wrappers around calls that can fail, such as `retry` and `circuit_breaker`, alone or stacked
/// - resilience/locks.hpp: `file_lock` between processes, `read_write_lock` among threads,
///   and optimistic ones
///
/// Standard library and POSIX alone.

#include <millrace/resilience/batch_processor.hpp>
#include <millrace/resilience/caches.hpp>
#include <millrace/resilience/calls.hpp>
#include <millrace/resilience/fwd.hpp>
#include <millrace/resilience/locks.hpp>

#endif  // MILLRACE_RESILIENCE_HPP
