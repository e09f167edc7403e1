#include <millrace/infer/serving/serving_metrics.hpp>

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/infer/serving/fallback.hpp>
#include <millrace/infer/serving/swappable.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;
using support::adder;
using support::virtual_clock;
using support::virtual_time;

namespace {

bool shows(const mr::observe::metrics_registry& registry, const std::string& line) {
  return mr::observe::to_prometheus(registry.snapshot()).find(line + "\n") != std::string::npos;
}

/// A model that can be moved into a swappable one.
struct constant {
  double value = 0;
  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double> out) const noexcept { out[0] = value; }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = value;
  }
};

/// A model during which the clock goes back, as the cycles of another core may.
struct going_back {
  virtual_time* time;
  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double> out) const noexcept {
    time->now -= 300;
    out[0] = 1;
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i, 1));
  }
};

constexpr std::array<float, 4> numbers{1, 2, 3, 4};
const std::span<const float> one_row(numbers.data(), 2);
const std::string of_fraud = "{model=\"fraud\",version=\"1\"";

static_assert(mi::serving_monitor<mi::serving_metrics<>>);

}  // namespace

TEST_CASE("metrics of inference have the names and labels of the document, with this library's prefix") {
  struct documented {
    std::string name;
    std::string type;
    std::string labels;
  };
  // "Inference Metrics" in the document's list, without the prefix `gress_`, and the counter of its alert on errors.
  const std::string model = "model=\"fraud\",version=\"7\"";
  const std::vector<documented> list{{"ml_inference_latency_seconds", "histogram", model},
                                     {"ml_predictions_total", "counter", "model=\"fraud\",status=\"ok\",version=\"7\""},
                                     {"ml_batch_size", "histogram", model},
                                     {"ml_queue_depth", "gauge", ""},
                                     {"ml_active_predictions", "gauge", ""},
                                     {"ml_inference_errors_total", "counter", model},
                                     {"ml_fallbacks_total", "counter", model}};  // of this library alone
  mr::observe::metrics_registry registry;
  REQUIRE(mi::serving_metrics<>::make(registry, "fraud", "7"));
  const auto snapshot = registry.snapshot();
  const std::string text = mr::observe::to_prometheus(snapshot);
  for (const documented& one : list) {
    CHECK_THAT(text, ContainsSubstring("# TYPE millrace_" + one.name + " " + one.type + "\n"));
    const std::string labels = one.labels.empty() ? "" : "{" + one.labels + "}";
    CHECK_THAT(text, ContainsSubstring("\nmillrace_" + one.name + (one.type == "histogram" ? "_count" : "") + labels +
                                       " 0\n"));
  }
  CHECK(snapshot.families().size() == list.size());

  mr::observe::metrics_registry other;
  REQUIRE(mi::serving_metrics<"shop_">::make(other, "fraud"));
  CHECK(shows(other, "shop_queue_depth 0"));
  CHECK(shows(other, "shop_inference_errors_total{model=\"fraud\",version=\"0\"} 0"));
}

TEST_CASE("metrics of inference: rows by status, batches and latencies are those of the batcher") {
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", "1");
  REQUIRE(watch);
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 1'000'000};
  mi::batcher serve{model, mi::batcher_options{.max_rows = 4, .max_waiting = 4}, virtual_clock{&time}, *watch};
  std::array<double, 2> out{};
  const mm::matrix_view two(numbers, 2);
  mi::request a(two, out);
  mi::request b(one_row, out);
  mi::request late(one_row, out, {.timeout = mr::seconds(0.0005)});
  mi::request refused(one_row, out);
  mi::request left(one_row, out, {mi::serving_priority::low});
  (void)serve.submit(a);
  (void)serve.submit(b);
  (void)serve.submit(late);
  CHECK(serve.submit(refused).status == mi::serving_status::refused);
  CHECK(shows(registry, "millrace_ml_queue_depth 4"));
  time.now += 600'000;
  (void)serve.submit(left);
  serve.cancel(left);
  CHECK(serve.wait(a));
  CHECK(serve(two, out));
  CHECK(serve.wait(late).status == mi::serving_status::timeout);
  CHECK(shows(registry, "millrace_ml_queue_depth 0"));
  CHECK(shows(registry, "millrace_ml_active_predictions 0"));
  const auto predictions = [](const std::string& status) {
    return "millrace_ml_predictions_total{model=\"fraud\",status=\"" + status + "\",version=\"1\"} ";
  };
  CHECK(shows(registry, predictions("ok") + "5"));
  CHECK(shows(registry, predictions("refused") + "1"));
  CHECK(shows(registry, predictions("timeout") + "1"));
  CHECK(shows(registry, predictions("cancelled") + "1"));
  CHECK(shows(registry, "millrace_ml_inference_errors_total" + of_fraud + "} 3"));
  CHECK(shows(registry, "millrace_ml_batch_size_count" + of_fraud + "} 2"));
  CHECK(shows(registry, "millrace_ml_batch_size_sum" + of_fraud + "} 5"));
  // Two took 1.6 ms, one 1 ms; the late, the refused and the cancelled one were not answered.
  CHECK(shows(registry, "millrace_ml_inference_latency_seconds_count" + of_fraud + "} 3"));
  CHECK(shows(registry, "millrace_ml_inference_latency_seconds_sum" + of_fraud + "} 0.0042"));
  CHECK(support::allocations_of([&] { watch->ended({}, 1, 5); }) == 0);
}

TEST_CASE("metrics of inference: a request during which the clock goes back took no time, and not five centuries") {
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "fraud");
  virtual_time time;
  const going_back model{&time};
  mi::batcher serve{model, virtual_clock{&time}, *watch};
  std::array<double, 1> out{};
  CHECK(serve(one_row, out));
  mi::request waiting(one_row, out);
  (void)serve.submit(waiting);
  CHECK(serve.wait(waiting));
  CHECK(shows(registry, "millrace_ml_inference_latency_seconds_count{model=\"fraud\",version=\"0\"} 2"));
  CHECK(shows(registry, "millrace_ml_inference_latency_seconds_sum{model=\"fraud\",version=\"0\"} 0"));
}

TEST_CASE("metrics of inference: rows in the model are active while it runs") {
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "fraud");
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 1000};
  mi::batcher serve{model, virtual_clock{&time}, *watch};
  bool was_active = false;
  time.planned.push_back({time.now + 500, [&] { was_active = shows(registry, "millrace_ml_active_predictions 2"); }});
  std::array<double, 2> out{};
  CHECK(serve(mm::matrix_view(numbers, 2), out));
  CHECK(was_active);
}

TEST_CASE("metrics of inference: each version of a swappable model has series of its own") {
  mr::observe::metrics_registry registry;
  mi::swappable live{constant{1}};
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", live);
  REQUIRE(watch);
  mi::batcher serve{live, *watch};
  std::array<double, 2> out{};
  const mm::matrix_view two(numbers, 2);
  CHECK(serve(two, out));
  REQUIRE(watch->expect(live.version() + 1));
  REQUIRE(watch->expect(2));  // once more does nothing
  REQUIRE(live.swap(constant{2}));
  CHECK(serve(two, out));
  CHECK(serve(two, out));
  CHECK_FALSE(serve(two, std::span(out).first(1)));
  const auto ok = [](const std::string& version) {
    return "millrace_ml_predictions_total{model=\"fraud\",status=\"ok\",version=\"" + version + "\"} ";
  };
  CHECK(shows(registry, ok("1") + "2"));
  CHECK(shows(registry, ok("2") + "4"));
  CHECK(shows(registry, "millrace_ml_inference_errors_total{model=\"fraud\",version=\"2\"} 2"));
  CHECK(watch->unexpected() == 0);
}

TEST_CASE("metrics of inference: each row is counted once, and those that a fallback serves apart from that") {
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", "1");
  const adder model{};
  mi::batcher serve{model, *watch};
  auto guarded = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{0}});
  REQUIRE(guarded);
  std::array<double, 2> out{};
  CHECK((*guarded)(mm::matrix_view(numbers, 2), out));
  serve.close();
  CHECK((*guarded)(mm::matrix_view(numbers, 2), out));
  for (const std::string status : {"ok", "closed"})
    CHECK(shows(registry, "millrace_ml_predictions_total{model=\"fraud\",status=\"" + status + "\",version=\"1\"} 2"));
  CHECK(shows(registry, "millrace_ml_fallbacks_total" + of_fraud + "} 2"));
  std::uint64_t rows = 0;
  const auto snapshot = registry.snapshot();
  for (const auto& one : snapshot.find("millrace_ml_predictions")->samples) rows += one.count;
  CHECK(rows == 4);
  // What was refused at the close took no time, and does not pull the median down.
  CHECK(shows(registry, "millrace_ml_inference_latency_seconds_count" + of_fraud + "} 1"));
}

TEST_CASE("metrics of inference: there are no series of versions that there are not") {
  mr::observe::metrics_registry registry;
  mi::swappable live{constant{1}};
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", live);
  REQUIRE(watch);
  mi::batcher serve{live, *watch};
  std::array<double, 1> out{};
  CHECK(serve(one_row, out));
  const auto has = [&](const std::string& version) {
    return mr::observe::to_prometheus(registry.snapshot()).find("version=\"" + version + "\"") != std::string::npos;
  };
  CHECK(has("1"));
  CHECK_FALSE(has("0"));
  CHECK_FALSE(has("other"));
  REQUIRE(live.swap(constant{2}));  // which nobody announced
  CHECK(serve(one_row, out));
  CHECK(has("other"));
  CHECK(shows(registry, "millrace_ml_predictions_total{model=\"fraud\",status=\"ok\",version=\"other\"} 1"));
  CHECK_FALSE(shows(registry, "millrace_ml_predictions_total{model=\"fraud\",status=\"closed\",version=\"other\"} 0"));
}

TEST_CASE("metrics of inference: what the registry refuses is an error, and the version one of the others") {
  mr::observe::metrics_registry registry;
  CHECK_FALSE(mi::serving_metrics<"9_">::make(registry, "fraud"));
  mr::observe::metrics_registry little({.max_series_per_family = 12});
  const auto watch = mi::serving_metrics<>::make(little, "fraud");
  REQUIRE(watch);
  mi::swappable live{constant{1}};
  CHECK_FALSE(watch->expect(1));
  CHECK_FALSE(mi::serving_metrics<>::make(little, "fraud", live));
  mi::batcher serve{live, *watch};
  std::array<double, 1> out{};
  CHECK(serve(one_row, out));
  CHECK(watch->unexpected() == 1);
  CHECK(shows(little, "millrace_ml_predictions_total{model=\"fraud\",status=\"ok\",version=\"other\"} 1"));
}

TEST_CASE("metrics of inference: versions that a full registry refuses leave no series behind") {
  mr::observe::metrics_registry little({.max_series_per_family = 24});
  const auto watch = mi::serving_metrics<>::make(little, "fraud");
  REQUIRE(watch);
  std::uint64_t version = 1;
  while (watch->expect(version)) ++version;
  for (std::uint64_t more = 1; more < 10; ++more) CHECK_FALSE(watch->expect(version + more));
  for (std::uint64_t more = 0; more < 10; ++more) {
    const std::string labels = "{model=\"fraud\",version=\"" + std::to_string(version + more) + "\"}";
    CHECK_FALSE(shows(little, "millrace_ml_inference_errors_total" + labels + " 0"));
    CHECK_FALSE(shows(little, "millrace_ml_batch_size_count" + labels + " 0"));
  }
}

TEST_CASE("metrics of inference: a version that nobody announced takes nothing from the heap") {
  mr::observe::metrics_registry registry;
  mi::swappable live{constant{1}};
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", live);
  REQUIRE(watch);
  REQUIRE(watch->expect(3));
  mi::batcher serve{live, *watch};
  std::array<double, 2> out{};
  CHECK(serve(mm::matrix_view(numbers, 2), out));
  for (const std::uint64_t version : {2U, 3U, 4U, 3U}) {
    if (live.version() < version) REQUIRE(live.swap(constant{2}));
    const mi::served one{mi::serving_status::ok, version};
    const auto taken = support::allocations_of([&] {
      watch->began(5);
      watch->ran(one, 5);
      watch->ended(one, 5, 1000);
      watch->ended({mi::serving_status::refused, 0}, 1, 0);
      (void)serve(mm::matrix_view(numbers, 2), out);
    });
    if (support::counts_allocations) CHECK(taken == 0);
  }
  const auto rows = [](const std::string& version, const std::string& status = "ok") {
    return "millrace_ml_predictions_total{model=\"fraud\",status=\"" + status + "\",version=\"" + version + "\"} ";
  };
  CHECK(shows(registry, rows("1") + "2"));
  CHECK(shows(registry, rows("3") + "12"));      // twice 5, and 2 that were served
  CHECK(shows(registry, rows("other") + "16"));  // of 2 and of 4: 5 each, and 6 that were served
  CHECK(watch->unexpected() == 16);
  // What has no version is the newest's that ran and is known.
  CHECK(shows(registry, rows("1", "refused") + "1"));
  CHECK(shows(registry, rows("3", "refused") + "3"));
}

TEST_CASE("metrics of inference: threads that see new versions count all rows") {
  mr::observe::metrics_registry registry;
  mi::swappable live{constant{1}};
  const auto watch = mi::serving_metrics<>::make(registry, "fraud", live);
  mi::batcher serve{live, mi::batcher_options{.max_rows = 4, .concurrency = 2, .patience = 2}, *watch};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::array<double, 2> out{};
        (void)serve(mm::matrix_view(numbers, 2), out);
      }
    });
  for (int i = 0; i < 10; ++i) {
    if (i % 3 != 0) REQUIRE(watch->expect(live.version() + 1));
    REQUIRE(live.swap(constant{2}));
    std::this_thread::yield();
  }
  for (std::thread& one : threads) one.join();
  double rows = 0;
  const auto snapshot = registry.snapshot();
  for (const std::string_view line : {mr::observe::to_prometheus(snapshot)}) {
    for (std::size_t at = line.find("status=\"ok\""); at != std::string_view::npos;
         at = line.find("status=\"ok\"", at + 1))
      rows += std::stod(std::string(line.substr(line.find("} ", at) + 2, 20)));
  }
  CHECK(rows == 1600);
  CHECK(shows(registry, "millrace_ml_queue_depth 0"));
  CHECK(shows(registry, "millrace_ml_active_predictions 0"));
}
