#ifndef MILLRACE_OBSERVE_AUDIT_HPP
#define MILLRACE_OBSERVE_AUDIT_HPP

/// audit: who did what to what, when and why, kept as evidence.
///
/// - `audit_event`: what happened, with personal data marked by type; `audit_kinds`: the kinds that are ready
/// - `audit_name`: the checked name of a kind or a field
/// - `audit_entry`: an event as it is read back
///
/// observe.hpp leaves this room out: include it by name.

#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_name.hpp>

#endif  // MILLRACE_OBSERVE_AUDIT_HPP
