#include <millrace/resilience/calls/throttled.hpp>

#include <millrace/core/clock.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/resilient.hpp>
#include <millrace/resilience/calls/retry.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

namespace {

/// Says when to come again until it has said so often enough, and notes when it was asked.
struct busy_server {
  const std::uint64_t& now;
  std::vector<mr::duration> asks_for;
  std::vector<std::uint64_t> calls = {};

  rs::throttled<int> operator()() {
    calls.push_back(now);
    const std::size_t at = calls.size() - 1;
    if (at < asks_for.size()) return {mr::error(errc::unavailable, "busy"), asks_for[at]};
    return 7;
  }
};

constexpr rs::retry_options plain{
    .attempts = 5, .base = mr::duration(1s), .cap = mr::duration(10s), .draw = rs::jitter::none};

}  // namespace

TEST_CASE("throttled: a result that says when to come again") {
  const rs::throttled<int> good = 3;
  CHECK((good && *good == 3 && good.retry_after() == mr::duration(0)));
  const rs::throttled<int> whenever = mr::error(errc::io, "lost");
  CHECK((!whenever && whenever.retry_after() == mr::duration(0)));
  const rs::throttled<void> later{mr::error(errc::unavailable, "busy"), 7s};
  CHECK(later.retry_after() == mr::duration(7s));
  const mr::result<int> sliced = rs::throttled<int>(4);
  CHECK((sliced && *sliced == 4));
  const rs::throttled<std::string> taken = mr::result<std::string>(std::string("text"));
  CHECK(*taken == "text");
  static_assert(std::is_nothrow_move_constructible_v<rs::throttled<int>>);
}

TEST_CASE("throttled: a retry waits at least as long as it is told, and as long as it would anyway") {
  std::uint64_t now = 0;
  rs::retry again{plain, mr::manual_clock(now), rs::manual_sleeper(now)};
  busy_server server{now, {7s, mr::duration(0), 1s}};
  const auto outcome = again([&] { return server(); });
  static_assert(std::is_same_v<decltype(outcome), const rs::throttled<int>>);
  REQUIRE(outcome);
  CHECK(*outcome == 7);
  // 7 s as told, where backoff has 1; 2 s of backoff, where nothing was told; 4 s of it, where 1 was.
  CHECK(server.calls == std::vector<std::uint64_t>{0, 7'000'000'000, 9'000'000'000, 13'000'000'000});
}

TEST_CASE("throttled: a retry gives up where it is told to come later than its cap or its deadline") {
  std::uint64_t now = 0;
  busy_server late{now, {11s}};
  const auto beyond_cap = rs::retry{plain, mr::manual_clock(now), rs::manual_sleeper(now)}([&] { return late(); });
  REQUIRE(!beyond_cap);
  CHECK(beyond_cap.error().code() == errc::unavailable);
  CHECK(beyond_cap.error().message() ==
        "retry gave up after attempt 1 of 5, since it is told to come again later than it ever would");
  CHECK(now == 0);

  rs::retry_options hurried = plain;
  hurried.within = mr::duration(5s);
  busy_server slow{now, {3s, 3s}};
  const auto beyond_end = rs::retry{hurried, mr::manual_clock(now), rs::manual_sleeper(now)}([&] { return slow(); });
  REQUIRE(!beyond_end);
  CHECK(now == 3'000'000'000);
  CHECK(slow.calls.size() == 2);
}

TEST_CASE("throttled: what is told goes through the wrappers within a retry") {
  std::uint64_t now = 0;
  const mr::manual_clock clock(now);
  rs::resilient stack{rs::retry{plain, clock, rs::manual_sleeper(now)}, rs::circuit_breaker{clock}};
  busy_server server{now, {9s}};
  CHECK(stack([&] { return server(); }));
  CHECK(server.calls == std::vector<std::uint64_t>{0, 9'000'000'000});
}
