#include <millrace/aggregate/windows/sliding_window.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cmath>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("a sliding window knows the usual statistics of the last five minutes") {
  mr::basic_sliding_window<mr::event_time<>> recent;
  CHECK(recent.length() == mr::duration(5min));
  CHECK(recent.stats().count == 0);
  CHECK(std::isnan(recent.stats().mean));
  recent.update(-1e12, mr::time_point(0s));
  recent.update(100, mr::time_point(10s));
  recent.update(150, mr::time_point(310s - 1ns));
  const mr::window_stats now = recent.stats();
  CHECK(now.count == 2);
  CHECK(now.sum == 250);
  CHECK(now.mean == 125);
  CHECK(now.min == 100);
  CHECK(now.max == 150);
  CHECK(now.variance == Approx(1250));
  CHECK(now.stddev == Approx(std::sqrt(1250.0)));
  auto back = decltype(recent)::load(recent.save());
  REQUIRE(back.has_value());
  CHECK(back->stats().sum == 250);
  REQUIRE(back->merge(recent).has_value());
  CHECK(back->stats().count == 4);
}

TEST_CASE("a sliding window stamps items as they come, and holds at most as many as it is told") {
  mr::sliding_window recent(60s, 2);
  for (const double x : {1.0, 2.0, 3.0}) recent.update(x);
  CHECK(recent.stats().count == 2);
  CHECK(recent.stats().min == 2);
  CHECK(recent.dropped() == 1);
}
