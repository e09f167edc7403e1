#include <millrace/model/bayes/bayes_options.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace mr = millrace;

TEST_CASE("options of naive Bayes: aggregates with scikit-learn's defaults") {
  STATIC_REQUIRE(std::is_aggregate_v<mr::model::gaussian_bayes_options>);
  STATIC_REQUIRE(std::is_aggregate_v<mr::model::multinomial_bayes_options>);
  CHECK(mr::model::gaussian_bayes_options().smoothing == 1e-9);
  CHECK(mr::model::multinomial_bayes_options().smoothing == 1);
}
