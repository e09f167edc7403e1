#include <millrace/feature/batch/column_view.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string_view>

namespace mf = millrace::feature;

TEST_CASE("views of a table show its cells") {
  mf::table made;
  REQUIRE(made.add(mf::column{.name = "n", .numbers = {1.5, std::numeric_limits<double>::quiet_NaN()}}));
  REQUIRE(made.add(mf::column{.name = "t", .kind = mf::column_kind::time, .times = {5, mf::column::no_time}}));
  REQUIRE(made.add(
      mf::column{.name = "c", .kind = mf::column_kind::category, .codes = {0, mf::column::no_text}, .texts = {"x"}}));
  const mf::table_view views(made);
  REQUIRE(views.columns().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const mf::column_view& one = views.columns()[i];
    CHECK(one.name == made[i].name);
    CHECK(one.rows() == 2);
    CHECK_FALSE(one.missing(0));
    CHECK(one.missing(1));
    CHECK(one.text(0) == (i == 2 ? "x" : ""));
    CHECK(one.text(1).empty());
  }
}
