#include <millrace/model/linear/logistic_options.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace mr = millrace;

TEST_CASE("options of a logistic regression: an aggregate whose defaults are scikit-learn's C = 1") {
  STATIC_REQUIRE(std::is_aggregate_v<mr::model::logistic_options>);
  const mr::model::logistic_options with;
  CHECK(with.l2 == 1);
  CHECK(with.l1 == 0);
  CHECK(with.intercept);
}
