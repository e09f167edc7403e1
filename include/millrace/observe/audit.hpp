#ifndef MILLRACE_OBSERVE_AUDIT_HPP
#define MILLRACE_OBSERVE_AUDIT_HPP

/// audit: who did what to what, when and why, kept as evidence.
///
/// - `audit_event`: what happened, with personal data marked by type; `audit_kinds`: the kinds that are ready
/// - `audit_draft`: an event in the making, also of a program's own types
/// - `audit_name`: the checked name of a kind or a field
/// - `audit_entry`: an event as it is read back
/// - `audit_trail`: keeps events in a folder, durable and tamper-evident, numbered, by day; erases and prunes
/// - `audit_outbox`: keeps events in a storage's transaction first, and hands them to a trail once
/// - `verify_trail`: whether a trail is as it was written, and if not, which record is the first that is not
/// - `read_trail`: a trail's entries, all or those of a period; `read_leaves`, `prove_record`, `verify_record`: proofs
/// - `masked`, `unmasked`: how outputs show personal data; `mask_value`, `mask_text`, `find_pii`
/// - `audit_query`, `audit_selection`, `audit_counts`: which records, and how many of what; `query_trail` asks a trail
/// - `report_builder`, `report_trail`: a `compliance_report` of records, or of a trail that is verified first;
///   `to_json`, `to_yaml`, `to_csv` and `to_html` write it
/// - `report_templates`: what SOC 2, GDPR, HIPAA and PCI DSS ask evidence for
/// - `to_json_lines`, `to_csv`, `to_yaml` of records: exports
///
/// observe.hpp leaves this room out: include it by name.

#include <millrace/observe/audit/audit_draft.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/audit_name.hpp>
#include <millrace/observe/audit/audit_outbox.hpp>
#include <millrace/observe/audit/audit_query.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/compliance_report.hpp>
#include <millrace/observe/audit/mask.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/report_templates.hpp>
#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/audit/trail_proofs.hpp>
#include <millrace/observe/audit/trail_queries.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#endif  // MILLRACE_OBSERVE_AUDIT_HPP
