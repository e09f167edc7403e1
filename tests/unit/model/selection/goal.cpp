#include <millrace/model/selection/goal.hpp>

#include <support/catch.hpp>

TEST_CASE("a measure is better when it is low or when it is high, and not when it is equal or NaN") {
  using millrace::model::goal;
  using millrace::model::is_better;
  CHECK(is_better(goal::low, 1, 2));
  CHECK_FALSE(is_better(goal::low, 2, 1));
  CHECK(is_better(goal::high, 2, 1));
  CHECK_FALSE(is_better(goal::high, 1, 1));
  CHECK_FALSE(is_better(goal::low, __builtin_nan(""), 1));
}
