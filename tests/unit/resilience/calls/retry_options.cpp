#include <millrace/resilience/calls/retry_options.hpp>

#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

namespace {
constexpr std::int64_t ms = 1'000'000;
constexpr rs::jitter kinds[] = {rs::jitter::none, rs::jitter::full, rs::jitter::equal, rs::jitter::decorrelated};
}  // namespace

TEST_CASE("retry_delays: every delay stays within 0 and the cap, also after 1,024 attempts") {
  constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
  for (const rs::jitter kind : kinds)
    for (const std::int64_t cap : {std::int64_t{0}, ms, 20'000 * ms, longest})
      for (const std::int64_t base : {std::int64_t{0}, std::int64_t{1}, ms, longest})
        for (const double growth : {1.0, 2.0, 1e300}) {
          rs::retry_delays delays(
              {.base = mr::duration(base), .cap = mr::duration(cap), .growth = growth, .draw = kind});
          mr::random_engine random(7);
          const std::int64_t top = cap > base ? cap : base;
          for (int i = 0; i < 1'100; ++i) {
            const std::int64_t delay = delays.next(random).nanoseconds;
            if (delay < 0 || delay > top) FAIL("delay " << delay << " of at most " << top);
          }
        }
}

TEST_CASE("retry_delays: the ceiling doubles up to the cap, and numbers that make no sense become the nearest") {
  mr::random_engine random(1);
  rs::retry_delays plain({.base = 10ms, .cap = 70ms, .draw = rs::jitter::none});
  for (const std::int64_t expected : {10, 20, 40, 70, 70}) CHECK(plain.next(random).nanoseconds == expected * ms);
  rs::retry_delays backward({.base = -5ms, .cap = -7ms, .growth = 0.1, .draw = rs::jitter::none});
  CHECK(backward.next(random).nanoseconds == 0);
  rs::retry_delays shrinking({.base = 10ms, .cap = 5ms, .growth = 0.1, .draw = rs::jitter::none});
  for (int i = 0; i < 3; ++i) CHECK(shrinking.next(random).nanoseconds == 10 * ms);
}

TEST_CASE("retry_delays: each jitter is uniform where its definition says, and reaches both ends") {
  // The first delays of many calls: means and extremes of a uniform distribution, to 5 standard errors.
  mr::random_engine random(42);
  constexpr int calls = 20'000;
  const auto ends = [&](rs::jitter kind, int nth, double& least, double& most, double& mean) {
    least = 1e18;
    most = mean = 0;
    for (int i = 0; i < calls; ++i) {
      rs::retry_delays delays({.base = 100ms, .cap = 1s, .draw = kind});
      double delay = 0;
      for (int n = 0; n < nth; ++n) delay = static_cast<double>(delays.next(random).nanoseconds) / ms;
      least = delay < least ? delay : least;
      most = delay > most ? delay : most;
      mean += delay / calls;
    }
  };
  double least = 0;
  double most = 0;
  double mean = 0;
  ends(rs::jitter::full, 2, least, most, mean);  // 0 to 200
  CHECK(least < 0.2);
  CHECK(most > 199.8);
  CHECK(mean == Approx(100).margin(5 * 200 / 3.4641 / 141.4));
  ends(rs::jitter::equal, 2, least, most, mean);  // 100 to 200
  CHECK(least >= 100);
  CHECK(least < 100.1);
  CHECK(most > 199.9);
  CHECK(mean == Approx(150).margin(5 * 100 / 3.4641 / 141.4));
  ends(rs::jitter::decorrelated, 1, least, most, mean);  // 100 to 300
  CHECK(least >= 100);
  CHECK(most > 299.8);
  CHECK(mean == Approx(200).margin(5 * 200 / 3.4641 / 141.4));
  ends(rs::jitter::decorrelated, 2, least, most, mean);  // 100 to three times that: mean (100 + 3 x 200) / 2
  CHECK(least >= 100);
  CHECK(most > 850);
  CHECK(mean == Approx(350).margin(8));
  ends(rs::jitter::full, 5, least, most, mean);  // 1,600, but for the cap
  CHECK(most <= 1000);
  CHECK(mean == Approx(500).margin(5 * 1000 / 3.4641 / 141.4));
}

TEST_CASE("retry_budget: on many threads no token is spent twice, and none is made") {
  // 4 threads of 5,000 successes and as many as they can pay of retries: tokens + ratio x successes at the most.
  rs::retry_budget budget({.tokens = 50, .ratio = 0.1});
  std::atomic<int> retries{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        budget.succeeded();
        while (budget.withdraw()) ++retries;
      }
    });
  for (std::thread& one : callers) one.join();
  CHECK(retries <= 50 + 2'000);
  // Only what would have filled it beyond its tokens is lost, and it was never full again.
  CHECK(retries + budget.tokens() == Approx(50 + 2'000).margin(1));
  // All of a budget that nothing fills again, by threads that are all at it.
  rs::retry_budget large({.tokens = 1'000'000, .ratio = 0});
  retries = 0;
  std::atomic<int> ready{0};
  callers.clear();
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      ++ready;
      while (ready < 4) std::this_thread::yield();
      int mine = 0;
      while (large.withdraw()) ++mine;
      retries += mine;
    });
  for (std::thread& one : callers) one.join();
  CHECK(retries == 1'000'000);
  rs::retry_budget none({.tokens = -1, .ratio = std::numeric_limits<double>::quiet_NaN()});
  none.succeeded();
  CHECK_FALSE(none.withdraw());
}
