// Counters, gauges, histograms, exemplars, spans and scrapes of millrace::observe::metrics_registry beside
// prometheus-cpp's and beside a bare atomic. Inputs are rotated: a log-normal run of durations that no predictor
// learns.
#include <benchmark/benchmark.h>

#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/observe/export/openmetrics.hpp>
#include <millrace/observe/export/otlp_metrics.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/export/prometheus_protobuf.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/observe/tracing.hpp>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace mr = millrace;

namespace {

constexpr std::size_t inputs = 4096;

const std::uint64_t* durations() {
  static const std::vector<std::uint64_t> values = [] {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> shape(11, 1.5);
    std::vector<std::uint64_t> made(inputs);
    for (auto& v : made) v = static_cast<std::uint64_t>(shape(random));
    return made;
  }();
  return values.data();
}
const double* seconds() {
  static const std::vector<double> values = [] {
    std::vector<double> made(inputs);
    for (std::size_t i = 0; i < inputs; ++i) made[i] = static_cast<double>(durations()[i]) / 1e9;
    return made;
  }();
  return values.data();
}
std::vector<double> default_buckets() {
  return {std::begin(mr::observe::latency_buckets), std::end(mr::observe::latency_buckets)};
}

// What the loop and the rotated input cost by themselves; part of every figure below.
void loop_alone(benchmark::State& state) {
  const std::uint64_t* in = durations();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(in[i++ % inputs]);
}
BENCHMARK(loop_alone);

mr::observe::metrics_registry& registry() {
  static mr::observe::metrics_registry only;
  return only;
}

void counter_millrace(benchmark::State& state) {
  static const mr::observe::counter counted = registry().counter({"bench_total", "."}).value();
  const mr::observe::counter mine = counted;
  for (auto _ : state) mine.add();
}
void counter_atomic(benchmark::State& state) {
  static std::atomic<std::uint64_t> counted{0};
  for (auto _ : state) counted.fetch_add(1, std::memory_order_relaxed);
}
void counter_prometheus_cpp(benchmark::State& state) {
  static prometheus::Registry peers;
  static prometheus::Counter& counted =
      prometheus::BuildCounter().Name("bench_total").Help(".").Register(peers).Add({});
  for (auto _ : state) counted.Increment();
}
BENCHMARK(counter_millrace)->Threads(1)->Threads(2);
BENCHMARK(counter_atomic)->Threads(1)->Threads(2);
BENCHMARK(counter_prometheus_cpp)->Threads(1)->Threads(2);

void gauge_millrace(benchmark::State& state) {
  static const mr::observe::gauge measured = registry().gauge({"bench_gauge", "."}).value();
  const mr::observe::gauge mine = measured;
  const double* in = seconds();
  std::size_t i = 0;
  for (auto _ : state) mine.set(in[i++ % inputs]);
}
void gauge_prometheus_cpp(benchmark::State& state) {
  static prometheus::Registry peers;
  static prometheus::Gauge& measured = prometheus::BuildGauge().Name("bench_gauge").Help(".").Register(peers).Add({});
  const double* in = seconds();
  std::size_t i = 0;
  for (auto _ : state) measured.Set(in[i++ % inputs]);
}
BENCHMARK(gauge_millrace)->Threads(1)->Threads(2);
BENCHMARK(gauge_prometheus_cpp)->Threads(1)->Threads(2);

void histogram_millrace_timer(benchmark::State& state) {
  static const mr::observe::timer timed = registry().timer({"bench_seconds", "."}).value();
  const mr::observe::timer mine = timed;
  const std::uint64_t* in = durations();
  std::size_t i = 0;
  for (auto _ : state) mine.update(in[i++ % inputs]);
}
void histogram_millrace_double(benchmark::State& state) {
  static const mr::observe::histogram observed = registry().histogram({"bench_values", "."}, default_buckets()).value();
  const mr::observe::histogram mine = observed;
  const double* in = seconds();
  std::size_t i = 0;
  for (auto _ : state) mine.update(in[i++ % inputs]);
}
void histogram_millrace_log(benchmark::State& state) {
  const auto mine = std::make_unique<mr::log_histogram>();
  const std::uint64_t* in = durations();
  std::size_t i = 0;
  for (auto _ : state) {
    mine->update(in[i++ % inputs]);
    benchmark::ClobberMemory();
  }
}
void histogram_prometheus_cpp(benchmark::State& state) {
  static prometheus::Registry peers;
  static prometheus::Histogram& observed =
      prometheus::BuildHistogram().Name("bench_seconds").Help(".").Register(peers).Add({}, default_buckets());
  const double* in = seconds();
  std::size_t i = 0;
  for (auto _ : state) observed.Observe(in[i++ % inputs]);
}
BENCHMARK(histogram_millrace_timer)->Threads(1)->Threads(2);
BENCHMARK(histogram_millrace_double)->Threads(1)->Threads(2);
BENCHMARK(histogram_millrace_log);

void histogram_millrace_native(benchmark::State& state) {
  static const mr::observe::native_histogram observed = registry().native_histogram({"bench_native", "."}).value();
  const mr::observe::native_histogram mine = observed;
  const double* in = seconds();
  std::size_t i = 0;
  for (auto _ : state) mine.update(in[i++ % inputs]);
}
// An update that leaves an exemplar behind: with a time of the caller's, and with one that is read for it.
void histogram_millrace_exemplar(benchmark::State& state) {
  static const mr::observe::timer timed = registry().timer({"bench_exemplar_seconds", "."}).value();
  const mr::observe::timer mine = timed;
  const std::uint64_t* in = durations();
  mr::observe::exemplar one({1, 2}, {3});
  one.unix_nanoseconds = state.range(0) != 0 ? 1 : 0;
  std::size_t i = 0;
  for (auto _ : state) mine.update(mr::duration(static_cast<std::int64_t>(in[i++ % inputs])), one);
}
BENCHMARK(histogram_millrace_native)->Threads(1)->Threads(2);
BENCHMARK(histogram_millrace_exemplar)->Arg(0)->Arg(1);

// A trace of a run with four events: not recorded, and recorded and drained now and then.
void spans_millrace(benchmark::State& state) {
  mr::observe::basic_tracer tracer({.capacity = 1 << 16},
                                   mr::observe::sample_ratio(static_cast<double>(state.range(0))));
  std::size_t runs = 0;
  for (auto _ : state) {
    mr::observe::span run = tracer.start("run");
    for (int i = 0; i < 4; ++i) {
      mr::observe::span step = run.child("step");
      benchmark::DoNotOptimize(step);
    }
    run.end();
    if (++runs % 8192 == 0) benchmark::DoNotOptimize(tracer.drain());
  }
}
BENCHMARK(spans_millrace)->Arg(0)->Arg(1);
BENCHMARK(histogram_prometheus_cpp)->Threads(1)->Threads(2);

constexpr int scraped = 1000;

using page_writer = void (*)(std::string&, const mr::observe::metrics_snapshot&);

// From a thread's cells to the finished page; snapshot and page are used again, as a server would.
void scrape(benchmark::State& state, const mr::observe::metrics_registry& from,
            page_writer append = mr::observe::append_prometheus) {
  mr::observe::metrics_snapshot snapshot;
  std::string page;
  for (auto _ : state) {
    page.clear();
    from.snapshot(snapshot);
    append(page, snapshot);
    benchmark::DoNotOptimize(page.data());
  }
  state.counters["bytes"] = static_cast<double>(page.size());
}
void scrape_prometheus_cpp(benchmark::State& state, const prometheus::Registry& from) {
  const prometheus::TextSerializer serializer;
  std::string page;
  for (auto _ : state) {
    page = serializer.Serialize(from.Collect());
    benchmark::DoNotOptimize(page.data());
  }
  state.counters["bytes"] = static_cast<double>(page.size());
}

void scrape_1000_counters_millrace(benchmark::State& state) {
  static mr::observe::metrics_registry filled;
  static const bool once = [] {
    for (int i = 0; i < scraped; ++i)
      filled.counter({"requests_total", "Requests."}, {{"shard", std::to_string(i)}}).value().add(durations()[i]);
    return true;
  }();
  benchmark::DoNotOptimize(once);
  scrape(state, filled);
}
const mr::observe::metrics_registry& histograms() {
  static mr::observe::metrics_registry filled;
  static const bool once = [] {
    for (int i = 0; i < scraped; ++i) {
      const auto timed = filled.timer({"request_seconds", "Requests."}, {{"shard", std::to_string(i)}}).value();
      for (int k = 0; k < 100; ++k) timed.update(durations()[(i + k) % static_cast<int>(inputs)]);
    }
    return true;
  }();
  benchmark::DoNotOptimize(once);
  return filled;
}
void scrape_1000_histograms_millrace(benchmark::State& state) { scrape(state, histograms()); }
void scrape_1000_histograms_millrace_openmetrics(benchmark::State& state) {
  scrape(state, histograms(), mr::observe::append_openmetrics);
}
void scrape_1000_histograms_millrace_protobuf(benchmark::State& state) {
  scrape(state, histograms(), mr::observe::append_prometheus_protobuf<>);
}
void scrape_1000_histograms_millrace_otlp(benchmark::State& state) {
  scrape(state, histograms(), [](std::string& out, const mr::observe::metrics_snapshot& snapshot) {
    mr::observe::append_otlp(out, snapshot);
  });
}
void scrape_1000_native_histograms_millrace_protobuf(benchmark::State& state) {
  static mr::observe::metrics_registry filled;
  static const bool once = [] {
    for (int i = 0; i < scraped; ++i) {
      const auto seen =
          filled.native_histogram({"request_seconds", "Requests.", "seconds"}, {}, {{"shard", std::to_string(i)}});
      for (int k = 0; k < 100; ++k) seen->update(seconds()[(i + k) % static_cast<int>(inputs)]);
    }
    return true;
  }();
  benchmark::DoNotOptimize(once);
  scrape(state, filled, mr::observe::append_prometheus_protobuf<>);
}
void scrape_1000_counters_prometheus_cpp(benchmark::State& state) {
  static prometheus::Registry filled;
  static const bool once = [] {
    auto& family = prometheus::BuildCounter().Name("requests_total").Help("Requests.").Register(filled);
    for (int i = 0; i < scraped; ++i)
      family.Add({{"shard", std::to_string(i)}}).Increment(static_cast<double>(durations()[i]));
    return true;
  }();
  benchmark::DoNotOptimize(once);
  scrape_prometheus_cpp(state, filled);
}
void scrape_1000_histograms_prometheus_cpp(benchmark::State& state) {
  static prometheus::Registry filled;
  static const bool once = [] {
    auto& family = prometheus::BuildHistogram().Name("request_seconds").Help("Requests.").Register(filled);
    for (int i = 0; i < scraped; ++i) {
      auto& observed = family.Add({{"shard", std::to_string(i)}}, default_buckets());
      for (int k = 0; k < 100; ++k) observed.Observe(seconds()[(i + k) % static_cast<int>(inputs)]);
    }
    return true;
  }();
  benchmark::DoNotOptimize(once);
  scrape_prometheus_cpp(state, filled);
}
BENCHMARK(scrape_1000_counters_millrace)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_counters_prometheus_cpp)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_histograms_millrace)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_histograms_millrace_openmetrics)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_histograms_millrace_protobuf)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_native_histograms_millrace_protobuf)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_histograms_millrace_otlp)->Unit(benchmark::kMicrosecond);
BENCHMARK(scrape_1000_histograms_prometheus_cpp)->Unit(benchmark::kMicrosecond);

}  // namespace
BENCHMARK_MAIN();
