#ifndef MILLRACE_RESILIENCE_HPP
#define MILLRACE_RESILIENCE_HPP

/// resilience: what keeps a program going when something that it calls fails.
///
/// Standard library and POSIX alone.

#include <millrace/resilience/fwd.hpp>

#endif  // MILLRACE_RESILIENCE_HPP
