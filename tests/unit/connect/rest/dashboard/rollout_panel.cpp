#include <millrace/connect/rest/dashboard/rollout_panel.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace md = millrace::deliver;
namespace rest = millrace::connect::rest;

namespace {

/// What a rollout says of itself.
struct told_release {
  md::rollout_state now = {};
  md::judgement found = {};

  md::rollout_state state() const { return now; }
  md::judgement report() const { return found; }
  const std::string& name() const noexcept { return called; }
  std::uint64_t replaced() const noexcept { return 3; }
  std::uint64_t diverted() const noexcept { return 1; }

  std::string called = "fraud";
};
double figure_of(const rest::panel_writer& of, const std::string& name) {
  for (const rest::panel_figure& each : of.figures())
    if (each.name == name) return each.value;
  return -1;
}

}  // namespace

TEST_CASE("a panel of a release has its phase, its verdict and its e-process") {
  told_release release;
  release.now.strategy = "canary<5, 100>";
  release.now.phase = md::rollout_phase::rolled_back;
  release.now.cause = md::rollout_cause::evidence;
  release.now.actor = "ada";
  release.now.reason = "<b>slow</b>";
  release.now.share = 50'000;
  release.now.at = 1'700'000'000'000'000'000U;
  release.found.verdict = md::verdict::rollback;
  release.found.why = md::reason::harm;
  release.found.metric = "error_rate";
  release.found.alpha = 0.05;
  release.found.log_e = 4.5;
  release.found.requests = {1000, 50};
  md::evidence one;
  one.metric = "error_rate";
  one.effect_name = "ratio of error rates";
  one.effect = 3;
  one.measured = {1000, 50};
  one.bad = {10, 20};
  release.found.metrics.push_back(one);
  rest::rollout_panel panel(release);
  CHECK(panel.title() == "Release fraud");
  rest::panel_writer to;
  REQUIRE(panel.show(to));
  CHECK(figure_of(to, "Share of the candidate") == 5);
  CHECK(figure_of(to, "Evidence of harm (ln of the e-value)") == 4.5);
  CHECK(figure_of(to, "Answered by stable, because the candidate failed") == 3);
  const auto got = nlohmann::json::parse("{" + to.members() + "}");
  const auto state = [&](const std::string& name) {
    for (const auto& each : got["states"])
      if (each["name"] == name) return each["value"].get<std::string>() + "/" + each["level"].get<std::string>();
    return std::string();
  };
  CHECK(state("Phase") == "rolled_back/bad");
  CHECK(state("Because of") == "evidence, by ada: <b>slow</b>/plain");
  CHECK(state("Since (UTC)") == "2023-11-14T22:13:20/plain");
  CHECK(state("Verdict") == "rollback, harm of error_rate/bad");
  CHECK(state("Harm is shown from") == "ln e = 2.9957/plain");
  const auto row = got["tables"][0]["rows"][0];
  CHECK(row[0] == "error_rate");
  CHECK(row[2] == 3);
  CHECK(row[4].is_null());  // no upper end
  CHECK(row[9] == 20);

  release.now = {};
  release.found = {};
  rest::panel_writer draft;
  REQUIRE(panel.show(draft));
  const auto begun = nlohmann::json::parse("{" + draft.members() + "}");
  CHECK(begun["states"][0]["value"] == "draft");
  CHECK(begun["tables"].empty());
}
