#ifndef MILLRACE_CHAIN_HPP
#define MILLRACE_CHAIN_HPP

/// chain: events in order, middleware around them, everything resolved at compile time.
///
/// - `chain(events...)`: the chain; `.use(middleware)` adds a middleware around it, `.context(...)` makes the context
///   that it runs on
/// - `event`: what a step must be; `event_context`: the part of the context that a step sees; `step`: makes an event
///   from a callable
/// - `middleware.hpp`: the hooks `before`, `after`, `around`, `rejected`, and `place` rules
/// - `strict`, `lenient`, `lenient_result`: what happens after a failed event
/// - `share`: a handle for several threads; `borrow`: lets a chain use an event or middleware without owning it
///
/// Standard library alone.

// First, because above an error the compiler prints the chain of includes that leads to its header. Most errors of
// users are found in event.hpp, and so that chain is short.
#include <millrace/chain/event.hpp>

#include <millrace/chain/basic_chain.hpp>
#include <millrace/chain/chain.hpp>
#include <millrace/chain/fwd.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/chain/share.hpp>

#endif  // MILLRACE_CHAIN_HPP
