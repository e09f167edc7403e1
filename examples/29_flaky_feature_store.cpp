// Scores payments with features from a store that is flaky, then down for a minute, and then well again: a retry, a
// circuit breaker, a time limit and a fallback around one call, and what each of them did. Time is made up, so that the
// program ends at once and the same each time.
#include <millrace/core/clock.hpp>
#include <millrace/observe/export.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/resilience/calls.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

/// Loses every tenth request, hangs in every fiftieth, and is down from second 20 to 80.
struct feature_store {
  std::uint64_t& now;
  int requests = 0;

  /// Returns how often the customer paid, or an error. It gives up when the time that it has is over.
  mr::result<double> fetch(int customer, mr::duration may_take) {
    ++requests;
    const std::uint64_t second = now / 1'000'000'000;
    if (second >= 20 && second < 80) return mr::error(mr::errc::unavailable, "connection refused");
    if (requests % 50 == 0) {
      now += static_cast<std::uint64_t>(may_take.nanoseconds);
      return mr::error(mr::errc::timeout, "no reply");
    }
    now += 3'000'000;
    if (requests % 10 == 0) return mr::error(mr::errc::io, "connection reset");
    return 0.25 * (customer % 8);
  }
};

// [resilience]
/// Calls `score(customer)`, `times` times, `every` so long.
mr::result<std::string> score_payments(feature_store& store, std::uint64_t& now, int times, mr::duration every) {
  mr::observe::metrics_registry registry;
  const auto watch = rs::call_metrics<>::make(registry, "features");
  if (!watch) return watch.error();

  const mr::manual_clock clock(now);  // a program leaves out clock and sleeper, and is given the system's
  rs::resilient guarded{
      rs::fallback{0.5},  // what an average customer has
      rs::retry{rs::attempts<3>(), rs::backoff<10ms, 100ms>(), rs::within<1s>(), rs::seeded<7>(), mr::borrow(*watch),
                clock, rs::manual_sleeper(now)},
      rs::circuit_breaker{rs::last_calls<20>(), rs::min_calls<10>(), rs::failure_rate<50>(), rs::open_for<5s, 20s>(),
                          rs::probes<2>(), rs::named<"features">(), mr::borrow(*watch), clock},
      rs::timeout{rs::limit<50ms>(), clock}};

  int customer = 0;
  const auto fetch = [&](const auto& call) { return store.fetch(customer, call.remaining()); };
  for (; customer < times; ++customer) {
    const auto feature = guarded(fetch);
    if (!feature) return feature.error();  // only a mistake of ours: a fallback stands in for all else
    now += static_cast<std::uint64_t>(every.nanoseconds);
  }

  const rs::retry_statistics retried = guarded.get<"retry">().statistics();
  const rs::breaker_statistics breaker = guarded.get<"circuit_breaker">().statistics();
  std::printf("retry: %d retries, by which %d calls recovered\n", static_cast<int>(retried.retries),
              static_cast<int>(retried.recovered));
  std::printf("breaker: opened %d times, spared the store %d requests, is %s\n", static_cast<int>(breaker.opened),
              static_cast<int>(breaker.not_allowed), std::string(to_string(breaker.state)).c_str());
  std::printf("fallback: stood in for %d of %d calls; the store had %d requests\n",
              static_cast<int>(guarded.get<"fallback">().replaced()), times, store.requests);
  return mr::observe::to_prometheus(registry.snapshot());
}
// [/resilience]

// [alone]
/// A wrapper alone, with numbers that the program learns when it runs.
mr::result<double> fetch_again(feature_store& store, int customer, std::uint32_t attempts,
                               const rs::stop_source& stop) {
  rs::retry again{rs::retry_options{.attempts = attempts, .base = 5ms},
                  rs::retry_on<mr::errc::io, mr::errc::timeout>()};
  return again([&] { return store.fetch(customer, 20ms); }, {.timeout = 200ms, .stop = &stop});
}
// [/alone]

int main() {
  std::uint64_t now = 0;
  feature_store store{now};
  const auto metrics = score_payments(store, now, 1'200, 100ms);  // two minutes
  if (!metrics) return std::fprintf(stderr, "%s\n", metrics.error().describe().c_str()), 1;
  std::printf("\n%s", metrics->c_str());
  const rs::stop_source stop;
  const auto one = fetch_again(store, 3, 4, stop);
  if (!one || *one != 0.75) return 1;
  // While the store was down for 600 calls, it was asked a few dozen times.
  const bool is_spared = store.requests < 800;
  const bool is_closed = metrics->find("millrace_circuit_breaker_state{call=\"features\"} 0") != std::string::npos;
  return is_spared && is_closed ? 0 : 1;
}
