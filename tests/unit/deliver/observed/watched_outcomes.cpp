#include <millrace/deliver/observed/watched_outcomes.hpp>

#include <millrace/core/clock.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace md = millrace::deliver;
namespace mo = millrace::observe;
namespace mr = millrace;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

struct opened {
  support::temp_dir dir;
  md::prediction_log log = *md::prediction_log::open(dir / "log");
  md::outcome_join join;
  std::uint64_t now = mr::unix_nanoseconds();

  explicit opened(const md::outcome_join_options& options = {}) : join(*md::outcome_join::open(dir / "log", options)) {}
  void predict(const std::string& id) {
    const double output = 0.5;
    REQUIRE(log.append({.id = id, .time = now - 60 * second, .model = "m", .version = "1", .outputs = {&output, 1}}));
    REQUIRE(log.flush());
  }
};

}  // namespace

TEST_CASE("late labels are on events, hooks and metrics", "[deliver][observed]") {
  md::outcome_events events;
  md::outcome_hooks hooks;
  mo::metrics_registry shown;
  const auto metrics = md::outcome_metrics::make(shown, "fraud");
  REQUIRE(metrics);
  std::vector<std::string> told;
  const auto conflicts = events.subscribe<md::outcome_conflicted>(
      "conflicts", [&](const md::outcome_conflicted& it) { told.push_back(it.id + " has a label already"); });
  const auto reads = events.subscribe<md::outcomes_refreshed>("reads", [&](const md::outcomes_refreshed& it) {
    told.push_back(std::to_string(it.predictions) + " read, " + std::to_string(it.rows) + " joined, " +
                   std::to_string(it.all.waiting) + " wait");
  });
  const auto whole = hooks.before<md::outcome_taking>("whole labels", [](md::outcome_taking& it) -> mr::result<void> {
    if (it.label < 0) return mr::error(mr::errc::invalid_argument, "no such label");
    if (it.label > 1) it.label = 1;
    return {};
  });

  opened of;
  md::watched_outcomes watched(of.join, {.hooks = &hooks, .events = &events, .metrics = &*metrics});
  double sum = 0;
  const auto use = [&](const md::joined_row& row) { sum += row.label; };
  of.predict("a");
  REQUIRE(watched.refresh(use));
  CHECK(watched.update({.id = "a", .label = 7, .time = of.now}, use)->what == md::outcome_found::joined);
  CHECK(sum == 1);  // the hook has changed it
  CHECK(watched.update({.id = "a", .label = 1}, use)->what == md::outcome_found::duplicate);
  CHECK(watched.update({.id = "a", .label = 0}, use)->what == md::outcome_found::duplicate);
  CHECK(watched.update({.id = "b", .label = 1, .time = of.now}, use)->what == md::outcome_found::waiting);
  const auto vetoed = watched.update({.id = "c", .label = -1}, use);
  REQUIRE_FALSE(vetoed);
  CHECK(vetoed.error().code() == mr::errc::vetoed);
  CHECK(watched.outcomes().statistics().outcomes == 2);
  of.predict("b");
  REQUIRE(watched.refresh(use));
  CHECK(sum == 2);
  metrics->update(of.log.statistics());

  CHECK(told ==
        std::vector<std::string>{"1 read, 0 joined, 0 wait", "a has a label already", "1 read, 1 joined, 0 wait"});
  const auto refused = events.history<md::outcome_refused>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].event.id == "c");
  const std::string text = mo::to_prometheus(shown.snapshot());
  for (const char* line :
       {"outcomes_total{log=\"fraud\",result=\"joined\"} 1", "outcomes_total{log=\"fraud\",result=\"duplicate\"} 1",
        "outcomes_total{log=\"fraud\",result=\"conflicting\"} 1", "outcomes_total{log=\"fraud\",result=\"waiting\"} 1",
        "outcomes_total{log=\"fraud\",result=\"refused\"} 1", "outcomes_total{log=\"fraud\",result=\"late\"} 0",
        "outcome_rows_total{log=\"fraud\"} 2", "outcomes_waiting{log=\"fraud\"} 0",
        "predictions_known{log=\"fraud\"} 2", "outcome_delay_seconds_count{log=\"fraud\"} 2",
        "predictions_logged{log=\"fraud\",result=\"appended\"} 2",
        "predictions_without_outcome{log=\"fraud\",reason=\"dropped\"} 0"})
    CHECK_THAT(text, ContainsSubstring(std::string("millrace_ml_") + line));
}

TEST_CASE("a watched join says what the join says, with nobody to tell", "[deliver][observed]") {
  opened of({.max_outcomes = 1});
  md::watched_outcomes watched(of.join, {});
  const auto use = [](const md::joined_row&) {};
  CHECK(watched.update({.id = "a", .label = 1}, use)->what == md::outcome_found::waiting);
  CHECK(watched.update({.id = "b", .label = 1}, use).error().code() == mr::errc::no_space);
  CHECK(*watched.refresh(use) == 0);
}

TEST_CASE("an outcome that was not taken is told of with its error", "[deliver][observed]") {
  md::outcome_events events;
  std::string why;
  const auto heard = events.subscribe<md::outcome_refused>(
      "retry", [&](const md::outcome_refused& it) { why = it.id + ": " + it.why.describe(); });
  opened of({.max_outcomes = 1});
  md::watched_outcomes watched(of.join, {.events = &events});
  const auto use = [](const md::joined_row&) {};
  REQUIRE(watched.update({.id = "a", .label = 1}, use));
  REQUIRE_FALSE(watched.update({.id = "b", .label = 1}, use));
  CHECK_THAT(why, ContainsSubstring("b: ") && ContainsSubstring("no more may be"));
}
