#include <millrace/deliver/judge/metrics.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

TEST_CASE("a metric's options may stand in any order, and have defaults", "[deliver]") {
  using some = md::error_rate<md::weight<3>, md::max_ratio<1.5>>;
  CHECK(some::tolerated.max_ratio == 1.5);
  CHECK(some::tolerated.max_difference == md::error_rate<>::tolerated.max_difference);
  CHECK(some::weight == 3);
  CHECK(md::error_rate<md::max_difference<.01>>::tolerated.max_difference == .01);
  CHECK(md::error_rate<>::tolerated.max_ratio == 2);
}

TEST_CASE("a failed request is bad, however fast it was", "[deliver]") {
  CHECK(md::error_rate<>::badness({.failed = true, .latency = 1}) == 1);
  CHECK(md::error_rate<>::badness({.failed = false, .latency = 1e12}) == 0);
}
