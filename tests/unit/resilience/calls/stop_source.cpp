#include <millrace/resilience/calls/stop_source.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace rs = millrace::resilience;
using namespace std::chrono_literals;

TEST_CASE("stop_source: wakes all that wait, and stays requested") {
  rs::stop_source stop;
  CHECK_FALSE(stop.stop_requested());
  CHECK_FALSE(stop.wait_for(1us));
  CHECK_FALSE(stop.wait_for(-1h));
  std::atomic<int> woken{0};
  std::vector<std::thread> waiting;
  for (int i = 0; i < 3; ++i) waiting.emplace_back([&] { woken += stop.wait_for(1h) ? 1 : 0; });
  stop.request_stop();
  for (std::thread& one : waiting) one.join();
  CHECK(woken == 3);
  stop.request_stop();
  CHECK(stop.stop_requested());
  CHECK(stop.wait_for(1h));
}
