#include <millrace/resilience/calls/timeout.hpp>

#include <millrace/chain/chain.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t ms = 1'000'000;
}

TEST_CASE("timeout: a callable is told how long it may take, and what it returns too late is an error") {
  std::uint64_t now = 7;
  rs::timeout quickly{rs::limit<50ms>(), mr::manual_clock(now), rs::named<"features">()};
  const auto lasts = [&](std::uint64_t length) {
    return quickly([&](const auto& call) -> mr::result<int> {
      CHECK(call.remaining() == mr::duration(50ms));
      now += length * ms;
      CHECK(call.should_stop() == (length >= 50));
      return 5;
    });
  };
  CHECK(lasts(0).value() == 5);
  CHECK(lasts(50).value() == 5);
  const auto late = lasts(51);
  CHECK(late.error().code() == errc::timeout);
  CHECK(late.error().message() == "timeout \"features\": the call took 51000 us, of 50000 us at most");
  CHECK(quickly.late() == 1);

  // An error says more than that it came late.
  const auto failed = quickly([&]() -> mr::result<int> {
    now += 60 * ms;
    return mr::error(errc::io, "cut off");
  });
  CHECK(failed.error().code() == errc::io);
  CHECK(quickly.late() == 2);

  rs::timeout patient{rs::limit<50ms>(), rs::keeps_late(), mr::manual_clock(now)};
  CHECK(patient([&]() -> mr::result<int> {
          now += 60 * ms;
          return 6;
        }).value() == 6);
  CHECK(patient.late() == 1);
}

TEST_CASE("timeout: the caller's deadline stays where it is earlier, and a call whose time is over is not made") {
  std::uint64_t now = 7;
  rs::timeout quickly{rs::timeout_options{.limit = 50ms}, mr::manual_clock(now)};
  CHECK(quickly([&](const auto& call) { CHECK(call.remaining() == mr::duration(20ms)); }, {.timeout = 20ms}));
  rs::timeout inner{rs::limit<10ms>(), mr::manual_clock(now)};
  const rs::call_info info(inner.clock(), {.timeout = 5ms});
  now += 5 * ms;
  bool made = false;
  const auto over = inner.run(info, [&](const auto&) -> mr::result<void> {
    made = true;
    return {};
  });
  CHECK_FALSE(made);
  CHECK(over.error().code() == errc::timeout);
  rs::timeout none{rs::timeout_options{.limit = mr::duration(-3)}, mr::manual_clock(now)};
  CHECK(none.options().limit == mr::duration(0));
}

TEST_CASE("timeout: an exception goes through, values of every kind come out, and a chain's events are timed") {
  std::uint64_t now = 7;
  rs::timeout quickly{rs::limit<50ms>(), mr::manual_clock(now)};
  CHECK_THROWS_AS(quickly([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  struct move_only {
    explicit move_only(int v) : value(v) {}
    move_only(move_only&&) = default;
    move_only& operator=(move_only&&) = default;
    ~move_only() = default;
    int value;
  };
  CHECK(quickly([]() -> mr::result<move_only> { return move_only(3); }).value().value == 3);
  static_assert(std::is_same_v<decltype(quickly([] {})), mr::result<void>>);

  auto slow = mr::step<"slow", mr::fields<>, mr::fields<>>([&](auto&) { now += 60 * ms; });
  auto scoring = mr::chain(slow).use(std::move(quickly));
  auto ctx = scoring.context();
  CHECK(scoring(ctx).error().code() == errc::timeout);
}
