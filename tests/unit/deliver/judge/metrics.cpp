#include <millrace/deliver/judge/metrics.hpp>

#include <support/catch.hpp>

#include <cmath>

namespace md = millrace::deliver;

TEST_CASE("a metric's options may stand in any order, and have defaults", "[deliver]") {
  using some = md::error_rate<md::weight<3>, md::max_ratio<1.5>>;
  CHECK(some::tolerated.max_ratio == 1.5);
  CHECK(some::tolerated.max_difference == md::error_rate<>::tolerated.max_difference);
  CHECK(some::weight == 3);
  CHECK(md::error_rate<md::max_difference<.01>>::tolerated.max_difference == .01);
  CHECK(md::error_rate<>::tolerated.max_ratio == 2);
  CHECK(md::error_rate<>::weight == 6);
  CHECK(md::latency<.99>::weight == 1);
}

TEST_CASE("a failed request is bad, however fast it was", "[deliver]") {
  CHECK(md::error_rate<>::badness({.failed = true, .latency = 1}) == 1);
  CHECK(md::error_rate<>::badness({.failed = false, .latency = 1e12}) == 0);
}

TEST_CASE("a metric's name has its number", "[deliver]") {
  CHECK(md::latency<.99>::name == "latency_p99");
  CHECK(md::latency<.999>::name == "latency_p99.9");
  CHECK(md::latency<.5>::name == "latency_p50");
  CHECK(md::slower_than<250>::name == "slower_than_250ms");
  CHECK(md::slower_than<.025>::name == "slower_than_0.025ms");
}

TEST_CASE("a limit in milliseconds is compared with nanoseconds", "[deliver]") {
  using slow = md::slower_than<250>;
  CHECK(slow::badness({.latency = 250e6}) == 0);
  CHECK(slow::badness({.latency = 251e6}) == 1);
  CHECK(slow::badness({.latency = HUGE_VAL}) == 1);
  CHECK(std::isnan(slow::badness({.latency = std::nan("")})));
  CHECK(std::isnan(slow::badness({.latency = -1})));
}

TEST_CASE("a score's badness is its distance from the best end", "[deliver]") {
  using revenue = md::bounded_score<"revenue", 0, 200>;
  CHECK(revenue::badness(50) == 0.75);
  CHECK(revenue::badness(1e9) == 0);
  CHECK(revenue::badness(-HUGE_VAL) == 1);
  CHECK(std::isnan(revenue::badness(std::nan(""))));
  using cost = md::bounded_score<"cost", 10, 0>;  // smaller is better
  CHECK(cost::badness(0) == 0);
  CHECK(cost::badness(2.5) == 0.25);
}
