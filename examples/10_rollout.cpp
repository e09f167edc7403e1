// A new version of a model serves half of the requests. The program sums up the latency of each minute, tests after
// every request whether the new version is better, and watches whether the amounts that people spend change.
#include <millrace/aggregate.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>
#include <millrace/stats.hpp>
#include <millrace/store.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

namespace mr = millrace;
using namespace std::chrono_literals;

// [watch]
struct rollout_watch {
  // The latency of each minute, in one pass and fixed memory.
  mr::windowed<mr::tumbling<1min>, mr::aggregate<mr::count, mr::mean, mr::quantiles<>>> latency;
  // Finds a difference in at most 5 % of rollouts that change nothing, although it is peeked at after every request.
  mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"bought">, mr::stats::mean_of<"latency_ms">>,
                             mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>, mr::stats::holm>>
      test;
  // One false alarm in 100,000 requests on average. It is given logarithms, since amounts have heavy tails.
  mr::detect::adwin<mr::detect::arl<100'000>> amount;
  bool better = false;

  void served(std::chrono::milliseconds now, bool new_version, bool bought, double milliseconds, double spent) {
    latency.update(milliseconds, mr::time_point(now), [](const mr::time_range& when, const auto& minute) {
      std::printf("minute %.0f: mean %.1f ms, p99 %.1f ms\n", static_cast<double>(when.begin.nanoseconds) / 60e9,
                  minute.template get<mr::mean>(), minute.template get<mr::quantiles>()(0.99));
    });
    test.update(new_version, bought, milliseconds);
    if (auto found = test.peek(); !better && found && found->metrics[0].significant) {
      better = found->metrics[0].test.effect > 0;
      std::printf("%s", found->summary().c_str());
    }
    if (amount.update(std::log(spent)) == mr::detect::signal::drift)
      std::printf("amounts are not what they were: of late around %.0f\n", std::exp(amount.mean()));
  }
};
// [/watch]

// [keep]
/// Saves the state of the test, so that it can go on after a restart of the process.
mr::result<void> keep(const rollout_watch& watch, const std::string& path) {
  return mr::store::write_file(path, watch.test.save());  // after a crash the file is the old one or the new one
}
mr::result<void> go_on(rollout_watch& watch, const std::string& path) {
  auto bytes = mr::store::read_bytes(path);
  if (!bytes) return std::move(bytes).error();  // this error names the path
  auto test = decltype(watch.test)::load(*bytes);
  if (!test) return std::move(test).error().wrap(path);  // load does not know the path
  watch.test = *std::move(test);
  return {};
}
// [/keep]

int main() {
  mr::random_engine random(10);
  rollout_watch watch;
  for (int request = 0; request < 20'001; ++request) {
    // Made-up requests: the new version sells more and takes as long; from request 15,000 on people spend more.
    const bool new_version = random.uniform() < 0.5;
    const bool bought = random.uniform() < (new_version ? 0.13 : 0.10);
    const double milliseconds = 5 - 3 * std::log(1 - random.uniform());
    const double spent = (request < 15'000 ? -20 : -26) * std::log(1 - random.uniform());
    watch.served(15ms * request, new_version, bought, milliseconds, spent);
    if (request != 10'000) continue;
    // As if the server was restarted: the test is saved and loaded.
    auto done = keep(watch, "rollout.state");
    if (done) done = go_on(watch, "rollout.state");
    if (!done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  }
  return watch.better ? 0 : 1;
}
