// An audit trail: what an append costs its caller, records a second durable and not, records verified a second; beside
// spdlog's file logger, which formats a line and neither hashes nor syncs.
#include <benchmark/benchmark.h>

#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#ifdef MILLRACE_BENCH_SPDLOG
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#endif

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

/// A folder of this process's own, removed at the end.
class folder {
 public:
  folder() : path_((std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Events in turn, of the sizes that life-cycle events have: 64 actors and objects, two fields, one in four personal.
class events {
 public:
  explicit events(bool personal) {
    for (int i = 0; i < 64; ++i) {
      actors_.push_back("service-" + std::to_string(i * 37));
      objects_.push_back("model/churn/" + std::to_string(i * 101));
      values_.push_back("customer" + std::to_string(i) + "@example.org");
    }
    for (std::size_t i = 0; i < 64; ++i) {
      fields_.push_back({"subject", values_[i], personal && i % 4 == 0 ? mo::pii_type::email : mo::pii_type::none});
      fields_.push_back({"share", "0.05"});
    }
  }
  mo::audit_event next() noexcept {
    const std::size_t i = at_++ % 64;
    mo::audit_event event{mo::audit_kinds::data_accessed};
    event.actor = actors_[i];
    event.object = objects_[i];
    event.reason = "nightly scoring";
    event.unix_nanoseconds = 1'796'040'000'000'000'000 + at_;
    event.fields = std::span(fields_).subspan(2 * i, 2);
    return event;
  }

 private:
  std::vector<std::string> actors_;
  std::vector<std::string> objects_;
  std::vector<std::string> values_;
  std::vector<mo::audit_field> fields_;
  std::size_t at_ = 0;
};

mo::audit_trail_options with(mr::store::sync_policy sync) {
  mo::audit_trail_options options;
  options.sync = sync;
  options.ring_bytes = std::size_t{8} << 20;
  return options;
}

/// What the caller pays: bursts that the ring has room for, and between them, not timed, the time to write them.
template <class Producers>
void append_cost(benchmark::State& state) {
  const folder dir;
  auto options = with(mr::store::sync_policy::on_request);
  auto trail = mo::audit_trail<Producers, mr::store::drop_and_count>::open(dir / "audit", options).value();
  events source(false);
  constexpr int burst = 4096;
  for (auto _ : state) {
    for (int i = 0; i < burst; ++i) benchmark::DoNotOptimize(trail.append(source.next()));
    state.PauseTiming();
    (void)trail.flush();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * burst);
}
BENCHMARK(append_cost<mr::store::exclusive>);
BENCHMARK(append_cost<mr::store::shared>);

/// Records a second from append to the disk, or to the file: the last flush is part of the time.
void through(benchmark::State& state, mr::store::sync_policy sync, bool personal) {
  const folder dir;
  constexpr int count = 400'000;
  int round = 0;
  for (auto _ : state) {
    auto trail = mo::audit_trail<>::open(dir / std::to_string(round++).c_str(), with(sync)).value();
    events source(personal);
    for (int i = 0; i < count; ++i) (void)trail.append(source.next());
    if (sync == mr::store::sync_policy::every_group) {
      (void)trail.flush();
    } else {
      while (trail.written_seq() != trail.appended_seq()) {
      }
    }
    state.PauseTiming();
    const auto done = trail.statistics();
    if (done.dropped != 0 || done.records != count) state.SkipWithError("records are missing");
    state.counters["bytes/record"] = static_cast<double>(done.bytes) / count;
    state.counters["records/group"] = static_cast<double>(count) / static_cast<double>(done.groups);
    (void)trail.close();
    std::filesystem::remove_all(trail.path());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
void records_durable(benchmark::State& state) { through(state, mr::store::sync_policy::every_group, false); }
void records_written(benchmark::State& state) { through(state, mr::store::sync_policy::on_request, false); }
void records_with_personal_data(benchmark::State& state) { through(state, mr::store::sync_policy::on_request, true); }
BENCHMARK(records_durable)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(records_written)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(records_with_personal_data)->Unit(benchmark::kMillisecond)->UseRealTime();

/// One record after the other, each on the disk before the next.
void each_durable(benchmark::State& state) {
  const folder dir;
  auto trail = mo::audit_trail<>::open(dir / "audit", with(mr::store::sync_policy::every_group)).value();
  events source(false);
  for (auto _ : state) (void)trail.append_durable(source.next());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(each_durable)->UseRealTime();

/// A trail of a million records in several segments, in the page cache.
class large_trail {
 public:
  static constexpr int count = 1'000'000;
  large_trail() {
    auto trail = mo::audit_trail<>::open(path(), with(mr::store::sync_policy::on_request)).value();
    events source(true);
    for (int i = 0; i < count; ++i) (void)trail.append(source.next());
    (void)trail.close();
  }
  std::string path() const { return dir_ / "audit"; }

 private:
  folder dir_;
};
const large_trail& million() {
  static const large_trail made;
  return made;
}

void verify(benchmark::State& state) {
  const std::string path = million().path();
  for (auto _ : state) {
    const auto report = mo::verify_trail(path);
    if (!report || !*report || report->records != large_trail::count) state.SkipWithError("the trail is not sound");
  }
  state.SetItemsProcessed(state.iterations() * large_trail::count);
}
void read(benchmark::State& state) {
  const std::string path = million().path();
  for (auto _ : state) {
    std::size_t bytes = 0;
    (void)mo::read_trail(path, [&](const mo::audit_entry& entry) { bytes += entry.object.size(); });
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * large_trail::count);
}
BENCHMARK(verify)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read)->Unit(benchmark::kMillisecond)->UseRealTime();

#ifdef MILLRACE_BENCH_SPDLOG
/// The same content as lines of JSON, without a hash, not synced.
void spdlog_lines(benchmark::State& state) {
  const folder dir;
  constexpr int count = 400'000;
  spdlog::init_thread_pool(65'536, 1);
  for (auto _ : state) {
    auto logger = spdlog::basic_logger_mt<spdlog::async_factory>("audit", dir / "audit.jsonl", true);
    logger->set_pattern("%v");
    events source(false);
    for (int i = 0; i < count; ++i) {
      const mo::audit_event event = source.next();
      logger->info(R"({{"time":{},"kind":"{}","actor":"{}","object":"{}","reason":"{}","{}":"{}","{}":"{}"}})",
                   event.unix_nanoseconds, event.kind.view(), event.actor, event.object, event.reason,
                   event.fields[0].name.view(), event.fields[0].value, event.fields[1].name.view(),
                   event.fields[1].value);
    }
    spdlog::drop("audit");
    logger.reset();
    spdlog::shutdown();
    state.PauseTiming();
    spdlog::init_thread_pool(65'536, 1);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(spdlog_lines)->Unit(benchmark::kMillisecond)->UseRealTime();
#endif

}  // namespace

BENCHMARK_MAIN();
