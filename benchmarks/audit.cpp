// What the audit log costs: the caller's side of a record, lines a second to a file, and durable
// lines a second. Peers, in the same run and with the same line: spdlog's asynchronous logger (one
// thread, blocking, a queue of 8192), nlohmann_json dumped and fwritten line by line, and a bare
// write + fdatasync a line. Files go to $MILLRACE_BENCH_DIR, else to the working directory; it should
// stand on a disk, not in memory.
#include <millrace/chain.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/merkle_proofs.hpp>

#include <benchmark/benchmark.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"epoch", int> epoch;
inline constexpr mr::field<"batch_idx", int> batch_idx;
inline constexpr mr::field<"loss_value", double> loss_value;
inline constexpr mr::field<"accuracy", double> accuracy;
inline constexpr mr::field<"learning_rate", double> learning_rate;

/// Five scalars in, the same five out: five scalars in each of its two records.
struct calculate_loss {
  using reads = mr::fields<epoch, batch_idx, loss_value, accuracy, learning_rate>;
  using writes = reads;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const {
    const int i = ++ctx[batch_idx];
    ctx[loss_value] = 1.0 / i;
    ctx[accuracy] = 1.0 - 1.0 / i;
  }
};
using stage = mr::stage<calculate_loss, 0, mr::tsc_clock, calculate_loss>;

auto make_context() {
  return mr::context(epoch = 3, batch_idx = 0, loss_value = 0.5, accuracy = 0.9, learning_rate = 1e-3);
}

class scratch_file {
 public:
  scratch_file() {
    const char* const folder = std::getenv("MILLRACE_BENCH_DIR");
    path_ = std::string(folder != nullptr ? folder : ".") + "/millrace-bench-audit-" + std::to_string(::getpid());
  }
  ~scratch_file() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Percentiles of the time a record takes, measured sixteen at a time, so that reading the counter
/// does not weigh.
class latencies {
 public:
  static constexpr int group = 16;

  template <class F>
  void measure(F&& sixteen) {
    const std::uint64_t begin = clock_.ticks();
    sixteen();
    times_.push_back(static_cast<float>(clock_.ticks() - begin));
  }
  void report(benchmark::State& state) {
    std::sort(times_.begin(), times_.end());
    const double tick =
        static_cast<double>(clock_.nanoseconds(clock_.ticks() + 1'000'000) - clock_.nanoseconds(clock_.ticks())) / 1e6;
    const auto at = [&](double q) {
      return static_cast<double>(times_[static_cast<std::size_t>(q * static_cast<double>(times_.size() - 1))]) * tick /
             group;
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p99_ns"] = at(0.99);
    state.counters["p999_ns"] = at(0.999);
    state.SetItemsProcessed(static_cast<std::int64_t>(times_.size()) * group);
  }

 private:
  mr::tsc_clock clock_;
  std::vector<float> times_;
};

mr::audit_options quiet() {
  mr::audit_options options;
  options.session_id = "20250121_143022_a3f8b2c1";
  options.log.sync = mr::store::sync_policy::on_request;
  return options;
}

// ---- the caller's side

/// Bursts that fit in half of the ring, the writer caught up between them: what a chain pays whose
/// events take longer than their lines.
template <class Producers>
void caller_start(benchmark::State& state) {
  const scratch_file file;
  mr::audit_log<Producers> log(file.path(), quiet());
  calculate_loss loss;
  const mr::tsc_clock clock;
  const stage event(loss, clock);
  auto ctx = make_context();
  const mr::time_span span{clock.nanoseconds(clock.ticks()), clock.nanoseconds(clock.ticks())};
  (void)log.before(event, ctx);
  (void)log.after(event, ctx, span, {});  // a quick event: no clock reading from here on
  latencies times;
  for (auto _ : state) {
    for (int burst = 0; burst < 128; ++burst)
      times.measure([&] {
        for (int i = 0; i < latencies::group; ++i) {
          loss(ctx);
          auto done = log.before(event, ctx);
          benchmark::DoNotOptimize(done);
        }
      });
    state.PauseTiming();
    (void)log.flush();
    state.ResumeTiming();
  }
  times.report(state);
}
template <class Producers>
void caller_complete(benchmark::State& state) {
  const scratch_file file;
  mr::audit_log<Producers> log(file.path(), quiet());
  calculate_loss loss;
  const mr::tsc_clock clock;
  const stage event(loss, clock);
  auto ctx = make_context();
  const mr::result<void> good;
  latencies times;
  for (auto _ : state) {
    mr::time_span span{clock.nanoseconds(clock.ticks()), 0};
    span.end = span.start + 100;
    for (int burst = 0; burst < 128; ++burst)
      times.measure([&] {
        for (int i = 0; i < latencies::group; ++i) {
          loss(ctx);
          auto done = log.after(event, ctx, span, good);
          benchmark::DoNotOptimize(done);
        }
      });
    state.PauseTiming();
    (void)log.flush();
    state.ResumeTiming();
  }
  times.report(state);
}
/// The same loop without a log: what of the above is the event and the measuring.
void caller_nothing(benchmark::State& state) {
  calculate_loss loss;
  auto ctx = make_context();
  latencies times;
  for (auto _ : state)
    for (int burst = 0; burst < 128; ++burst)
      times.measure([&] {
        for (int i = 0; i < latencies::group; ++i) {
          loss(ctx);
          benchmark::ClobberMemory();
        }
      });
  times.report(state);
}

std::shared_ptr<spdlog::async_logger> make_spdlog(const std::string& path,
                                                  const std::shared_ptr<spdlog::details::thread_pool>& pool) {
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path, true);
  auto logger = std::make_shared<spdlog::async_logger>("audit", sink, pool, spdlog::async_overflow_policy::block);
  logger->set_pattern(
      R"({"type":"event_complete","session_id":"20250121_143022_a3f8b2c1","timestamp":"%Y-%m-%dT%H:%M:%S.%fZ",%v})",
      spdlog::pattern_time_type::utc);
  return logger;
}
void log_to_spdlog(spdlog::async_logger& logger, std::uint64_t id, const auto& ctx) {
  logger.info(
      R"("event_id":{},"event_name":"{}","duration_ms":{},"success":{},"context":{{"epoch":{},"batch_idx":{},"loss_value":{},"accuracy":{},"learning_rate":{}}})",
      id, "calculate_loss", 0.0001, true, ctx[epoch], ctx[batch_idx], ctx[loss_value], ctx[accuracy],
      ctx[learning_rate]);
}

void caller_spdlog_async(benchmark::State& state) {
  const scratch_file file;
  auto pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
  auto logger = make_spdlog(file.path(), pool);
  calculate_loss loss;
  auto ctx = make_context();
  latencies times;
  std::uint64_t id = 0;
  for (auto _ : state) {
    for (int burst = 0; burst < 128; ++burst)
      times.measure([&] {
        for (int i = 0; i < latencies::group; ++i) {
          loss(ctx);
          log_to_spdlog(*logger, ++id, ctx);
        }
      });
    state.PauseTiming();
    while (pool->queue_size() != 0) ::usleep(100);
    state.ResumeTiming();
  }
  times.report(state);
}

// ---- lines to a file

constexpr int lines = 1'000'000;

void count_lines(benchmark::State& state, const std::string& path, int per_iteration) {
  state.counters["lines/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * per_iteration, benchmark::Counter::kIsRate);
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    std::fseek(file, 0, SEEK_END);
    state.counters["bytes/line"] = static_cast<double>(std::ftell(file)) / per_iteration;
    std::fclose(file);
  }
}

/// A chain of one event under the log: two lines a run, until every line is in the file.
template <class... Policies>
void file_millrace(benchmark::State& state) {
  const scratch_file file;
  for (auto _ : state) {
    state.PauseTiming();
    std::remove(file.path().c_str());
    state.ResumeTiming();
    auto chain = mr::chain<mr::tsc_clock>(calculate_loss{}).use(mr::audit_log<Policies...>{file.path(), quiet()});
    auto ctx = chain.context(epoch = 3, batch_idx = 0, loss_value = 0.5, accuracy = 0.9, learning_rate = 1e-3);
    for (int i = 0; i < lines / 2; ++i) (void)chain(ctx);
    auto& log = chain.template get<"audit_log">();
    while (log.statistics().written_bytes == 0 || log.appended_seq() != log.written_seq()) ::usleep(50);
    state.PauseTiming();
    (void)log.close();  // its sync is not what is measured here
    state.ResumeTiming();
  }
  count_lines(state, file.path(), lines);
}

void file_spdlog_async(benchmark::State& state) {
  const scratch_file file;
  for (auto _ : state) {
    auto pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
    auto logger = make_spdlog(file.path(), pool);
    calculate_loss loss;
    auto ctx = make_context();
    for (int i = 0; i < lines; ++i) {
      loss(ctx);
      log_to_spdlog(*logger, static_cast<std::uint64_t>(i), ctx);
    }
    logger->flush();
    logger.reset();
    pool.reset();  // waits until all is written
  }
  count_lines(state, file.path(), lines);
}

void file_nlohmann(benchmark::State& state) {
  const scratch_file file;
  constexpr int fewer = lines / 10;
  for (auto _ : state) {
    std::FILE* const out = std::fopen(file.path().c_str(), "w");
    calculate_loss loss;
    auto ctx = make_context();
    for (int i = 0; i < fewer; ++i) {
      loss(ctx);
      const nlohmann::json line{{"type", "event_complete"},
                                {"session_id", "20250121_143022_a3f8b2c1"},
                                {"event_id", i},
                                {"event_name", "calculate_loss"},
                                {"timestamp", mr::to_iso8601(mr::unix_nanoseconds())},
                                {"duration_ms", 0.0001},
                                {"success", true},
                                {"context",
                                 {{"epoch", ctx[epoch]},
                                  {"batch_idx", ctx[batch_idx]},
                                  {"loss_value", ctx[loss_value]},
                                  {"accuracy", ctx[accuracy]},
                                  {"learning_rate", ctx[learning_rate]}}}};
      const std::string text = line.dump() + '\n';
      std::fwrite(text.data(), 1, text.size(), out);
    }
    std::fclose(out);
  }
  count_lines(state, file.path(), fewer);
}

// ---- durable lines

template <class... Policies>
void durable_millrace(benchmark::State& state) {
  const scratch_file file;
  std::uint64_t syncs = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::remove(file.path().c_str());
    mr::audit_options options = quiet();
    options.log.sync = mr::store::sync_policy::every_group;
    auto chain = mr::chain<mr::tsc_clock>(calculate_loss{}).use(mr::audit_log<Policies...>{file.path(), options});
    auto ctx = chain.context(epoch = 3, batch_idx = 0, loss_value = 0.5, accuracy = 0.9, learning_rate = 1e-3);
    state.ResumeTiming();
    for (int i = 0; i < lines / 4; ++i) (void)chain(ctx);
    (void)chain.template get<"audit_log">().flush();
    syncs += chain.template get<"audit_log">().statistics().syncs;
  }
  count_lines(state, file.path(), lines / 2);
  state.counters["lines/sync"] = static_cast<double>(state.iterations()) * (lines / 2) / static_cast<double>(syncs);
}

/// What the disk gives without grouping: each line of the same size written and synced.
void durable_bare_fdatasync(benchmark::State& state) {
  const scratch_file file;
  const int fd = ::open(file.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  const std::string line(270, 'x');
  for (auto _ : state) {
    if (::write(fd, line.data(), line.size()) < 0 || ::fdatasync(fd) != 0) state.SkipWithError("disk");
  }
  ::close(fd);
  state.counters["lines/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK(caller_nothing)->MinTime(0.2);
BENCHMARK(caller_start<mr::store::exclusive>)->Iterations(300);
BENCHMARK(caller_complete<mr::store::exclusive>)->Iterations(300);
BENCHMARK(caller_start<mr::store::shared>)->Iterations(300);
BENCHMARK(caller_complete<mr::store::shared>)->Iterations(300);
BENCHMARK(caller_spdlog_async)->Iterations(100);
BENCHMARK(file_millrace<>)->Iterations(5)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(file_millrace<mr::merkle_proofs>)->Iterations(5)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(file_spdlog_async)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(file_nlohmann)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(durable_millrace<>)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(durable_millrace<mr::merkle_proofs>)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(durable_bare_fdatasync)->Iterations(500)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
