#include <millrace/observe/audit/report_templates.hpp>

#include <support/catch.hpp>

#include <string>

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
  CHECK(report_templates::pci_dss.controls[2].clause == "10.2.1.1");
  CHECK(report_templates::pci_dss.controls[2].kinds[0] == audit_kinds::data_accessed);
}
