#ifndef MILLRACE_OBSERVE_AUDIT_REPORT_TEMPLATES_HPP
#define MILLRACE_OBSERVE_AUDIT_REPORT_TEMPLATES_HPP

#include <millrace/observe/audit/audit_event.hpp>

#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// One thing that a framework asks evidence for: which kinds of records are that evidence, and what each of them has to
/// say. The texts and lists are views of constants.
struct report_control {
  std::string_view clause;                    // as the framework numbers it: "CC8.1"
  std::string_view asks;                      // what it is about, in a few words
  std::span<const audit_name> kinds;          // a record of any of these is evidence
  std::span<const std::string_view> details;  // `actor`, `object`, `reason`, or the name of a field
};

/// A stored filter: what a compliance report selects, control by control. A program writes its own as constants, in the
/// way that those of `report_templates` are written.
///
/// A template selects records. It is no legal advice, covers the part of a framework that an audit trail can have
/// evidence for, and a report with records for every control says nothing of whether the controls work. `asks` says in
/// our words what a clause is about; the frameworks' own words are in their texts.
/// Source: each clause's number and subject was compared with the text that the template's `source` names, as it is
/// in force: for GDPR and HIPAA the text of the law, for SOC 2 and PCI DSS, whose texts are sold or licensed, public
/// listings of criteria and requirements.
struct report_template {
  std::string_view name;
  std::string_view source;  // the edition that its clauses are numbered by
  std::span<const report_control> controls;
};

namespace detail {
/// The lists of the templates.
struct template_parts {
  static constexpr audit_name rights[] = {audit_kinds::access_granted, audit_kinds::access_revoked};
  static constexpr audit_name logins[] = {audit_kinds::login_succeeded, audit_kinds::login_failed};
  static constexpr audit_name tries[] = {audit_kinds::access_denied, audit_kinds::login_failed};
  static constexpr audit_name credentials[] = {audit_kinds::credentials_changed};
  static constexpr audit_name violations[] = {audit_kinds::security_violation};
  static constexpr audit_name incidents[] = {audit_kinds::incident_reported, audit_kinds::security_violation};
  static constexpr audit_name reported[] = {audit_kinds::incident_reported};
  static constexpr audit_name anomalies[] = {audit_kinds::security_violation, audit_kinds::access_denied,
                                             audit_kinds::login_failed};
  static constexpr audit_name changes[] = {audit_kinds::approval_requested,   audit_kinds::approval_granted,
                                           audit_kinds::approval_rejected,    audit_kinds::model_promoted,
                                           audit_kinds::model_deployed,       audit_kinds::model_rolled_back,
                                           audit_kinds::configuration_changed};
  static constexpr audit_name accesses[] = {audit_kinds::data_accessed};
  static constexpr audit_name processing[] = {audit_kinds::data_accessed, audit_kinds::data_changed,
                                              audit_kinds::data_deleted};
  static constexpr audit_name erasures[] = {audit_kinds::personal_data_erased, audit_kinds::data_deleted};
  static constexpr audit_name administration[] = {audit_kinds::access_granted,        audit_kinds::access_revoked,
                                                  audit_kinds::configuration_changed, audit_kinds::approval_granted,
                                                  audit_kinds::approval_rejected,     audit_kinds::model_deployed,
                                                  audit_kinds::model_rolled_back};
  static constexpr audit_name accounts[] = {audit_kinds::credentials_changed, audit_kinds::access_granted,
                                            audit_kinds::access_revoked};
  static constexpr audit_name trail[] = {audit_kinds::trail_started, audit_kinds::trail_stopped};
  static constexpr audit_name pruned[] = {audit_kinds::records_pruned};
  static constexpr audit_name objects[] = {audit_kinds::model_registered, audit_kinds::model_archived,
                                           audit_kinds::data_deleted};
  static constexpr audit_name alterations[] = {audit_kinds::data_changed, audit_kinds::data_deleted};
  static constexpr audit_name releases[] = {audit_kinds::model_promoted, audit_kinds::model_deployed,
                                            audit_kinds::model_rolled_back, audit_kinds::configuration_changed};
  static constexpr audit_name decisions[] = {audit_kinds::approval_requested, audit_kinds::approval_granted,
                                             audit_kinds::approval_rejected};
  static constexpr audit_name safeguards[] = {audit_kinds::access_granted,        audit_kinds::access_revoked,
                                              audit_kinds::access_denied,         audit_kinds::security_violation,
                                              audit_kinds::configuration_changed, audit_kinds::credentials_changed};

  static constexpr std::string_view who[] = {"actor"};
  static constexpr std::string_view who_where[] = {"actor", "origin"};
  static constexpr std::string_view who_what[] = {"actor", "object"};
  static constexpr std::string_view who_what_why[] = {"actor", "object", "reason"};
  static constexpr std::string_view who_why[] = {"actor", "reason"};
  static constexpr std::string_view what_why[] = {"object", "reason"};
  static constexpr std::string_view purpose[] = {"actor", "object", "reason", "categories"};
  static constexpr std::string_view breach[] = {"object", "reason", "effects", "measures"};
  static constexpr std::string_view pci[] = {"actor", "object", "origin",
                                             "outcome"};  // 10.2.2; a record has its kind and time

  static constexpr report_control soc2[] = {
      {"CC6.1", "logical access to protected information", accesses, who_what},
      {"CC6.2, CC6.3", "users and their access are authorized, changed and removed", rights, who_what_why},
      {"CC6.6", "threats from outside the system's boundaries: attempts, and where they came from", tries, who_where},
      {"CC7.2", "anomalies and security events are monitored", anomalies, who},
      {"CC7.3, CC7.4", "security events are evaluated and answered", incidents, what_why},
      {"CC8.1", "changes are authorized, tested, approved and put to work", changes, who_what_why},
  };
  static constexpr report_control gdpr[] = {
      {"Art. 17", "personal data is erased", erasures, who_what_why},
      {"Art. 30(1)", "what to hold the register of processing against: purposes, categories", processing, purpose},
      {"Art. 32(1)(b)", "confidentiality and integrity: rights, attempts, changes of protection", safeguards, who_what},
      {"Art. 33(5)", "breaches are documented: facts, effects, measures", reported, breach},
  };
  static constexpr report_control hipaa[] = {
      {"164.312(b)", "audit controls: activity in systems with health information", processing, who_what},
      {"164.312(a)(1)", "access only by those with rights: who was refused", tries, who},
      {"164.312(c)(1)", "health information is not altered or destroyed improperly", alterations, who_what_why},
      {"164.308(a)(4)(ii)(C)", "access is established and modified", rights, who_what_why},
      {"164.308(a)(5)(ii)(C)", "log-ins are monitored", logins, who},
      {"164.308(a)(5)(ii)(D)", "passwords are changed and safeguarded", credentials, who},
      {"164.308(a)(6)(ii)", "security incidents are reported, with their outcome", incidents, what_why},
  };
  static constexpr report_control pci_dss[] = {
      {"6.5.1", "changes have a reason and an approval", decisions, who_what_why},
      {"6.5.1", "changes to what is in production", releases, who_what_why},
      {"10.2.1.1", "access of users to cardholder data", accesses, pci},
      {"10.2.1.2", "actions with administrative access", administration, pci},
      {"10.2.1.4", "invalid attempts of access", tries, pci},
      {"10.2.1.5", "changes to credentials and to the rights of accounts", accounts, pci},
      {"10.2.1.6", "audit logs are started and stopped", trail, who},
      {"10.2.1.7", "system objects are created and deleted", objects, pci},
      {"10.4.1", "security events, which are reviewed daily", violations, pci},
      {"10.5.1", "audit logs are kept for twelve months: what was removed", pruned, who_why},
  };
};
}  // namespace detail

namespace report_templates {
inline constexpr report_template soc2{
    "SOC 2", "AICPA TSP section 100, 2017 Trust Services Criteria with revised points of focus, 2022",
    detail::template_parts::soc2};
inline constexpr report_template gdpr{"GDPR", "Regulation (EU) 2016/679", detail::template_parts::gdpr};
/// Not the amendment that was proposed on 6 January 2025.
inline constexpr report_template hipaa{"HIPAA", "45 CFR Part 164, Subpart C, as amended in January 2013",
                                       detail::template_parts::hipaa};
inline constexpr report_template pci_dss{"PCI DSS", "PCI DSS v4.0.1, June 2024", detail::template_parts::pci_dss};
}  // namespace report_templates

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_REPORT_TEMPLATES_HPP
