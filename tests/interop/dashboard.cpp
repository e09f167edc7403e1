// Serves a dashboard with all panels on a port of 127.0.0.1, which it prints, and does what it is told line by line:
// `roll_back`, `repair` (the panel that fails), `down` and `up` (the server), `end`.
//
// usage: interop_dashboard [TOKEN]
#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/dashboard.hpp>
#include <millrace/connect/rest/parts/watched_requests.hpp>
#include <millrace/deliver.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/rest.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mo = millrace::observe;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

namespace {

/// What others have called things, and what must not become markup.
constexpr const char* hostile =
    "<script>window.hacked=1</script>\"'&\xe2\x80\xa8\xff<img src=x onerror=window.hacked=1>";

struct payment {
  std::string user;
  double amount = 0;
};
struct failing_panel {
  const std::atomic<bool>* is_well;
  std::string_view title() const noexcept { return "Feature store"; }
  mr::result<void> show(rest::panel_writer& to) {
    if (!*is_well) return mr::error(mr::errc::unavailable, std::string("no connection to ") + hostile);
    to.state("Store", "there", rest::panel_level::good);
    return {};
  }
};

/// Answers for the drift of four features, of a detector and of a model.
bool show_drift(mo::metrics_registry& metrics) {
  const char* const features[] = {"amount", "country", hostile, "hour"};
  for (int i = 0; i < 4; ++i) {
    const auto score = metrics.gauge({"millrace_ml_feature_drift_score", "Score."}, {{"feature", features[i]}});
    if (!score) return false;
    score->set(0.1 * i);
  }
  const auto drifted = metrics.gauge({"millrace_ml_features_drifted", "Drifted."});
  const auto greatest = metrics.gauge({"millrace_ml_table_drift_score", "Greatest."});
  const auto detector = metrics.gauge({"millrace_ml_detector_score", "Score."}, {{"detector", "latency"}});
  if (!drifted || !greatest || !detector) return false;
  drifted->set(1);
  greatest->set(0.3);
  detector->set(0.4);
  return true;
}
template <class Registry>
bool fill(Registry& models) {
  for (const char* name : {"churn", "fraud"})
    for (const char* version : {"1.0.0", "1.1.0", "2.0.0"})
      if (!models.register_version({.model = name, .semantic = version, .actor = "ada"})) return false;
  for (const auto to : {mr::registry::stage::staging, mr::registry::stage::production})
    if (!models.move({.model = "fraud", .version = 2, .to = to, .actor = "ada"})) return false;
  return bool(models.set_alias("fraud", "champion", 2, "ada"));
}

int serve(const std::string& token) {
  const support::temp_dir dir;
  mo::metrics_registry metrics;
  auto trail = mo::audit_trail<ms::shared>::open(dir / "audit");
  ms::memory_storage storage;
  auto registry = mr::registry::open_registry(storage);
  const auto watch = mr::infer::serving_metrics<>::make(metrics, "fraud", "2");
  if (!trail || !registry || !watch || !fill(*registry) || !show_drift(metrics)) return 1;
  const rest_tests::sum_model model{3, 1};
  mr::infer::batcher batches{model, mr::infer::max_rows<64>, *watch};
  rest::served_models models;
  if (!models.add("fraud", batches) || !models.put(hostile, model)) return 1;

  const auto stable = [](const payment& asked) -> mr::result<double> { return asked.amount; };
  const auto candidate = [](const payment& asked) -> mr::result<double> {
    if (asked.amount < 4) return mr::error(mr::errc::invalid_data, "no such feature");
    return asked.amount;
  };
  md::rollout release{stable,
                      candidate,
                      md::canary<50, 100>(),
                      md::judge<md::error_rate<md::max_ratio<2>>>(),
                      md::unit_of{&payment::user},
                      md::rollout_options{.name = "fraud"}};
  if (!release.start("ada", "trained on the payments of May")) return 1;

  std::atomic<bool> is_well = false;
  rest::board_options looks;
  looks.title = "Scoring of payments";
  looks.interval = mr::duration(300'000'000);
  looks.max_listeners = 2;
  rest::live_board board(looks, rest::traffic_panel(metrics), rest::rollout_panel(release), rest::drift_panel(metrics),
                         rest::models_panel(models), rest::stages_panel(*registry), rest::audit_panel(*trail),
                         failing_panel{&is_well});
  rest::api_options options;
  if (!token.empty()) options.users.push_back({"ada", ms::secret<std::string>(std::string(token))});
  const rest::api api(std::move(options), rest::dashboard(board), rest::predictions(models),
                      rest::watched_requests(metrics));
  auto server = mr::connect::http::server::listen(api);
  if (!server) return 1;
  const std::uint16_t port = server->port();
  std::printf("%u\n", static_cast<unsigned>(port));
  std::fflush(stdout);

  std::atomic<bool> is_over = false;
  std::thread traffic([&] {
    const std::vector<float> rows(3 * 8, 1);
    const auto fraud = models.find("fraud");
    std::vector<double> out(8);
    for (std::uint32_t i = 0; !is_over; ++i) {
      static_cast<void>(fraud->predict(mr::model::matrix_view(rows, 3), out));
      static_cast<void>(release(payment{"user-" + std::to_string(i % 1000), static_cast<double>(i % 100)}));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  bool is_fine = true;
  for (std::string line; std::getline(std::cin, line) && line != "end";) {
    if (line == "roll_back") {
      const std::string object = std::string("model/") + hostile;
      is_fine = is_fine && release.roll_back("ada", hostile) &&
                trail->append_durable(mo::audit_event{.kind = mo::audit_kinds::model_rolled_back,
                                                      .severity = mo::audit_severity::warning,
                                                      .actor = "ada",
                                                      .object = object,
                                                      .reason = hostile});
    }
    if (line == "repair") is_well = true;
    if (line == "down") server->stop();
    if (line == "up") {
      auto again = mr::connect::http::server::listen(api, {.port = port});
      is_fine = is_fine && again;
      if (again) *server = *std::move(again);
    }
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }
  is_over = true;
  traffic.join();
  server->stop();
  board.close();
  return is_fine ? 0 : 1;
}

}  // namespace

int main(int count, char** words) { return serve(count > 1 ? words[1] : ""); }
