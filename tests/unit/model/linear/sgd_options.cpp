#include <millrace/model/linear/sgd_options.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace mr = millrace;

TEST_CASE("options of stochastic gradient descent: an aggregate, and schedules whose numbers are saved") {
  STATIC_REQUIRE(std::is_aggregate_v<mr::model::sgd_options>);
  CHECK(static_cast<int>(mr::model::sgd_schedule::constant) == 0);
  CHECK(static_cast<int>(mr::model::sgd_schedule::inverse_root) == 1);
  CHECK(static_cast<int>(mr::model::sgd_schedule::inverse) == 2);
}
