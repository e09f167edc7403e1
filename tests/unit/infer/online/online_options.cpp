#include <millrace/infer/online/online_options.hpp>

#include <support/catch.hpp>

#include <type_traits>

namespace mi = millrace::infer;

TEST_CASE("options of an online learner: an aggregate, whose enumerators are saved as these numbers") {
  STATIC_REQUIRE(std::is_aggregate_v<mi::online_options>);
  CHECK(static_cast<int>(mi::online_loss::absolute) == 3);
  CHECK(static_cast<int>(mi::drift_action::shrink) == 2);
  CHECK(mi::unchanged_weight()(17) == 1);
}

TEST_CASE("losses have the names that the metric has") {
  CHECK(mi::to_string(mi::online_loss::wrong_class) == "wrong_class");
  CHECK(mi::to_string(mi::online_loss::log_loss) == "log_loss");
  CHECK(mi::to_string(mi::online_loss::squared) == "squared");
  CHECK(mi::to_string(mi::online_loss::absolute) == "absolute");
}
