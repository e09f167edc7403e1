#include <millrace/resilience/calls/bulkhead.hpp>

#include <millrace/chain/chain.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;
using namespace std::chrono_literals;

namespace {
/// Waits until something holds.
template <class F>
void until(F holds) {
  while (!holds()) std::this_thread::yield();
}
}  // namespace

TEST_CASE("bulkhead: no more calls than places are under way, and exceptions give their place back") {
  rs::bulkhead<rs::at_once<2>, rs::named<"features">> places;
  const auto nested = places([&] {
    return places([&]() -> mr::result<int> {
      CHECK(places.statistics().under_way == 2);
      const auto third = places([]() -> mr::result<int> { return 3; });
      CHECK(third.error().code() == errc::unavailable);
      CHECK(third.error().message() == "bulkhead \"features\" is full: 2 calls are under way, and no more may wait");
      return 2;
    });
  });
  CHECK(nested.value() == 2);
  CHECK(places.statistics().under_way == 0);
  CHECK(places.statistics().refused == 1);
  for (int i = 0; i < 5; ++i)
    CHECK_THROWS_AS(places([]() -> mr::result<int> { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK(places.statistics().under_way == 0);
  CHECK(rs::bulkhead{rs::bulkhead_options{.at_once = 0}}([] {}));
}

TEST_CASE("bulkhead: who waits longest goes first, and nobody overtakes") {
  rs::bulkhead<rs::at_once<1>, rs::waiting<3, 1h>> places;
  std::vector<int> order;
  std::vector<std::thread> callers;
  CHECK(places([&] {
    for (int t = 0; t < 3; ++t) {
      callers.emplace_back([&, t] { (void)places([&] { order.push_back(t); }); });
      until([&] { return places.statistics().waiting == static_cast<std::uint32_t>(t) + 1; });
    }
    const auto fourth = places([] {});  // the queue is full, so this thread is not kept
    CHECK(fourth.error().code() == errc::unavailable);
  }));
  for (std::thread& one : callers) one.join();
  CHECK(order == std::vector<int>{0, 1, 2});
  CHECK(places.statistics().waited == 3);
  CHECK(places.statistics().waiting == 0);
  CHECK(places.statistics().under_way == 0);
}

TEST_CASE("bulkhead: a call waits for so long, its caller's deadline, or until it is cancelled") {
  rs::bulkhead<rs::at_once<1>, rs::waiting<3, 2ms>> places;
  CHECK(places([&] {
    const auto late = places([] {});
    CHECK(late.error().message() == "bulkhead is full: 1 calls are under way, and none ended within 2000 us");
  }));
  rs::bulkhead<rs::at_once<1>, rs::waiting<3, 1h>> patient;
  rs::stop_source stop;
  CHECK(patient([&] {
    CHECK(patient([] {}, {.timeout = 1ms}).error().code() == errc::unavailable);
    std::thread stops([&] {
      until([&] { return patient.statistics().waiting == 1; });
      stop.request_stop();
    });
    CHECK(patient([] {}, {.stop = &stop}).error().code() == errc::cancelled);
    stops.join();
  }));
  CHECK(patient.statistics().waiting == 0);
  CHECK(patient([] {}));
}

TEST_CASE("bulkhead: on many threads places are never more than there are, and none is lost") {
  // Nobody waits, waits long enough, or gives up just when a place comes.
  for (const mr::duration wait : {mr::duration(0), mr::duration(1ms), mr::duration(20us)}) {
    const std::uint32_t at_once = wait == mr::duration(20us) ? 1 : 3;
    rs::bulkhead places{rs::bulkhead_options{.at_once = at_once, .waiting = 4, .wait = wait}};
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 8; ++t)
      callers.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          const auto done = places([&] {
            const int now = ++inside;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
            }
            if (i % 16 == 0) std::this_thread::yield();
            --inside;
          });
          ++(done ? made : refused);
        }
      });
    for (std::thread& one : callers) one.join();
    CHECK(most <= static_cast<int>(at_once));
    CHECK(made + refused == 4'000);
    CHECK(places.statistics().refused == static_cast<std::uint64_t>(refused));
    CHECK(places.statistics().under_way == 0);
    CHECK(places.statistics().waiting == 0);
  }
}

TEST_CASE("bulkhead: in a chain around an event") {
  rs::bulkhead<rs::at_once<1>> places;
  int made = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) { ++made; });
  auto scoring = mr::chain(score).use(mr::borrow(places));
  auto ctx = scoring.context();
  CHECK(scoring(ctx));
  CHECK(places([&] { CHECK(scoring(ctx).error().code() == errc::unavailable); }));
  CHECK(made == 1);
}
