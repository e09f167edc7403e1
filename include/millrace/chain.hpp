#ifndef MILLRACE_CHAIN_HPP
#define MILLRACE_CHAIN_HPP

/// chain: events in order, middleware around them, everything resolved at compile time.
///
/// - `chain(events...)`: the chain; `.use(middleware)` adds outward, `.context(...)` makes what it runs on
/// - `event`: what a step must be; `event_context`: what it sees; `step`: one made from a callable
/// - `middleware.hpp`: the hooks `before`, `after`, `around`, `rejected`, and `place` rules
/// - `strict`, `lenient`, `lenient_result`: what happens after a failed event
/// - `share`: a handle for several threads; `borrow`: a part that stays where it is
///
/// Standard library alone.

// First, because the compiler repeats the way to a header above an error in it, and most are found there.
#include <millrace/chain/event.hpp>

#include <millrace/chain/basic_chain.hpp>
#include <millrace/chain/chain.hpp>
#include <millrace/chain/fwd.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/chain/share.hpp>

#endif  // MILLRACE_CHAIN_HPP
