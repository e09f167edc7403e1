// What MLflow's REST API costs: batches of 1,000 metrics from 1 and 4 clients with a connection each, into a server of
// its own process over one SQLite file, in which what is acknowledged is durable; and how large that process is then.
// Beside it, what the same batches cost without HTTP, handed to the handler. The file is in the folder that TMPDIR
// names.
//
//     bench_rest
//     PEER=http://127.0.0.1:5001 bench_rest       the same at another server, such as MLflow's (rest_peers.py does it)
//
// The goals are 500,000 metrics a second and less than 20 MiB resident.
#include <millrace/connect/http.hpp>
#include <millrace/connect/mlflow.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>

#include <benchmark/benchmark.h>
#include <httplib.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace ms = millrace::store;
using storage = ms::sqlite_storage<>;

namespace {

constexpr int batch = 1000;

std::string folder() { return (std::filesystem::temp_directory_path() / "millrace-bench-rest").string(); }

/// Serves until the pipe that it was given is closed.
[[noreturn]] void serve(int port_to, int until_closed) {
  auto file = *storage::open(folder() + "/runs.db");
  {
    auto tracks = *mr::track::tracker<storage>::open(file);
    const mr::connect::mlflow::server api(tracks);
    auto hosted = *mr::connect::http::server::listen(api, {.port = 0});
    const std::uint16_t port = hosted.port();
    if (::write(port_to, &port, sizeof port) != sizeof port) std::_Exit(1);
    char byte = 0;
    while (::read(until_closed, &byte, 1) > 0) {
    }
    hosted.stop();
  }
  std::_Exit(0);
}

/// The server's process. It is made before this one has threads.
class server_process {
 public:
  server_process() {
    std::filesystem::remove_all(folder());
    std::filesystem::create_directories(folder());
    int ports[2];
    int ends[2];
    if (::pipe(ports) != 0 || ::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[1]);
      serve(ports[1], ends[0]);
    }
    std::uint16_t port = 0;
    if (::read(ports[0], &port, sizeof port) != sizeof port) std::abort();
    address_ = "http://127.0.0.1:" + std::to_string(port);
    open_ = ends[1];
  }
  ~server_process() {
    ::close(open_);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder());
  }
  const std::string& address() const noexcept { return address_; }
  /// MiB that it has in memory now, and that it had at most.
  double resident(std::string_view which) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(which)) return std::strtod(line.c_str() + which.size() + 1, nullptr) / 1024;
    return 0;
  }

 private:
  int pid_ = 0;
  int open_ = -1;
  std::string address_;
};

server_process* own = nullptr;

const char* address() {
  const char* const peer = std::getenv("PEER");
  return peer != nullptr ? peer : own->address().c_str();
}

/// The value of a member of a flat answer: `"run_id":"..."`.
std::string member(const std::string& json, const std::string& key) {
  std::size_t at = json.find('"' + key + '"');
  at = json.find(':', at);
  at = json.find('"', at) + 1;
  return json.substr(at, json.find('"', at) - at);
}

std::string post(httplib::Client& to, const char* path, const std::string& body) {
  const auto made = to.Post(path, body, "application/json");
  if (!made || made->status != 200) {
    std::fprintf(stderr, "%s: %s\n", path, made ? made->body.c_str() : "no response");
    std::abort();
  }
  return made->body;
}

/// A new run, as a client makes one.
std::string start_run(httplib::Client& at) {
  static std::atomic<int> number = 0;
  const std::string name = "bench-" + std::to_string(mr::unix_nanoseconds()) + '-' + std::to_string(number++);
  const std::string experiment =
      member(post(at, "/api/2.0/mlflow/experiments/create", "{\"name\": \"" + name + "\"}"), "experiment_id");
  return member(
      post(at, "/api/2.0/mlflow/runs/create", "{\"experiment_id\": \"" + experiment + "\", \"start_time\": 1}"),
      "run_id");
}

/// `batch` points of ten metrics, as MLflow's client writes them.
std::string batch_of(const std::string& run, std::int64_t first) {
  std::string body = "{\"run_id\": \"" + run + "\", \"metrics\": [";
  for (int i = 0; i < batch; ++i) {
    const std::int64_t step = first + i / 10;
    body += i == 0 ? "" : ", ";
    body += "{\"key\": \"metric_" + std::to_string(i % 10) + "\", \"value\": 0." +
            std::to_string(100'000 + (step * 7919 + i) % 900'000) +
            ", \"timestamp\": " + std::to_string(1'764'000'000'000 + step) + ", \"step\": " + std::to_string(step) +
            '}';
  }
  return body + "], \"params\": [], \"tags\": []}";
}

void log_batch(benchmark::State& state) {
  httplib::Client client(address());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(120);
  const std::string run = start_run(client);
  std::int64_t step = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string body = batch_of(run, step);
    step += batch / 10;
    state.ResumeTiming();
    post(client, "/api/2.0/mlflow/runs/log-batch", body);
  }
  state.SetItemsProcessed(state.iterations() * batch);
  if (own != nullptr && state.thread_index() == 0) {
    state.counters["resident_MiB"] = own->resident("VmRSS");
    state.counters["resident_at_most_MiB"] = own->resident("VmHWM");
  }
}
BENCHMARK(log_batch)->Unit(benchmark::kMillisecond)->UseRealTime()->Threads(1)->Threads(4);

/// The same without HTTP: a request's body, taken apart, checked, and durable.
void handle_batch(benchmark::State& state) {
  if (own == nullptr) return state.SkipWithError("of ours alone");
  const std::string place = folder() + "/handled.db";
  std::filesystem::remove(place);
  auto file = *storage::open(place);
  auto tracks = *mr::track::tracker<storage>::open(file);
  const mr::connect::mlflow::server api(tracks);
  const std::string run = tracks.create_run(tracks.create_experiment("e")->id)->id;
  ms::http_request request{"POST", "/api/2.0/mlflow/runs/log-batch", {{"Content-Type", "application/json"}}, {}};
  std::int64_t step = 0;
  for (auto _ : state) {
    state.PauseTiming();
    request.body = batch_of(run, step);
    step += batch / 10;
    state.ResumeTiming();
    if (api.handle(request).status != 200) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(handle_batch)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int count, char** arguments) {
  server_process* made = std::getenv("PEER") == nullptr ? new server_process() : nullptr;
  own = made;
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  delete made;
  return 0;
}
