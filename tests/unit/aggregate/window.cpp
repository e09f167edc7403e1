#include <millrace/aggregate/window.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/sums.hpp>

#include <chrono>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("a window's kind, length and time stand in its type") {
  STATIC_REQUIRE(std::is_same_v<mr::sliding<60s>, mr::sliding<1min>>);
  STATIC_REQUIRE(mr::event_time<10s>::lateness == 10'000'000'000);
  STATIC_REQUIRE(mr::event_time<>::lateness == 0);
  STATIC_REQUIRE(mr::detail::by_arrival<mr::processing_time<>>);
  STATIC_REQUIRE_FALSE(mr::detail::by_arrival<mr::event_time<>>);
  CHECK(mr::time_range{mr::at(1s), mr::at(2s)} == mr::time_range{mr::at(1000ms), mr::at(2000ms)});
}
