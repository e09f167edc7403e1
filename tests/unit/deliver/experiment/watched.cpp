#include <millrace/deliver/experiment/watched.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/deliver/experiment/experiment.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mo = millrace::observe;
using namespace millrace::stats;

namespace {

std::uint64_t the_time = 0;
std::uint64_t test_clock() noexcept { return the_time; }

using small =
    md::experiment<md::experiment_layer<"shop">, md::variants<md::variant<"control", 80>, md::variant<"new", 20>>,
                   outcomes<conversion<"bought">>, decision<always_valid_asymptotic, alpha<.05>>,
                   md::guardrails<md::guardrail<mean_of<"latency">, md::harm::above, .01, 1>>>;

}  // namespace

TEST_CASE("hooks may veto the steps of an experiment, and events tell of those that were taken") {
  the_time = 1'700'000'000'000'000'000U;
  md::experiment_hooks hooks;
  md::experiment_events events;
  std::vector<std::string> told;
  const auto changes = events.subscribe<md::experiment_changed>("list", [&](const md::experiment_changed& e) {
    told.push_back(e.id + ' ' + std::string(to_string(e.phase)) + ' ' + e.change.actor + ' ' + e.winner);
  });
  const auto floor =
      hooks.before<md::experiment_transition>("reasons", [](md::experiment_transition& asked) -> mr::result<void> {
        if (asked.reason.empty()) return mr::error(mr::errc::invalid_argument, "give a reason");
        return {};
      });
  auto test = small::make({.id = "e", .window = mr::seconds(1)},
                          {.wall_clock = test_clock, .watch = {.hooks = &hooks, .events = &events}});
  REQUIRE(test);
  const auto refused = test->start("ada");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::vetoed);
  CHECK(test->phase() == md::experiment_phase::draft);
  REQUIRE(test->start("ada", "a hunch"));
  REQUIRE(test->stop("ada", "enough"));
  REQUIRE(test->conclude("new", "bob", "better"));
  CHECK_FALSE(test->start("ada", "again"));
  CHECK(told == std::vector<std::string>{"e running ada ", "e stopped ada ", "e decided bob new"});
}

TEST_CASE("a check stops an experiment that harms, and tells once that units are not shared out as configured") {
  the_time = 1'700'000'000'000'000'000U;
  md::experiment_events events;
  int ratios = 0;
  std::vector<std::string> harms;
  const auto by_ratio =
      events.subscribe<md::sample_ratio_broken>("ratio", [&](const md::sample_ratio_broken&) { ++ratios; });
  const auto by_harm = events.subscribe<md::experiment_harmed>(
      "harm", [&](const md::experiment_harmed& e) { harms.push_back(e.finding.metric + ' ' + e.finding.variant); });
  auto test =
      small::make({.id = "e", .window = mr::seconds(1)}, {.wall_clock = test_clock, .watch = {.events = &events}});
  REQUIRE((test && test->start("ada")));
  mr::random_engine random(5);
  for (std::size_t u = 0; u < 2000; ++u) {
    const std::size_t variant = u % 2;
    test->expose_as(variant, u);
    test->update<"latency">(u, 10 + random.uniform() + (variant == 1 ? 3 : 0));
  }
  the_time += 2'000'000'000U;
  const auto report = test->guard();
  REQUIRE(report);
  CHECK(report->phase == md::experiment_phase::stopped);
  CHECK(report->changes.back().reason == "latency of new is worse by more than 1");
  CHECK(test->record().changes.back().actor == "guardrail");
  REQUIRE(test->guard());
  CHECK(ratios == 1);
  CHECK(harms == std::vector<std::string>{"latency new"});
}

TEST_CASE("metrics count the requests of each variant and time their responses") {
  mo::metrics_registry registry;
  const auto shown = md::experiment_metrics::make(registry, "e", small::variants_type::names);
  REQUIRE(shown);
  auto test = small::make({.id = "e"}, {.watch = {.metrics = &*shown}});
  REQUIRE((test && test->start("ada")));
  std::uint64_t given[2] = {0, 0};
  for (int u = 0; u < 100; ++u) {
    const std::size_t variant = test->expose(u).variant;
    ++given[variant];
    test->measure(variant, 2e6);
  }
  test->measure(0, -1);
  test->measure(7, 1);
  const std::string text = mo::to_prometheus(registry.snapshot());
  CHECK(text.find("millrace_ml_abtest_variant_selections_total{experiment=\"e\",variant=\"control\"} " +
                  std::to_string(given[0])) != text.npos);
  CHECK(text.find("millrace_ml_abtest_variant_selections_total{experiment=\"e\",variant=\"new\"} " +
                  std::to_string(given[1])) != text.npos);
  CHECK(text.find("millrace_ml_abtest_variant_latency_seconds_count{experiment=\"e\",variant=\"new\"} " +
                  std::to_string(given[1])) != text.npos);
  CHECK(md::experiment_metrics::make(registry, "f", small::variants_type::names));
}
