#ifndef MILLRACE_OBSERVE_AUDIT_HPP
#define MILLRACE_OBSERVE_AUDIT_HPP

/// audit: who did what to what, when and why, kept as evidence.
///
/// - `audit_event`: what happened, with personal data marked by type; `audit_kinds`: the kinds that are ready
/// - `audit_draft`: an event in the making, also of a program's own types
/// - `audit_name`: the checked name of a kind or a field
/// - `audit_entry`: an event as it is read back
/// - `masked`, `unmasked`: how outputs show personal data; `mask_value`, `mask_text`, `find_pii`
///
/// observe.hpp leaves this room out: include it by name.

#include <millrace/observe/audit/audit_draft.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_name.hpp>
#include <millrace/observe/audit/mask.hpp>

#endif  // MILLRACE_OBSERVE_AUDIT_HPP
