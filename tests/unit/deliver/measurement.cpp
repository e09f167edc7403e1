#include <millrace/deliver/measurement.hpp>

#include <support/catch.hpp>

namespace md = millrace::deliver;

TEST_CASE("the arms of a release have names", "[deliver]") {
  STATIC_REQUIRE(md::name(md::arm::stable) == "stable");
  STATIC_REQUIRE(md::name(md::arm::candidate) == "candidate");
  CHECK_FALSE(md::measurement{}.failed);
}
