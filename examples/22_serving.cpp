// Serves a model to many threads: batches where callers meet, a fallback where the model cannot help, and a new version
// under load.
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/observe/metrics.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

// The price of a flat by its size and floor, as two years had it.
mr::result<mr::model::linear_regression> prices_of(float a_square_metre) {
  const std::vector<float> flats{50, 1, 60, 3, 80, 2, 100, 5, 120, 4};  // size, floor
  std::vector<float> prices;
  for (std::size_t i = 0; i < flats.size(); i += 2) prices.push_back(a_square_metre * flats[i] + 1000 * flats[i + 1]);
  return mr::model::linear_regression::fit(mr::model::matrix_view(flats, 2), prices);
}

// [serving]
int serve_flats(mr::model::linear_regression first, mr::model::linear_regression second) {
  mr::infer::swappable live{std::move(first)};  // version 1
  mr::observe::metrics_registry registry;
  const auto watch = mr::infer::serving_metrics<>::make(registry, "flats", live);
  if (!watch) return std::fprintf(stderr, "%s\n", watch.error().describe().c_str()), 1;

  // An idle model is run by its caller; callers who come meanwhile become one batch.
  mr::infer::batcher serve{live, mr::infer::max_rows<64>, *watch};
  auto guarded = mr::infer::make_fallback(serve, {{250'000}}, {.timeout = 20ms});
  if (!guarded) return std::fprintf(stderr, "%s\n", guarded.error().describe().c_str()), 1;

  std::atomic<int> served[3] = {};  // by the version that made the price; 0 is the fallback
  std::atomic<bool> stops{false};
  std::vector<std::thread> server;
  for (int t = 0; t < 4; ++t)
    server.emplace_back([&] {
      const std::array<float, 2> flat{75, 2};
      std::array<double, 1> price{};
      while (!stops) ++served[(*guarded)(flat, price).version];
    });

  while (served[1] < 1000) std::this_thread::yield();
  const std::array<float, 4> sample{75, 2, 40, 0};
  const auto warm = mr::infer::warm_up(second, mr::model::matrix_view(sample, 2));
  const auto told = watch->expect(2);                 // its metrics are there before it is
  const auto version = live.swap(std::move(second));  // under load: nobody waits, nothing is lost
  while (version && served[2] < 1000) std::this_thread::yield();

  serve.close();  // what waits is served; what comes gets the fallback
  while (served[0] < 1000) std::this_thread::yield();
  stops = true;
  for (std::thread& one : server) one.join();
  std::printf("version 1: %d prices, version 2: %d, fallback: %d\n", served[1].load(), served[2].load(),
              served[0].load());
  return warm && told && version ? 0 : 1;
}
// [/serving]

int main() {
  auto first = prices_of(3000);
  auto second = prices_of(3300);
  if (!first || !second) return 1;
  return serve_flats(*std::move(first), *std::move(second));
}
