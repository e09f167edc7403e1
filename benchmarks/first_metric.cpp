// How long a process takes from its start until its first metric is durable in a new SQLite file: it is started again
// and again, opens the file, an experiment and a run, logs one value, waits for it and ends. Beside it a process that
// does nothing. The file is in the folder that TMPDIR names; rest_peers.py does the same with Python's mlflow.
//
//     bench_first_metric
//
// The goal is less than 5 ms.
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>

#include <benchmark/benchmark.h>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace mr = millrace;
using storage = mr::store::sqlite_storage<>;

namespace {

std::string folder() { return (std::filesystem::temp_directory_path() / "millrace-bench-first-metric").string(); }

/// What the process does that is measured.
int log_one(const char* path) {
  auto file = storage::open(path);
  if (!file) return 1;
  auto tracks = mr::track::tracker<storage>::open(*file);
  if (!tracks) return 1;
  auto run = tracks->start_run(tracks->create_experiment("first")->id);
  if (!run) return 1;
  run->log_metric("loss", 0.5);
  return run->flush() ? 0 : 1;
}

void cold_process(benchmark::State& state, const char* mode) {
  std::filesystem::create_directories(folder());
  const std::string path = folder() + "/runs.db";
  char program[] = "/proc/self/exe";
  std::string word = mode;
  std::string place = path;
  char* const arguments[] = {program, word.data(), place.data(), nullptr};
  for (auto _ : state) {
    state.PauseTiming();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
    state.ResumeTiming();
    ::pid_t child = 0;
    int status = 1;
    if (::posix_spawn(&child, program, nullptr, nullptr, arguments, environ) != 0 ||
        ::waitpid(child, &status, 0) != child || status != 0)
      state.SkipWithError("the process failed");
  }
  std::filesystem::remove_all(folder());
}
BENCHMARK_CAPTURE(cold_process, first_metric, "--log")->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(2);
BENCHMARK_CAPTURE(cold_process, nothing, "--nothing")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--log") return log_one(arguments[2]);
  if (count == 3 && std::string_view(arguments[1]) == "--nothing") return 0;
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
