#include <millrace/model/trees/forest_options.hpp>

#include <millrace/model/trees/random_forest.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::forest_options;
using mr::model::random_forest;

TEST_CASE("forest options: classes, and the defaults that fits of forests are known by") {
  const forest_options usual;
  CHECK(usual.trees == 100);
  CHECK(usual.depth == 10);
  CHECK(usual.bootstrap);
  const support::made_rows made = support::make_rows(50, 4, 70, support::two_classes);
  for (const std::size_t classes : {1U, 1001U}) {
    const auto fitted = random_forest::fit(made.view(), made.targets, {.classes = classes});
    REQUIRE_FALSE(fitted.has_value());
    CHECK(std::string(fitted.error().message()).find("option classes") != std::string::npos);
  }
  std::vector<float> targets = made.targets;
  for (const float wrong : {3.0F, -1.0F, 0.5F}) {
    targets[7] = wrong;
    const auto fitted = random_forest::fit(made.view(), targets, {.trees = 2, .classes = 3});
    CHECK(fitted.error().code() == mr::errc::out_of_range);
    CHECK(std::string(fitted.error().message()).find("row 7") != std::string::npos);
  }
}
