#include <millrace/deliver/shadow/shadow_watch.hpp>

#include <millrace/deliver/shadow/shadow.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;
namespace mr = millrace;

TEST_CASE("shadow_watch: metrics count comparisons by their result") {
  mr::observe::metrics_registry registry;
  auto shown = md::shadow_metrics::make(registry, "fraud");
  REQUIRE(shown);
  md::shadow_events events;
  std::uint64_t dropped = 0;
  std::string ended;
  const auto on_drop =
      events.subscribe<md::shadow_dropped>("drops", [&](const md::shadow_dropped& some) { dropped += some.count; });
  const auto on_end =
      events.subscribe<md::shadow_stopped>("end", [&](const md::shadow_stopped& end) { ended = end.shadow; });
  {
    const auto stable = [](const int& r) { return r; };
    const auto candidate = [](const int& r) {
      if (r == 2) throw 1;
      return r == 1 ? 7 : r;
    };
    md::shadow scored{stable, candidate, md::shadow_watch{.events = &events, .metrics = &*shown},
                      md::shadow_options{.name = "fraud 8", .capacity = 4, .threads = 0}};
    for (int i = 0; i < 6; ++i) scored(i);
    scored.compare_waiting();
  }
  CHECK(dropped == 2);
  CHECK(ended == "fraud 8");
  REQUIRE(events.history<md::shadow_dropped>().size() == 1);  // which outlives the shadow
  CHECK(events.history<md::shadow_dropped>()[0].event.shadow == "fraud 8");
  CHECK(events.history<md::shadow_stopped>().at(0).event.shadow == "fraud 8");
  const std::string text = to_prometheus(registry.snapshot());
  CHECK_THAT(text,
             ContainsSubstring("millrace_ml_abtest_shadow_comparisons_total{experiment=\"fraud\",result=\"agree\"} 2"));
  CHECK_THAT(text, ContainsSubstring("abtest_shadow_comparisons_total{experiment=\"fraud\",result=\"differ\"} 1"));
  CHECK_THAT(text, ContainsSubstring("result=\"candidate_failed\"} 1"));
  CHECK_THAT(text, ContainsSubstring("abtest_shadow_dropped_total{experiment=\"fraud\",reason=\"full\"} 2"));
  CHECK_THAT(text,
             ContainsSubstring("abtest_shadow_latency_seconds_count{arm=\"candidate\",experiment=\"fraud\"} 4") ||
                 ContainsSubstring("abtest_shadow_latency_seconds_count{experiment=\"fraud\",arm=\"candidate\"} 4"));
}

TEST_CASE("shadow_watch: names that collectors would refuse are an error") {
  mr::observe::metrics_registry registry;
  CHECK_FALSE(md::shadow_metrics::make(registry, "fraud", "no name "));
  CHECK(md::shadow_metrics::make(registry, "fraud", ""));
  for (std::size_t i = 0; i < md::shadow_results; ++i)
    CHECK_FALSE(md::to_string(static_cast<md::shadow_result>(i)).empty());
}
