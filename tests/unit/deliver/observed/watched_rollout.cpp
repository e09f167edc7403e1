#include <millrace/deliver/observed/watched_rollout.hpp>

#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mo = millrace::observe;

using support::scale;
using support::told_judge;

TEST_CASE("a release is on events, hooks and metrics", "[deliver][observed]") {
  md::rollout_events events;
  md::rollout_hooks hooks;
  mo::metrics_registry shown;
  auto metrics = md::rollout_metrics::make(shown, "fraud");
  REQUIRE(metrics);
  std::vector<std::string> told;
  const auto changes = events.subscribe<md::rollout_changed>(
      "log", [&](const md::rollout_changed& it) { told.push_back(std::string(to_string(it.state.phase))); });
  bool refuses = true;
  const auto freeze = hooks.before<md::rollout_advance>("freeze", [&](md::rollout_advance& asked) -> mr::result<void> {
    if (refuses && asked.to.phase == md::rollout_phase::promoting)
      return mr::error(mr::errc::unavailable, "nothing is promoted on a Friday");
    return {};
  });
  md::rollout release{scale{1},
                      scale{2},
                      md::canary<25, 100>(),
                      told_judge(),
                      md::rollout_options{.name = "fraud", .rules = {.min_requests = 10}},
                      md::watched_rollout{.hooks = &hooks, .events = &events, .metrics = &*metrics}};
  REQUIRE(release.start());
  for (int i = 0; i < 200; ++i) release(support::request{});
  REQUIRE(release.decide());
  const auto text = [&] { return mo::to_prometheus(shown.snapshot()); };
  CHECK_THAT(text(), ContainsSubstring("millrace_ml_rollout_share{release=\"fraud\"} 0.25"));
  CHECK_THAT(text(), ContainsSubstring("millrace_ml_rollout_changes_total{phase=\"running\",release=\"fraud\"} 1"));
  CHECK_THAT(text(), ContainsSubstring("millrace_ml_rollout_requests{arm=\"candidate\",release=\"fraud\"} "));

  release.judge().says = md::verdict::promote;
  const auto refused = release.decide();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::vetoed);
  CHECK_THAT(refused.error().describe(), ContainsSubstring("freeze") && ContainsSubstring("Friday"));
  CHECK(release.state().phase == md::rollout_phase::running);
  // On a Friday too, it is taken back.
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK(told == std::vector<std::string>{"running", "rolled_back"});
  CHECK_THAT(text(), ContainsSubstring("millrace_ml_rollout_rollbacks_total{cause=\"asked\",release=\"fraud\"} 1"));
  CHECK(events.history<md::candidate_rolled_back>().size() == 1);
  CHECK(events.history<md::rollout_looked>().size() == 1);
}
