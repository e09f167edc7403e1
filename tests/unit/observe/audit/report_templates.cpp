#include <millrace/observe/audit/report_templates.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

TEST_CASE("every control of the four report templates has a clause, kinds that exist, and details") {
  const std::string_view all[] = {
      "model_registered",   "model_promoted",      "model_deployed",     "model_rolled_back",     "model_archived",
      "approval_requested", "approval_granted",    "approval_rejected",  "data_accessed",         "data_changed",
      "data_deleted",       "access_granted",      "access_revoked",     "access_denied",         "login_succeeded",
      "login_failed",       "credentials_changed", "security_violation", "configuration_changed", "incident_reported",
      "trail_started",      "trail_stopped",       "records_pruned",     "personal_data_erased"};
  for (const report_template& each :
       {report_templates::soc2, report_templates::gdpr, report_templates::hipaa, report_templates::pci_dss}) {
    CAPTURE(each.name);
    CHECK_FALSE(each.source.empty());
    REQUIRE(each.controls.size() >= 4);
    for (const report_control& control : each.controls) {
      CAPTURE(control.clause);
      CHECK_FALSE(control.clause.empty());
      CHECK_FALSE(control.asks.empty());
      CHECK_FALSE(control.details.empty());
      REQUIRE_FALSE(control.kinds.empty());
      for (const audit_name kind : control.kinds) {
        bool known = false;
        for (const std::string_view name : all) known = known || kind.view() == name;
        CAPTURE(kind.view());
        CHECK(known);
      }
    }
  }
}

namespace {

/// "clause: kinds -> details" of each control.
std::vector<std::string> lines_of(const report_template& made) {
  std::vector<std::string> lines;
  for (const report_control& control : made.controls) {
    std::string line(control.clause);
    line += ':';
    for (const audit_name kind : control.kinds) (line += ' ') += kind.view();
    line += " ->";
    for (const std::string_view detail : control.details) (line += ' ') += detail;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

// The clauses were compared with the frameworks' texts, or public listings of them, in November 2026. Whoever changes
// one compares it anew.
TEST_CASE("the report templates cite these clauses, of these editions") {
  using lines = std::vector<std::string>;
  CHECK(report_templates::soc2.source.find("2017 Trust Services Criteria") != std::string_view::npos);
  CHECK(lines_of(report_templates::soc2) ==
        lines{"CC6.1: data_accessed -> actor object",
              "CC6.2, CC6.3: access_granted access_revoked -> actor object reason",
              "CC6.6: access_denied login_failed -> actor origin",
              "CC7.2: security_violation access_denied login_failed -> actor",
              "CC7.3, CC7.4: incident_reported security_violation -> object reason",
              "CC8.1: approval_requested approval_granted approval_rejected model_promoted model_deployed "
              "model_rolled_back configuration_changed -> actor object reason"});
  CHECK(report_templates::gdpr.source == "Regulation (EU) 2016/679");
  CHECK(lines_of(report_templates::gdpr) ==
        lines{"Art. 17: personal_data_erased data_deleted -> actor object reason",
              "Art. 30(1): data_accessed data_changed data_deleted -> actor object reason categories",
              "Art. 32(1)(b): access_granted access_revoked access_denied security_violation configuration_changed "
              "credentials_changed -> actor object",
              "Art. 33(5): incident_reported -> object reason effects measures"});
  CHECK(report_templates::hipaa.source.find("45 CFR Part 164, Subpart C") != std::string_view::npos);
  CHECK(lines_of(report_templates::hipaa) ==
        lines{"164.312(b): data_accessed data_changed data_deleted -> actor object",
              "164.312(a)(1): access_denied login_failed -> actor",
              "164.312(c)(1): data_changed data_deleted -> actor object reason",
              "164.308(a)(4)(ii)(C): access_granted access_revoked -> actor object reason",
              "164.308(a)(5)(ii)(C): login_succeeded login_failed -> actor",
              "164.308(a)(5)(ii)(D): credentials_changed -> actor",
              "164.308(a)(6)(ii): incident_reported security_violation -> object reason"});
  CHECK(report_templates::pci_dss.source.find("v4.0.1") != std::string_view::npos);
  CHECK(lines_of(report_templates::pci_dss) ==
        lines{"6.5.1: approval_requested approval_granted approval_rejected -> actor object reason",
              "6.5.1: model_promoted model_deployed model_rolled_back configuration_changed -> actor object reason",
              "10.2.1.1: data_accessed -> actor object origin outcome",
              "10.2.1.2: access_granted access_revoked configuration_changed approval_granted approval_rejected "
              "model_deployed model_rolled_back -> actor object origin outcome",
              "10.2.1.4: access_denied login_failed -> actor object origin outcome",
              "10.2.1.5: credentials_changed access_granted access_revoked -> actor object origin outcome",
              "10.2.1.6: trail_started trail_stopped -> actor",
              "10.2.1.7: model_registered model_archived data_deleted -> actor object origin outcome",
              "10.4.1: security_violation -> actor object origin outcome", "10.5.1: records_pruned -> actor reason"});
}
