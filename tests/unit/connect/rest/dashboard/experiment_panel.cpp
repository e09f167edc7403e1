#include <millrace/connect/rest/dashboard/experiment_panel.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace rest = millrace::connect::rest;

namespace {

struct told_experiment {
  md::experiment_report found = {};
  bool is_broken = false;
  mr::result<md::experiment_report> peek() const {
    if (is_broken) return mr::error(mr::errc::corrupt, "its log");
    return found;
  }
};

}  // namespace

TEST_CASE("a panel of an experiment has its variants, findings and guardrails") {
  told_experiment test;
  test.found.id = "new-model";
  test.found.phase = md::experiment_phase::running;
  test.found.variants = {{"control", 0.8, 80, 70}, {"treatment", 0.2, 20, 10}};
  md::experiment_finding one;
  one.metric = "bought";
  one.variant = "treatment";
  one.test.effect = 0.5;
  one.adjusted_p = 0.01;
  one.significant = true;
  test.found.findings.push_back(one);
  one.withheld = "the horizon is not reached";
  test.found.findings.push_back(one);
  md::guardrail_finding limit;
  limit.metric = "latency";
  limit.variant = "treatment";
  limit.harmed = true;
  test.found.guardrails.push_back(limit);
  const rest::experiment_panel panel(test, "Shop", mr::duration(5));
  CHECK(panel.title() == "Shop");
  CHECK(panel.period().nanoseconds == 5);
  rest::panel_writer to;
  REQUIRE(panel.show(to));
  CHECK(to.figures()[0].value == 100);
  const auto got = nlohmann::json::parse("{" + to.members() + "}");
  CHECK(got["states"][1]["value"] == "running");
  CHECK(got["states"][2]["value"] == "harm is shown");
  CHECK(got["tables"][0]["rows"][1] == nlohmann::json{"treatment", 20, 20, 10});
  CHECK(got["tables"][1]["rows"][0] == nlohmann::json{"bought", "treatment", 0.5, 0.01, "significant"});
  CHECK(got["tables"][1]["rows"][1][4] == "the horizon is not reached");
  CHECK(got["tables"][2]["rows"][0][5] == "yes");
  test.is_broken = true;
  rest::panel_writer none;
  CHECK_FALSE(panel.show(none));
}
