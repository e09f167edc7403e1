#include <millrace/deliver/judge/policies.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

TEST_CASE("policies of a judge hold what they are given", "[deliver]") {
  CHECK(md::alpha<.01>::value == .01);
  CHECK(md::beta<.2>::value == .2);
  CHECK(md::min_requests<1000>::value == 1000);
  CHECK(md::per_user<>::value == 65536);
}
