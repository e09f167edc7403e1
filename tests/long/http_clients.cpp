// 64 clients ask an API over loopback for a minute, each one request after the other on a connection of its own, and
// while the server stops: each response is that to its client's request, and none is lost. Prints how many there were
// a second, and the quantiles of their times.
//
//     http_clients [SECONDS]
#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>

#include <support/rest.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ms = millrace::store;
namespace http = millrace::connect::http;
namespace rest = millrace::connect::rest;

namespace {

constexpr std::size_t clients = 64;

/// What became of one client's requests.
struct outcome {
  std::uint64_t counted = 0;  // events that were said to be aggregated
  std::uint64_t wrong = 0;    // another response than that to the request
  std::uint64_t lost = 0;     // no response, though the server served
  std::vector<std::uint32_t> microseconds = {};
};

/// Asks by turns for the sum of a row, and for an event to be counted, until the server is gone.
void ask(std::uint16_t port, std::size_t number, const std::atomic<bool>& is_stopping, outcome& found) {
  const auto server = http::transport::make({.port = port, .io_seconds = 20});
  if (!server) {
    ++found.lost;
    return;
  }
  for (std::size_t i = 0;; ++i) {
    const bool predicts = i % 2 == 0;
    const std::string id = std::to_string(number) + '-' + std::to_string(i);
    const std::string row = '[' + std::to_string(number) + ',' + std::to_string(i) + ']';
    const auto begun = std::chrono::steady_clock::now();
    const auto got = server->send({"POST",
                                   predicts ? "/pipeline/ml/predict" : "/pipeline/aggregate",
                                   {{"Content-Type", "application/json"}, {"X-Request-Id", id}},
                                   predicts ? R"({"model_name":"sum","features":[)" + row + "]}"
                                            : R"({"metric_name":"m","value":)" + std::to_string(i) + '}'});
    if (!got) {
      found.lost += !is_stopping.load();
      return;
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    found.microseconds.push_back(
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    const std::string* const told = ms::find_header(got->headers, "X-Request-Id");
    const std::string_view begin = predicts ? "{\"predictions\":[" : "{\"status\":";
    bool is_right = got->status == 200 && told != nullptr && *told == id && got->body.rfind(begin, 0) == 0;
    if (is_right && predicts)
      is_right = std::strtod(got->body.c_str() + begin.size(), nullptr) == static_cast<double>(number + i);
    if (!is_right)
      ++found.wrong;
    else
      found.counted += !predicts;
  }
}

}  // namespace

int main(int count, char** words) {
  const int seconds = count > 1 ? std::atoi(words[1]) : 60;
  rest::served_models models;
  rest::shared_metrics metrics;
  if (!models.put("sum", rest_tests::sum_model{2, 1})) return 1;
  const rest::api service({}, rest::predictions(models), rest::aggregates(metrics));
  auto server = http::server::listen(service);
  if (!server) return 1;

  std::atomic<bool> is_stopping = false;
  std::vector<outcome> found(clients);
  std::vector<std::thread> threads;
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < clients; ++i)
    threads.emplace_back([&, i] { ask(server->port(), i, is_stopping, found[i]); });
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  is_stopping = true;
  server->stop();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  for (std::thread& each : threads) each.join();

  outcome all;
  std::size_t idle = 0;
  for (const outcome& each : found) {
    all.counted += each.counted;
    all.wrong += each.wrong;
    all.lost += each.lost;
    idle += each.microseconds.empty();
    all.microseconds.insert(all.microseconds.end(), each.microseconds.begin(), each.microseconds.end());
  }
  std::sort(all.microseconds.begin(), all.microseconds.end());
  const auto quantile = [&](double which) {
    const auto last = static_cast<double>(all.microseconds.size() - 1);
    return all.microseconds.empty()
               ? 0.0
               : static_cast<double>(all.microseconds[static_cast<std::size_t>(which * last)]) / 1000;
  };
  const std::uint64_t events = metrics.with([](const auto& of) { return of.events(); });
  std::printf("%zu clients, %.1f s: %zu responses, %.0f/s; p50 %.2f ms, p99 %.2f ms, p999 %.2f ms, at most %.2f ms\n",
              clients, took.count(), all.microseconds.size(),
              static_cast<double>(all.microseconds.size()) / took.count(), quantile(0.5), quantile(0.99),
              quantile(0.999), quantile(1));
  std::printf("%llu wrong, %llu lost, %zu clients without any; %llu events counted, %llu said so\n",
              static_cast<unsigned long long>(all.wrong), static_cast<unsigned long long>(all.lost), idle,
              static_cast<unsigned long long>(events), static_cast<unsigned long long>(all.counted));
  return all.wrong == 0 && all.lost == 0 && idle == 0 && events == all.counted ? 0 : 1;
}
