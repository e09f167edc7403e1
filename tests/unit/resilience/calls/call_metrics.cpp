#include <millrace/resilience/calls/call_metrics.hpp>

#include <millrace/observe/export.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/retry.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

TEST_CASE("call_metrics: shows what wrappers do, and the state of a breaker") {
  mr::observe::metrics_registry registry;
  auto watch = rs::call_metrics<>::make(registry, "features");
  REQUIRE(watch);
  static_assert(rs::call_monitor<rs::call_metrics<>>);
  std::uint64_t now = 0;
  rs::circuit_breaker breaker{rs::last_calls<3>(), rs::min_calls<3>(),    rs::open_for<1h>(),
                              rs::probes<1>(),     mr::manual_clock(now), mr::borrow(*watch)};
  rs::retry again{rs::attempts<2>(), mr::manual_clock(now), rs::manual_sleeper(now), mr::borrow(*watch)};
  int made = 0;
  const auto call = [&] {
    return again([&] {
      return breaker([&]() -> mr::result<void> {
        if (++made <= 3) return mr::error(errc::io, "cut off");
        return {};
      });
    });
  };
  CHECK_FALSE(call());  // two attempts
  CHECK_FALSE(call());  // one more opens the breaker, which refuses the second
  std::string text = mr::observe::to_prometheus(registry.snapshot());
  const auto says = [&](const char* line) { return text.find(line) != std::string::npos; };
  CHECK(says("millrace_call_events_total{call=\"features\",event=\"attempted\"} 4\n"));
  CHECK(says("millrace_call_events_total{call=\"features\",event=\"retried\"} 2\n"));
  CHECK(says("millrace_call_events_total{call=\"features\",event=\"failed\"} 3\n"));
  CHECK(says("millrace_call_events_total{call=\"features\",event=\"not_allowed\"} 1\n"));
  CHECK(says("millrace_call_events_total{call=\"features\",event=\"opened\"} 1\n"));
  CHECK_FALSE(says("event=\"late\""));
  CHECK(says("millrace_circuit_breaker_state{call=\"features\"} 2\n"));
  now += 2 * 3'600'000'000'000U;
  CHECK(breaker([&]() -> mr::result<void> {
    text = mr::observe::to_prometheus(registry.snapshot());
    CHECK(says("millrace_circuit_breaker_state{call=\"features\"} 1\n"));
    return {};
  }));
  text = mr::observe::to_prometheus(registry.snapshot());
  CHECK(says("millrace_circuit_breaker_state{call=\"features\"} 0\n"));
}

TEST_CASE("call_metrics: a name that is taken, or a registry that is full, is an error") {
  mr::observe::metrics_registry registry;
  REQUIRE(registry.counter({"shop_circuit_breaker_state", "Taken."}));
  CHECK(rs::call_metrics<"shop_">::make(registry, "features").error().code() == errc::already_exists);
  mr::observe::metrics_registry few({.max_series_per_family = 3});
  CHECK(rs::call_metrics<>::make(few, "features").error().code() == errc::out_of_range);
}
