#ifndef MILLRACE_DELIVER_HPP
#define MILLRACE_DELIVER_HPP

/// deliver: a new model is let at real requests, step by step, and taken back as soon as evidence says so.
///
/// - `arm`, `measurement`, `verdict`: what every room of this module speaks of
/// - judge.hpp: whether a candidate is promoted or taken back, with one bound on error over a whole rollout
/// - rollout.hpp: canary, blue-green and rolling releases of a model, that outlive a crash and are one over all hosts
/// - split.hpp: who is given what, by a hash of the unit's id
///
/// Included by name: `<millrace/deliver/shadow.hpp>`, a candidate that sees copies of requests;
/// `<millrace/deliver/outcomes.hpp>`, predictions and what came true later; `<millrace/deliver/observed.hpp>`, releases
/// on events, hooks, metrics, audit trails, webhooks, and behind an approval.
///
/// Standard library and POSIX alone.

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout.hpp>
#include <millrace/deliver/split.hpp>
#include <millrace/deliver/verdict.hpp>

#endif  // MILLRACE_DELIVER_HPP
