#include <millrace/resilience/calls/breaker_options.hpp>

#include <millrace/resilience/calls/circuit_breaker.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <limits>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

TEST_CASE("breaker_options: those that the compiler knows are the same as those of a run") {
  const rs::circuit_breaker<rs::last_calls<50>, rs::min_calls<10>, rs::failure_rate<30>, rs::slow_calls<200ms, 80>,
                            rs::open_for<5s, 1min>, rs::probes<7>>
      breaker;
  const rs::breaker_options& with = breaker.options();
  CHECK(with.calls == 50);
  CHECK(with.min_calls == 10);
  CHECK(with.failure_rate == 0.3);
  CHECK(with.slow == mr::duration(200ms));
  CHECK(with.slow_rate == 0.8);
  CHECK(with.open_for == mr::duration(5s));
  CHECK(with.max_open == mr::duration(1min));
  CHECK(with.probes == 7);
  const rs::circuit_breaker<rs::last_time<30s, 6>> timed;
  CHECK(timed.options().time == mr::duration(30s));
  CHECK(timed.options().buckets == 6);
}

TEST_CASE("breaker_options: numbers that make no sense become the nearest that do") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const rs::circuit_breaker breaker{rs::breaker_options{.calls = 0,
                                                        .time = mr::duration(-1),
                                                        .buckets = 0,
                                                        .min_calls = 99,
                                                        .failure_rate = nan,
                                                        .slow = mr::duration(-1),
                                                        .slow_rate = nan,
                                                        .open_for = mr::duration(-5),
                                                        .growth = nan,
                                                        .max_open = mr::duration(-7),
                                                        .jitter = nan,
                                                        .probes = 0,
                                                        .probe_limit = mr::duration(-1)}};
  const rs::breaker_options& with = breaker.options();
  CHECK(with.calls == 1);
  CHECK(with.time == mr::duration(0));
  CHECK(with.buckets == 1);
  CHECK(with.min_calls == 1);
  CHECK(with.failure_rate == 0.5);
  CHECK(with.slow == mr::duration(0));
  CHECK(with.slow_rate == 1);
  CHECK(with.open_for == mr::duration(0));
  CHECK(with.max_open == mr::duration(0));
  CHECK(with.growth == 1);
  CHECK(with.jitter == 0);
  CHECK(with.probes == 1);
  CHECK(with.probe_limit == mr::duration(0));
  const rs::circuit_breaker huge{
      rs::breaker_options{.calls = ~0U, .time = mr::duration(3), .buckets = ~0U, .probes = ~0U}};
  CHECK(huge.options().calls == 65'536);
  CHECK(huge.options().buckets == 1'024);
  CHECK(huge.options().time == mr::duration(1'024));
}
