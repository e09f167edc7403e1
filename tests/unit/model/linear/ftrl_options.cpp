#include <millrace/model/linear/ftrl_options.hpp>

#include <support/catch.hpp>

#include <type_traits>

TEST_CASE("options of FTRL-proximal: an aggregate that keeps every coefficient by default") {
  STATIC_REQUIRE(std::is_aggregate_v<millrace::model::ftrl_options>);
  CHECK(millrace::model::ftrl_options().l1 == 0);
  CHECK(millrace::model::ftrl_options().l2 == 0);
}
