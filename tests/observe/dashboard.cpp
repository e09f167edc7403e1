// A program with all of the library's metrics, for its dashboard and its alerts: observe_dashboard page STEP prints the
// page of metrics after STEP steps, `dashboard` and `alerts` what is made of it, `unknown` the rows of the table that
// no metric of the library goes by. Things go badly: every alert is due, of the model `fraud`, or of `idle`, which
// nobody asks.
#include <millrace/chain.hpp>
#include <millrace/detect/features/drift_metrics.hpp>
#include <millrace/infer/online/online_metrics.hpp>
#include <millrace/infer/serving/serving_metrics.hpp>
#include <millrace/middleware/feature_metrics.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/observe/dashboards.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/health.hpp>
#include <millrace/resilience/calls/call_metrics.hpp>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mi = millrace::infer;
namespace mr = millrace;

namespace {

inline constexpr mr::field<"loss", double> loss;

struct train {
  using reads = mr::fields<>;
  using writes = mr::fields<loss>;
  static constexpr std::string_view name = "train";
  int* runs;
  mr::result<void> operator()(auto& ctx) {
    ctx[loss] = 1.0 / ++*runs;
    if (*runs % 2 == 0) return mr::error(mr::errc::invalid_data, "every other one");
    return {};
  }
};

/// Stands for an online learner.
struct learner {
  struct measured {
    static double faded_loss() noexcept { return 0.5; }
  };
  std::uint64_t count = 0;
  std::uint64_t updates() const noexcept { return count; }
  static std::uint64_t updates_before() noexcept { return 0; }
  static measured measures() noexcept { return {}; }
  static double drift_score() noexcept { return 1.5; }
};

struct features {
  static constexpr std::size_t width = 1;
  static std::vector<std::string_view> kinds() { return {"standardize"}; }
  void operator()(double amount, std::span<float> out) const { out[0] = static_cast<float>(amount); }
};

struct detector {
  static double statistic() noexcept { return 3; }
  static double threshold() noexcept { return 2; }
};

void fill(mr::observe::metrics_registry& registry, unsigned steps) {
  const auto serving = mi::serving_metrics<>::make(registry, "fraud").value();
  (void)mi::serving_metrics<>::make(registry, "idle").value();
  auto online = mi::online_metrics<>::make(registry, "clicks", "1").value();
  serving.waiting(5000);
  serving.began(8);
  learner learnt;
  for (unsigned step = 0; step < steps; ++step) {
    serving.ran({mi::serving_status::ok, 0}, 4);
    serving.ended({mi::serving_status::ok, 0}, 4, 500'000'000);
    serving.ended({mi::serving_status::refused, 0}, 4, 1'000);
    serving.replaced(2);
    ++learnt.count;
    online.checkpointed(mr::seconds(0.25));
    registry.counter(mr::validation_issues_info, {{"rule", "finite"}}).value().add(1);
  }
  online.update(learnt);

  int runs = 0;
  auto chain = mr::chain<mr::lenient>(train{&runs}).use(mr::metrics{registry});
  auto ctx = chain.context();
  for (unsigned step = 0; step < 2 * steps; ++step) (void)chain(ctx);

  const auto made = mr::measured_features<features>::make({}, registry, "payments").value();
  float out = 0;
  for (unsigned step = 0; step < steps; ++step) made(1.5, {&out, 1});

  mr::detect::drift_metrics drift(registry, {{"model", "fraud"}});
  mr::detect::table_drift_report report;
  report.features.push_back({"amount", {}, 0, true});
  report.features[0].measures.score = report.score = 0.75;
  report.drifted = 1;
  (void)drift.update(report);
  (void)drift.update("loss", detector{});

  mr::observe::health_monitor monitor;
  (void)monitor.expose(registry);
  (void)monitor.add(mr::observe::function_check(
      "queue", []() -> mr::result<void> { return mr::error(mr::errc::unavailable, "it is down"); }));
  (void)monitor.report();

  auto process = mr::observe::process_collector::make(registry).value();
  (void)process.update();

  const auto calls = mr::resilience::call_metrics<>::make(registry, "features").value();
  for (unsigned step = 0; step < steps; ++step) calls.update(mr::resilience::call_event::failed);
  calls.update(mr::resilience::call_event::opened);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  mr::observe::metrics_registry registry;
  fill(registry, argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 1);
  const auto snapshot = registry.snapshot();
  std::string text;
  if (wanted == "page") {
    text = mr::observe::to_prometheus(snapshot);
  } else if (wanted == "dashboard") {
    text = mr::observe::grafana_dashboard(snapshot, {.title = "Fraud \"live\"", .uid = "fraud"});
  } else if (wanted == "alerts") {
    text = mr::observe::prometheus_alerts(snapshot).value().yaml;
  } else if (wanted == "unknown") {
    for (const mr::observe::metric_row& row : mr::observe::standard_metrics)
      if (!mr::observe::detail::is_meant_by(snapshot, row.metric)) text.append(row.metric) += '\n';
  } else {
    std::fputs("usage: observe_dashboard page|dashboard|alerts|unknown [STEP]\n", stderr);
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
