#include <millrace/resilience/calls/retry.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/core/context.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

namespace {

/// A clock and a sleeper of one time.
struct moment {
  std::uint64_t now = 1'000;
  mr::manual_clock clock() { return mr::manual_clock(now); }
  rs::manual_sleeper sleeper() { return rs::manual_sleeper(now); }
};

/// Fails so often, then succeeds.
struct flaky {
  int failures;
  errc code = errc::io;
  int made = 0;
  mr::result<int> operator()() {
    if (++made <= failures) return mr::error(code, "failure " + std::to_string(made));
    return made;
  }
};

struct count_events {
  mutable int seen[rs::call_events] = {};
  void update(rs::call_event event) const noexcept { ++seen[static_cast<std::size_t>(event)]; }
  int of(rs::call_event event) const { return seen[static_cast<std::size_t>(event)]; }
};

struct move_only {
  int value;
  explicit move_only(int v) : value(v) {}
  move_only(move_only&&) = default;
  move_only& operator=(move_only&&) = default;
  ~move_only() = default;
};

}  // namespace

TEST_CASE("retry: a call is made again after transient errors, until it succeeds or its attempts are over") {
  moment time;
  count_events seen;
  rs::retry again{rs::attempts<4>(), rs::backoff<10ms, 25ms>(), rs::no_jitter(), time.clock(),
                  time.sleeper(),    mr::borrow(seen)};
  flaky call{2};
  const auto got = again(call);
  REQUIRE(got);
  CHECK(*got == 3);
  CHECK(time.now == 1'000 + 30'000'000);  // 10 and 20 ms
  CHECK(seen.of(rs::call_event::attempted) == 3);
  CHECK(seen.of(rs::call_event::retried) == 2);
  CHECK(seen.of(rs::call_event::recovered) == 1);

  flaky down{99};
  const auto failed = again(down);
  REQUIRE_FALSE(failed);
  CHECK(down.made == 4);
  CHECK(time.now == 1'000 + 30'000'000 + 55'000'000);  // 10, 20 and the cap, 25 ms
  CHECK(failed.error().code() == errc::io);
  CHECK(failed.error().describe() == "retry gave up after attempt 4 of 4: failure 4");
  const rs::retry_statistics all = again.statistics();
  CHECK(all.retries == 5);
  CHECK(all.recovered == 1);
  CHECK(all.gave_up == 1);
  CHECK(seen.of(rs::call_event::gave_up) == 1);
}

TEST_CASE("retry: an error that would come again ends the call as it is") {
  moment time;
  rs::retry again{rs::named<"features">(), time.clock(), time.sleeper()};
  flaky wrong{99, errc::invalid_argument};
  const auto failed = again(wrong);
  CHECK(wrong.made == 1);
  CHECK(failed.error().describe() == "failure 1");
  for (const errc code : {errc::timeout, errc::unavailable, errc::io}) {
    flaky one{1, code};
    CHECK(again(one));
  }
  // Also where it comes after one that is not.
  int made = 0;
  const auto second = again([&]() -> mr::result<void> {
    return ++made == 1 ? mr::error(errc::io, "cut off") : mr::error(errc::not_found, "no such row");
  });
  CHECK(made == 2);
  CHECK(second.error().code() == errc::not_found);
  CHECK(second.error().describe() == "retry \"features\" ended with attempt 2 of 3: no such row");
}

TEST_CASE("retry: what is tried again after is the caller's to say, but for what an open breaker refused") {
  moment time;
  rs::retry these{rs::retry_on<errc::not_found>(), time.clock(), time.sleeper()};
  flaky absent{1, errc::not_found};
  CHECK(these(absent));
  flaky broken{1, errc::io};
  CHECK_FALSE(these(broken));

  rs::retry whatever{rs::retry_if{[](const mr::error&) { return true; }}, time.clock(), time.sleeper()};
  flaky wrong{2, errc::invalid_argument};
  CHECK(whatever(wrong));
  int made = 0;
  const auto refused = whatever([&]() -> mr::result<int> {
    ++made;
    return mr::error(errc::unavailable, "the breaker is open", mr::error(errc::vetoed, "all calls failed"))
        .wrap("row 7");
  });
  CHECK(made == 1);
  CHECK(refused.error().message() == "row 7");
}

TEST_CASE("retry: no delay ends after a deadline, the retry's own or the caller's") {
  moment time;
  rs::retry again{rs::attempts<100>(), rs::backoff<10ms, 10ms>(), rs::no_jitter(), rs::within<35ms>(), time.clock(),
                  time.sleeper()};
  flaky down{99};
  const auto failed = again(down);
  CHECK(down.made == 4);
  CHECK(time.now == 1'000 + 30'000'000);
  CHECK(failed.error().message() ==
        "retry gave up after attempt 4 of 100, since the next would come after the deadline");
  down.made = 0;
  CHECK_FALSE(again(down, {.timeout = 15ms}));
  CHECK(down.made == 2);
  down.made = 0;
  const std::uint64_t before = time.now;
  CHECK_FALSE(again(down, {.timeout = 10ms}));  // a delay that ends with the deadline leaves no time to call
  CHECK(down.made == 1);
  CHECK(time.now == before);

  // A call that takes up the time itself is not made again, either.
  int made = 0;
  CHECK_FALSE(again([&]() -> mr::result<void> {
    ++made;
    time.now += 30'000'000;
    return mr::error(errc::io, "slow");
  }));
  CHECK(made == 1);

  std::vector<std::int64_t> left;
  std::vector<std::uint32_t> numbers;
  CHECK_FALSE(again([&](const auto& call) -> mr::result<void> {
    left.push_back(call.remaining().nanoseconds);
    numbers.push_back(call.attempt());
    return mr::error(errc::io, "down");
  }));
  CHECK(left == std::vector<std::int64_t>{35'000'000, 25'000'000, 15'000'000, 5'000'000});
  CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("retry: a stop ends it between its attempts, and wakes it while it sleeps") {
  rs::stop_source stop;
  moment time;
  rs::retry again{time.clock(), time.sleeper()};
  int made = 0;
  const auto ended = again(
      [&]() -> mr::result<void> {
        ++made;
        stop.request_stop();
        return mr::error(errc::io, "cut off");
      },
      {.stop = &stop});
  CHECK(made == 1);
  CHECK(ended.error().code() == errc::cancelled);
  CHECK(ended.error().describe() == "retry was cancelled after attempt 1 of 3: cut off");
  CHECK(time.now == 1'000);
  CHECK(again([&]() -> mr::result<void> { return {}; }, {.stop = &stop}).error().code() == errc::cancelled);

  rs::stop_source later;
  rs::retry<rs::backoff<1h, 1h>, rs::no_jitter> patient;
  std::thread stops;
  const auto woken = patient(
      [&]() -> mr::result<void> {
        stops = std::thread([&] { later.request_stop(); });
        return mr::error(errc::io, "cut off");
      },
      {.stop = &later});
  stops.join();
  CHECK(woken.error().code() == errc::cancelled);
}

TEST_CASE("retry: callers who share a budget spend it together, and successes fill it again") {
  rs::retry_budget budget({.tokens = 5, .ratio = 0.5});
  moment time;
  rs::retry one{rs::attempts<4>(), mr::borrow(budget), time.clock(), time.sleeper()};
  rs::retry other{rs::attempts<4>(), mr::borrow(budget), time.clock(), time.sleeper()};
  flaky down{99};
  CHECK_FALSE(one(down));
  CHECK(down.made == 4);
  const auto spent = other(down);
  CHECK(down.made == 4 + 3);
  CHECK(spent.error().message() == "retry gave up after attempt 3 of 4, since the budget of retries is spent");
  CHECK(spent.error().code() == errc::io);
  CHECK(other.statistics().over_budget == 1);
  CHECK_FALSE(one(down));
  CHECK(down.made == 4 + 3 + 1);
  flaky up{0};
  CHECK(one(up));
  CHECK(budget.tokens() == 0.5);
  CHECK(one(up));
  CHECK(budget.tokens() == 1);
  CHECK_FALSE(one(down));
  CHECK(budget.tokens() == 0);
  for (int i = 0; i < 100; ++i) CHECK(one(up));
  CHECK(budget.tokens() == 5);
}

TEST_CASE("retry: an exception goes through, and values of every kind come out") {
  moment time;
  rs::retry again{time.clock(), time.sleeper()};
  int made = 0;
  CHECK_THROWS_AS(again([&]() -> mr::result<void> {
                    if (++made < 2) return mr::error(errc::io, "cut off");
                    throw std::runtime_error("out of order");
                  }),
                  std::runtime_error);
  CHECK(made == 2);
  CHECK(again.statistics().retries == 1);
  CHECK(again.statistics().recovered == 0);

  const auto nothing = again([&] { ++made; });
  static_assert(std::is_same_v<decltype(nothing), const mr::result<void>>);
  CHECK(nothing);
  CHECK(made == 3);
  const auto moved = again([&]() -> mr::result<move_only> {
    if (++made < 5) return mr::error(errc::io, "cut off");
    return move_only(made);
  });
  REQUIRE(moved);
  CHECK(moved->value == 5);
}

TEST_CASE("retry: a call that succeeds costs no memory") {
  rs::retry again;
  int made = 0;
  CHECK(support::allocations_of([&] { (void)again([&]() -> mr::result<int> { return ++made; }); }) == 0);
  CHECK(made == 1);
}

TEST_CASE("retry: in a chain an event is tried again, also one that throws if asked") {
  moment time;
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) -> mr::result<void> {
    if (++made == 1) return mr::error(errc::io, "cut off");
    if (made == 2) throw std::runtime_error("reset");
    return {};
  });
  auto scoring =
      mr::chain(score).use(rs::retry{rs::retry_on<errc::io, errc::event_threw>(), time.clock(), time.sleeper()});
  auto ctx = scoring.context();
  CHECK(scoring(ctx));
  CHECK(made == 3);
  CHECK(scoring.get<"retry">().statistics().recovered == 1);
  CHECK(scoring.order()[0] == "retry");
  static_assert(rs::retry<>::thread_safe);
}
