// What HTTP costs around a model: predictions of 1 and of 100 rows of 20 numbers, asked over loopback by 1 and by 4
// clients with a connection each; beside them a bare server of cpp-httplib in the same process, which reads the same
// bodies and responds with as many bytes; and the same requests handed to the API without HTTP.
//
//     bench_http
//     PEER=http://127.0.0.1:8000 bench_http       the same at another server, such as FastAPI's (http_peers.py does it)
#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

#include <benchmark/benchmark.h>
#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

namespace {

constexpr std::size_t columns = 20;

mr::model::linear_regression fitted() {
  std::vector<float> rows, targets;
  for (std::size_t i = 0; i < 200; ++i) {
    for (std::size_t k = 0; k < columns; ++k) rows.push_back(static_cast<float>((i * 37 + k * 11) % 101) / 7);
    targets.push_back(static_cast<float>(i % 13));
  }
  return *mr::model::linear_regression::fit(mr::model::matrix_view(rows, columns), targets);
}

/// Bodies of so many rows, each with other numbers.
std::vector<std::string> bodies(std::size_t rows) {
  std::vector<std::string> made;
  for (std::size_t n = 0; n < 64; ++n) {
    std::string body = R"({"model_name":"m","features":[)";
    for (std::size_t i = 0; i < rows; ++i) {
      body += i == 0 ? "[" : ",[";
      for (std::size_t k = 0; k < columns; ++k) {
        char number[32];
        std::snprintf(number, sizeof number, "%s%.4f", k == 0 ? "" : ",",
                      static_cast<double>((n * 7919 + i * 104729 + k * 1299709) % 100000) / 1000);
        body += number;
      }
      body += ']';
    }
    made.push_back(body + "]}");
  }
  return made;
}

/// Ours, and a bare one.
struct servers {
  mr::model::linear_regression model = fitted();
  mr::infer::batcher<mr::model::linear_regression> batches{model, mr::infer::max_rows<256>};
  rest::served_models models;
  rest::api<rest::predictions> service;
  mr::connect::http::server hosted;
  ::httplib::Server bare;
  std::thread thread;
  int bare_port = 0;

  servers() : service({}, rest::predictions(models)), hosted(*mr::connect::http::server::listen(service)) {
    if (!models.add("m", batches)) std::abort();
    bare.set_tcp_nodelay(true);
    bare.set_keep_alive_max_count(1'000'000);
    bare.Post("/pipeline/ml/predict", [](const ::httplib::Request& request, ::httplib::Response& response) {
      const std::size_t rows = request.body.size() > 1000 ? 100 : 1;
      response.set_content(std::string(35 + 19 * rows, 'x'), "application/json");
    });
    bare_port = bare.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { bare.listen_after_bind(); });
    while (!bare.is_running()) std::this_thread::yield();
  }
  ~servers() {
    bare.stop();
    thread.join();
  }
};
servers& both() {
  static servers made;
  return made;
}

void ask(benchmark::State& state, const std::string& address) {
  const auto asked = bodies(static_cast<std::size_t>(state.range(0)));
  ::httplib::Client client(address);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 7;
  for (auto step : state) {
    const auto got = client.Post("/pipeline/ml/predict", asked[at++ % asked.size()], "application/json");
    if (!got || got->status != 200) {
      state.SkipWithError("no prediction came");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void predict(benchmark::State& state) { ask(state, "http://127.0.0.1:" + std::to_string(both().hosted.port())); }
void bare_httplib(benchmark::State& state) { ask(state, "http://127.0.0.1:" + std::to_string(both().bare_port)); }
void peer(benchmark::State& state) {
  const char* const address = std::getenv("PEER");
  if (address == nullptr)
    state.SkipWithError("no PEER is named");
  else
    ask(state, address);
}
void without_http(benchmark::State& state) {
  const auto asked = bodies(static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  for (auto step : state) {
    const auto got = both().service.handle(
        {"POST", "/pipeline/ml/predict", {{"Content-Type", "application/json"}}, asked[at++ % asked.size()]});
    if (got.status != 200) state.SkipWithError("no prediction came");
    benchmark::DoNotOptimize(got.body.data());
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(predict)->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK(bare_httplib)->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK(predict)->Arg(1)->Arg(100)->Threads(4)->UseRealTime();
BENCHMARK(bare_httplib)->Arg(1)->Arg(100)->Threads(4)->UseRealTime();
BENCHMARK(without_http)->Arg(1)->Arg(100);
BENCHMARK(peer)->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK_MAIN();
