#ifndef MILLRACE_DELIVER_OBSERVED_HPP
#define MILLRACE_DELIVER_OBSERVED_HPP

/// observed: a release, late labels, and those who have to know of them. deliver.hpp leaves this room out, since it
/// needs exceptions and much that a release alone does not.
///
/// - `watched_outcomes`: hooks before a label is taken, events and metrics of labels and what they are joined with
/// - `watched_rollout`: hooks that may refuse a step forward, events and metrics of `observe`
/// - `rollout_audit`: writes every change into an `observe::audit_trail`
/// - `registry_gate`: a candidate gets all requests once the registry has an approval; `registry_return` takes it out
///   of its stage when it is rolled back
/// - `webhook`: sends changes to Slack, to PagerDuty, or as JSON to whom it may concern

#include <millrace/deliver/observed/registry_gate.hpp>
#include <millrace/deliver/observed/rollout_audit.hpp>
#include <millrace/deliver/observed/watched_outcomes.hpp>
#include <millrace/deliver/observed/watched_rollout.hpp>
#include <millrace/deliver/observed/webhook.hpp>

#endif  // MILLRACE_DELIVER_OBSERVED_HPP
