#include <millrace/observe/audit/compliance_report.hpp>

#include <support/catch.hpp>

#include <support/audit_entries.hpp>
#include <support/golden.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

compliance_report report_of(const std::vector<audit_entry>& entries, compliance_options options = {}) {
  report_builder builder(std::move(options));
  for (const audit_entry& entry : entries) builder.update(entry);
  return std::move(builder).finish();
}

constexpr std::uint64_t day = 86'400'000'000'000U;
constexpr std::uint64_t begin = 1'764'460'800'000'000'000U;

}  // namespace

TEST_CASE("a report counts what a trail says, and finds gaps, silence and steps of the clock") {
  const compliance_report report = report_of(support::audit_story());
  CHECK(report.records == 10);
  CHECK(report.first_index == 0);
  CHECK(report.last_index == 10);
  CHECK(report.by_kind[0] == audit_kind_count{"approval_requested", 2});
  CHECK(report.by_kind[1] == audit_kind_count{"model_deployed", 2});
  CHECK(report.by_kind.size() == 8);
  CHECK(report.by_actor[0] == audit_actor_count{{"bob", pii_type::none, false}, 5});
  CHECK(report.by_actor[1] == audit_actor_count{{"Canaria Yellowfeather", pii_type::person_name, false}, 3});
  CHECK(report.by_actor[2].count == 1);
  CHECK(report.by_severity == std::vector<std::uint64_t>{7, 1, 1, 1});
  CHECK(report.by_day == std::vector<audit_day_count>{{begin, 6}, {begin + 3 * day, 4}});
  CHECK(report.silent_days == 2);
  CHECK(report.clock_steps_back == 1);
  CHECK(report.erased_values == 2);
  REQUIRE(report.gaps.size() == 1);
  CHECK(report.gaps[0].first == 6);
  CHECK(report.gaps[0].last == 6);
  CHECK(report.missing_records == 1);
  REQUIRE(report.denied.count == 1);
  CHECK(report.denied.entries[0].index == 7);
  REQUIRE(report.violations.count == 1);
  CHECK(report.violations.entries[0].kind == "incident_reported");
}

TEST_CASE("a report says who approved what, who approved their own request, and what was never approved") {
  const compliance_report report = report_of(support::audit_story());
  REQUIRE(report.approvals.size() == 2);
  CHECK(report.decisions == 2);
  const approval_decision& first = report.approvals[0];
  CHECK(first.object == "model/churn/3");
  CHECK(first.granted);
  CHECK(first.requested);
  CHECK(first.requested_by.text == "Canaria Yellowfeather");
  CHECK(first.decided_by.text == "bob");
  CHECK_FALSE(first.by_requester);
  CHECK_FALSE(report.approvals[1].granted);
  CHECK(report.approvals[1].by_requester);
  REQUIRE(report.unapproved.count == 1);
  CHECK(report.unapproved.entries[0].object == "model/fraud/1");

  // A second reviewer decides about the same request; a rejection, and a new request, take the approval back.
  const auto at = [](std::uint64_t i, const char* kind, const char* actor) {
    return audit_entry{.index = i,
                       .unix_nanoseconds = begin + i,
                       .kind = kind,
                       .actor = {actor, pii_type::none, false},
                       .object = "m"};
  };
  const compliance_report more =
      report_of({at(0, "approval_granted", "eve"), at(1, "model_deployed", "x"), at(2, "approval_requested", "ada"),
                 at(3, "model_promoted", "x"), at(4, "approval_granted", "bob"), at(5, "approval_granted", "ada"),
                 at(6, "model_deployed", "x"), at(7, "approval_rejected", "eve"), at(8, "model_deployed", "x")});
  REQUIRE(more.approvals.size() == 4);
  CHECK_FALSE(more.approvals[0].requested);
  CHECK(more.approvals[1].requested_by.text == "ada");
  CHECK(more.approvals[2].requested_by.text == "ada");
  CHECK(more.approvals[2].by_requester);
  CHECK(more.unapproved.count == 2);
  CHECK(more.unapproved.entries[0].index == 3);
  CHECK(more.unapproved.entries[1].index == 8);

  // Approvals from before the report's time count for what is in it, and are not in it themselves.
  const compliance_report late = report_of({at(0, "approval_requested", "ada"), at(1, "approval_granted", "bob"),
                                            at(2, "model_deployed", "x"), at(3, "model_deployed", "x")},
                                           {.from = begin + 2, .until = begin + 3});
  CHECK(late.records == 1);
  CHECK(late.unapproved.count == 0);
  CHECK(late.decisions == 0);
}

TEST_CASE("a template selects the records of each control, and counts those that lack a detail") {
  const compliance_report report =
      report_of(support::audit_story(), {.evidence = report_templates::pci_dss, .max_rows = 1});
  REQUIRE(report.controls.size() == report_templates::pci_dss.controls.size());
  const control_evidence& decisions = report.controls[0];
  CHECK(decisions.control.clause == "6.5.1");
  CHECK(decisions.records.count == 4);
  CHECK(decisions.records.entries.size() == 1);  // max_rows
  CHECK(decisions.incomplete == 0);
  const control_evidence& administration = report.controls[3];
  CHECK(administration.records.count == 4);  // two deployments, two decisions
  CHECK(administration.incomplete == 3);     // one deployment says origin and outcome
  CHECK(report.approvals.size() == 1);
  CHECK(report.decisions == 2);

  static constexpr audit_name kinds[] = {"incident_reported"};
  static constexpr std::string_view details[] = {"object", "effects", "measures"};
  static constexpr report_control controls[] = {{"7.1", "incidents", kinds, details}};
  const compliance_report own =
      report_of(support::audit_story(), {.evidence = report_template{"Ours", "policy 7", controls}});
  REQUIRE(own.controls.size() == 1);
  CHECK(own.controls[0].records.count == 1);
  CHECK(own.controls[0].incomplete == 0);  // what was erased was said
}

TEST_CASE("a report is the golden files, byte for byte, in four formats") {
  const compliance_report report =
      report_of(support::audit_story(),
                {.title = "Audit of <models> & \"data\"",
                 .until = begin + 30 * day,
                 .evidence = report_templates::gdpr,
                 .verification = report_verification{.intact = true, .records = 11, .head = std::string(64, 'a')},
                 .made_unix_nanoseconds = begin + 31 * day});
  const auto golden = [](const std::string& name) {
    const std::vector<std::byte> bytes = support::golden("observe/audit_report." + name);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  CHECK(to_json(report) == golden("json"));
  CHECK(to_yaml(report) == golden("yaml"));
  CHECK(to_csv(report) == golden("csv"));
  CHECK(to_html(report) == golden("html"));
}

TEST_CASE("no report has a personal value in it, unless it is asked for unmasked") {
  const std::vector<audit_entry> entries = support::audit_story();
  for (const auto& evidence :
       {report_templates::soc2, report_templates::gdpr, report_templates::hipaa, report_templates::pci_dss}) {
    const compliance_report report = report_of(entries, {.evidence = evidence});
    const std::string all = to_json(report) + to_yaml(report) + to_csv(report) + to_html(report);
    for (const std::string& canary : support::audit_canaries()) {
      CAPTURE(evidence.name, canary);
      CHECK(all.find(canary) == all.npos);
    }
  }
  const compliance_report report = report_of(entries, {.evidence = report_templates::hipaa});
  for (const std::string& canary : support::audit_canaries()) {
    CHECK(to_json(report, unmasked()).find(canary) != std::string::npos);
    CHECK(to_html(report, unmasked()).find(canary) != std::string::npos);
  }
}

TEST_CASE("a report of nothing says so") {
  const compliance_report report = report_of({}, {.verification = report_verification{.finding = "record 3: changed"}});
  const auto parsed = nlohmann::json::parse(to_json(report));
  CHECK(parsed["summary"]["records"] == 0);
  CHECK(parsed["verification"]["verified"] == true);
  CHECK(parsed["verification"]["intact"] == false);
  CHECK(parsed["verification"]["finding"] == "record 3: changed");
  CHECK(parsed["by_kind"].empty());
  CHECK(nlohmann::json::parse(to_json(report_of({})))["verification"]["verified"] == false);
}
