#include <millrace/model/trees/boosting_options.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <limits>
#include <millrace/model/trees/boosted_trees.hpp>
#include <string>

namespace mr = millrace;

TEST_CASE("boosting options: what is out of range is an error that names the option") {
  const support::made_rows made = support::make_rows(50, 4, 1, support::two_classes);
  const auto refused = [&](const char* name, auto change) {
    mr::model::boosting_options with;
    change(with);
    const auto fitted = mr::model::boosted_trees<>::fit(made.view(), made.targets, with);
    REQUIRE_FALSE(fitted.has_value());
    CHECK(fitted.error().code() == mr::errc::invalid_argument);
    CHECK(std::string(fitted.error().message()).find(name) != std::string::npos);
  };
  using options = mr::model::boosting_options;
  const double nan = std::nan("");
  refused("leaves", [](options& o) { o.leaves = 1; });
  refused("leaves", [](options& o) { o.leaves = 4097; });
  refused("depth", [](options& o) { o.depth = 0; });
  refused("learning_rate", [](options& o) { o.learning_rate = 0; });
  refused("learning_rate", [=](options& o) { o.learning_rate = nan; });
  refused("l2", [](options& o) { o.l2 = -1; });
  refused("category_l2", [=](options& o) { o.category_l2 = nan; });
  refused("min_category_rows", [](options& o) { o.min_category_rows = -1; });
  refused("min_child_weight", [](options& o) { o.min_child_weight = std::numeric_limits<double>::infinity(); });
  refused("min_gain", [](options& o) { o.min_gain = -1e-9; });
  refused("row_share", [](options& o) { o.row_share = 0; });
  refused("row_share", [](options& o) { o.row_share = 1.1; });
  refused("column_share", [=](options& o) { o.column_share = nan; });
  refused("validation_share", [](options& o) { o.validation_share = 1; });
  refused("bins", [](options& o) { o.bins = 256; });
  refused("bins", [](options& o) { o.bins = 1; });
  refused("categories", [](options& o) { o.categories = {4}; });
  refused("monotone", [](options& o) { o.monotone = {1}; });
  refused("monotone", [](options& o) { o.monotone = {1, 0, 0, 2}; });
}

TEST_CASE("boosting options: no rounds give the start alone") {
  const support::made_rows made = support::make_rows(50, 4, 1, support::two_classes);
  const auto fitted = mr::model::boosted_trees<>::fit(made.view(), made.targets, {.rounds = 0});
  REQUIRE(fitted.has_value());
  double mean = 0;
  for (const float target : made.targets) mean += double{target} / 50;
  CHECK((*fitted)(made.view().row(0)) == Approx(mean));
  CHECK(fitted->trees().trees() == 0);
}
