#include <millrace/core/sleeper.hpp>

#include <support/catch.hpp>

#include <millrace/core/clock.hpp>

#include <pthread.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <thread>

namespace mr = millrace;
using namespace std::chrono_literals;

static_assert(mr::sleeper<mr::system_sleeper> && mr::sleeper<mr::manual_sleeper>);

TEST_CASE("the system's sleeper sleeps no shorter than asked, and at once where there is nothing to wait for") {
  const mr::steady_clock clock;
  const mr::system_sleeper waits;
  const std::uint64_t before = clock.ticks();
  waits.sleep(3ms);
  CHECK(clock.ticks() - before >= 3'000'000);
  waits.sleep(mr::duration());
  waits.sleep(-1h);  // or the test would run into its limit
}

TEST_CASE("a signal does not end a sleep early") {
  struct sigaction quiet{};
  struct sigaction kept{};
  quiet.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &quiet, &kept);
  std::atomic<std::uint64_t> slept{0};
  std::atomic<bool> begun{false};
  std::thread sleeper([&] {
    const std::uint64_t before = mr::steady_clock().ticks();
    begun = true;
    mr::system_sleeper().sleep(20ms);
    slept = mr::steady_clock().ticks() - before;
  });
  while (!begun) std::this_thread::yield();
  while (slept == 0) {
    ::pthread_kill(sleeper.native_handle(), SIGUSR1);
    std::this_thread::sleep_for(1ms);
  }
  sleeper.join();
  ::sigaction(SIGUSR1, &kept, nullptr);
  CHECK(slept >= 20'000'000);
}

TEST_CASE("a manual sleeper moves its clock on and does not wait") {
  std::uint64_t now = 5;
  const mr::manual_clock clock(now);
  const mr::manual_sleeper waits(now);
  waits.sleep(1h);
  CHECK(clock.ticks() == 5 + 3'600'000'000'000U);
  waits.sleep(-1s);
  CHECK(clock.ticks() == 5 + 3'600'000'000'000U);
}
