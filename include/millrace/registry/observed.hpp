#ifndef MILLRACE_REGISTRY_OBSERVED_HPP
#define MILLRACE_REGISTRY_OBSERVED_HPP

/// observed: a registry and the audit trails, events, hooks and metrics of observe. registry.hpp leaves this room out,
/// since it needs exceptions and much that a registry alone does not.
///
/// - `audit_sink`: writes every change into an `observe::audit_trail`, once
/// - `export_audit_folders`: such a trail as files of JSON, by days
/// - `watched`: lets hooks change or veto what a registry is asked to do, and emits what it has done
/// - `registry_hooks`, `registry_events`, `registry_metrics`: these hooks, events and metrics

#include <millrace/registry/observed/audit_folders.hpp>
#include <millrace/registry/observed/audit_sink.hpp>
#include <millrace/registry/observed/watched.hpp>

#endif  // MILLRACE_REGISTRY_OBSERVED_HPP
