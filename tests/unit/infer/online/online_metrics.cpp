#include <millrace/infer/online/online_metrics.hpp>

#include <millrace/infer/online/online_learner.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>
#include <support/ftrl_stream.hpp>

#include <chrono>
#include <string>

namespace mr = millrace;
namespace mi = millrace::infer;
namespace mm = millrace::model;
using support::ftrl_stream;
using namespace std::chrono_literals;

namespace {
using learner = mi::online_learner<mm::ftrl_logistic>;
learner begun() { return learner::make(mm::ftrl_logistic::make(ftrl_stream::columns).value(), {.batch = 4}).value(); }
std::string text_of(const mr::observe::metrics_registry& registry) {
  return mr::observe::to_prometheus(registry.snapshot());
}
}  // namespace

TEST_CASE("metrics of online learning have the names and labels of the document, with this library's prefix") {
  mr::observe::metrics_registry registry;
  auto made = mi::online_metrics<>::make(registry, "clicks", "3");
  REQUIRE(made);
  // "Online Learning" in the document's list of metrics, and the score of its alert, without the prefix `gress_`.
  const std::string labels = "{model=\"clicks\",version=\"3\"";
  for (const std::string& series :
       {"ml_online_updates_processed_total" + labels + "} 0",
        std::string("ml_model_score{metric=\"log_loss\",model=\"clicks\",version=\"3\"} 0"),
        "ml_checkpoint_duration_seconds_count" + labels + "} 0", "ml_model_drift_score" + labels + "} 0"})
    CHECK_THAT(text_of(registry), ContainsSubstring("\nmillrace_" + series));
  CHECK(registry.snapshot().families().size() == 4);
}

TEST_CASE("a learner's updates, score and drift are shown, and those of a resumed one counted from its start") {
  mr::observe::metrics_registry registry;
  auto shown = mi::online_metrics<"own_">::make(registry, "clicks", "3");
  REQUIRE(shown);
  learner made = begun();
  ftrl_stream from;
  const auto feed = [&](learner& to, int count) {
    for (int i = 0; i < count; ++i) {
      from.next();
      REQUIRE(to.update(from.row(), from.label));
    }
  };
  feed(made, 1201);  // more than a learner waits for before it watches for drift
  shown->update(made);
  shown->update(made);
  shown->checkpointed(20ms);
  const std::string text = text_of(registry);
  CHECK_THAT(text, ContainsSubstring("\nown_online_updates_processed_total{model=\"clicks\",version=\"3\"} 300\n"));
  CHECK_THAT(text, ContainsSubstring("\nown_model_score{metric=\"log_loss\",model=\"clicks\",version=\"3\"} 0."));
  CHECK_THAT(text, ContainsSubstring("\nown_checkpoint_duration_seconds_sum{model=\"clicks\",version=\"3\"} 0.02\n"));
  CHECK_THAT(text, !ContainsSubstring("\nown_model_drift_score{model=\"clicks\",version=\"3\"} 0\n"));

  auto resumed = learner::load(made.save());
  REQUIRE(resumed);
  mr::observe::metrics_registry fresh;
  auto later = mi::online_metrics<>::make(fresh, "clicks", "3");
  REQUIRE(later);
  feed(*resumed, 7);
  later->update(*resumed);
  CHECK_THAT(text_of(fresh), ContainsSubstring("online_updates_processed_total{model=\"clicks\",version=\"3\"} 2\n"));
}

TEST_CASE("a name that is in use for something else is an error") {
  mr::observe::metrics_registry registry;
  REQUIRE(registry.counter({"millrace_ml_model_score_total", "x"}));
  REQUIRE(registry.gauge({"millrace_ml_checkpoint_duration_seconds", "x"}));
  CHECK_FALSE(mi::online_metrics<>::make(registry, "clicks", "3"));
}
