#include <millrace/resilience/calls/rate_limiter.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t ms = 1'000'000;
}

TEST_CASE("rate_limiter: a bucket gives its burst at once, and then a permit each time one is due") {
  std::uint64_t now = 1'000 * ms;
  rs::rate_limiter slowly{rs::rate<10, 1s>(), rs::burst<3>(), mr::manual_clock(now), rs::named<"features">()};
  for (int i = 0; i < 3; ++i) CHECK(slowly([] {}));
  const auto refused = slowly([] {});
  CHECK(refused.error().code() == errc::unavailable);
  CHECK(refused.error().message() == "rate limiter \"features\" has no permit: the next is in 100000 us");
  now += 100 * ms - 1;
  CHECK_FALSE(slowly([] {}));
  now += 1;
  CHECK(slowly([] {}));
  CHECK_FALSE(slowly([] {}));
  now += 250 * ms;
  CHECK(slowly([] {}));
  CHECK(slowly([] {}));
  CHECK_FALSE(slowly([] {}));
  now += 50 * ms;
  CHECK(slowly([] {}));
  now += 1'000'000 * ms;
  for (int i = 0; i < 3; ++i) CHECK(slowly([] {}));
  CHECK_FALSE(slowly([] {}));
  CHECK(slowly.statistics().refused == 5);
}

TEST_CASE("rate_limiter: a rate that is no whole number of nanoseconds is kept exactly") {
  std::uint64_t now = 0;
  rs::rate_limiter slowly{rs::rate<3, 1s>(), rs::burst<2>(), mr::manual_clock(now)};
  CHECK(slowly([] {}));
  CHECK(slowly([] {}));
  // A call in the first nanosecond in which one is due: the n-th of them at n x 10^9 / 3, rounded up.
  for (std::uint64_t n = 1; n < 3'000; ++n) {
    now = (n * 1'000'000'000 + 2) / 3 - 1;
    if (slowly([] {})) FAIL("call " << n << " came too early");
    ++now;
    if (!slowly([] {})) FAIL("call " << n << " was refused");
  }
}

TEST_CASE("rate_limiter: a window of any place holds no more calls than it may") {
  std::uint64_t now = 0;
  rs::rate_limiter slowly{rs::rate<5, 100ms>(), rs::sliding_window(), mr::manual_clock(now)};
  mr::random_engine random(3);
  std::vector<std::uint64_t> begun;
  for (int i = 0; i < 20'000; ++i) {
    now += random.below(20 * ms);
    const bool is_due = begun.size() < 5 || now - begun[begun.size() - 5] >= 100 * ms;
    const bool made = slowly([] {}).has_value();
    if (made != is_due) FAIL("call " << i);
    if (made) begun.push_back(now);
  }
  CHECK(begun.size() > 5'000);
  // To the nanosecond.
  now += 1'000 * ms;
  for (int i = 0; i < 5; ++i) CHECK(slowly([] {}));
  now += 100 * ms - 1;
  CHECK_FALSE(slowly([] {}));
  now += 1;
  for (int i = 0; i < 5; ++i) CHECK(slowly([] {}));
  CHECK_FALSE(slowly([] {}));
  for (std::size_t i = 5; i < begun.size(); ++i)
    if (begun[i] - begun[i - 5] < 100 * ms) FAIL("window at " << begun[i - 5]);
}

TEST_CASE("rate_limiter: who may wait gets a permit in turn, and is refused at once if it would come too late") {
  for (const bool is_window : {false, true}) {
    std::uint64_t now = 500 * ms;
    rs::rate_limiter slowly{rs::rate_options{.calls = 1, .per = 10ms, .burst = 1, .is_window = is_window, .wait = 25ms},
                            mr::manual_clock(now), rs::manual_sleeper(now)};
    std::vector<std::uint64_t> begun;
    for (int i = 0; i < 4; ++i) CHECK(slowly([&] { begun.push_back(now / ms); }));
    CHECK(begun == std::vector<std::uint64_t>{500, 510, 520, 530});
    CHECK(slowly.statistics().waited == 3);
    CHECK(slowly([] {}, {.timeout = 9ms}).error().code() == errc::unavailable);
    CHECK(now == 530 * ms);
    // That one has taken nothing from the next.
    CHECK(slowly([] {}));
    CHECK(now == 540 * ms);
  }
}

TEST_CASE("rate_limiter: a call that is cancelled while it waits is not made") {
  rs::stop_source stop;
  rs::rate_limiter<rs::rate<1, 1h>, rs::wait_up_to<2h>> slowly;
  CHECK(slowly([] {}));
  std::thread stops([&] {
    while (slowly.statistics().waited == 0) std::this_thread::yield();
    stop.request_stop();
  });
  bool made = false;
  CHECK(slowly([&] { made = true; }, {.stop = &stop}).error().code() == errc::cancelled);
  stops.join();
  CHECK_FALSE(made);
}

TEST_CASE("rate_limiter: threads share its permits, and none is given twice") {
  for (const bool is_window : {false, true}) {
    rs::rate_limiter slowly{rs::rate_options{.calls = 1'000, .per = 1h, .is_window = is_window}};
    std::atomic<int> made{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i)
          if (slowly([] {})) ++made;
      });
    for (std::thread& one : callers) one.join();
    CHECK(made == 1'000);
  }
}

TEST_CASE("rate_limiter: clocks that go back, numbers that make no sense, and exceptions") {
  std::uint64_t now = 1'000 * ms;
  rs::rate_limiter slowly{rs::rate<2, 1s>(), mr::manual_clock(now)};
  CHECK(slowly([] {}));
  now = 0;
  CHECK(slowly([] {}));
  CHECK_FALSE(slowly([] {}));
  constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
  now = 10;
  rs::rate_limiter hardly{
      rs::rate_options{.calls = ~0U, .per = mr::duration(longest), .burst = ~0U, .wait = mr::duration(longest)},
      mr::manual_clock(now), rs::manual_sleeper(now)};
  for (int i = 0; i < 10; ++i) CHECK(hardly([] {}));
  rs::rate_limiter once{
      rs::rate_options{.calls = 0, .per = mr::duration(longest), .burst = 0, .wait = mr::duration(-1)},
      mr::manual_clock(now)};
  CHECK(once([] {}));
  CHECK_FALSE(once([] {}));
  std::uint64_t slept = 0;
  rs::rate_limiter window{
      rs::rate_options{.calls = 1, .per = mr::duration(longest), .is_window = true, .wait = mr::duration(longest)},
      mr::manual_clock(now), rs::manual_sleeper(slept)};
  CHECK(window([] {}));
  CHECK(window([] {}));
  CHECK(slept > 0);
  CHECK_FALSE(window([] {}));  // it would come after twice the longest time
  rs::rate_limiter fast{rs::rate_options{.per = mr::duration(-5)}, mr::manual_clock(now)};
  CHECK_THROWS_AS(fast([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK(fast([]() -> mr::result<int> { return 4; }).value() == 4);
}

TEST_CASE("rate_limiter: in a chain around an event") {
  std::uint64_t now = 0;
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) { ++made; });
  auto scoring = mr::chain(score).use(rs::rate_limiter{rs::rate<1, 1s>(), mr::manual_clock(now)});
  auto ctx = scoring.context();
  CHECK(scoring(ctx));
  CHECK(scoring(ctx).error().code() == errc::unavailable);
  CHECK(made == 1);
}
