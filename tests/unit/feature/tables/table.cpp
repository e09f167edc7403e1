#include <millrace/feature/tables/table.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
using millrace::errc;

TEST_CASE("a table has columns of every kind, whose cells may be missing") {
  mf::table made;
  CHECK(made.rows() == 0);
  REQUIRE(made.add({.name = "n", .numbers = {1, support::no_number, 3}}));
  REQUIRE(made.add({.name = "t", .kind = mf::column_kind::time, .times = {0, mf::column::no_time, -1}}));
  REQUIRE(made.add(
      {.name = "c", .kind = mf::column_kind::category, .codes = {1, mf::column::no_text, 0}, .texts = {"DE", "FR"}}));
  REQUIRE(made.add({.name = "w", .kind = mf::column_kind::text, .codes = {0, 1, 2}, .texts = {"a", "", "c"}}));
  CHECK(made.rows() == 3);
  CHECK(made.size() == 4);
  CHECK(made.find("c") == &made[2]);
  CHECK(made.find("x") == nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(made[i].missing(1));
    CHECK_FALSE(made[i].missing(0));
    CHECK_FALSE(made[i].missing(2));
  }
  CHECK(made[0].text(0) == "");  // numbers and times have no text
  CHECK(made[1].text(2) == "");
  CHECK(made[2].text(0) == "FR");
  CHECK(made[2].text(1) == "");
  CHECK_FALSE(made[3].missing(1));
  CHECK(made[3].text(2) == "c");
  CHECK(made.line(0) == 0);
  made.set_lines({2, 3, 5});
  CHECK(made.line(2) == 5);
}

TEST_CASE("rows of a table are a table") {
  mf::table made;
  REQUIRE(made.add({.name = "n", .numbers = {1, support::no_number, 3}, .written = {.decimal = ','}}));
  REQUIRE(made.add({.name = "t", .kind = mf::column_kind::time, .times = {5, mf::column::no_time, -1}}));
  REQUIRE(made.add(
      {.name = "c", .kind = mf::column_kind::category, .codes = {1, mf::column::no_text, 0}, .texts = {"DE", "FR"}}));
  REQUIRE(made.add(
      {.name = "w", .kind = mf::column_kind::text, .codes = {0, mf::column::no_text, 1}, .texts = {"a", "c"}}));
  made.set_lines({2, 3, 5});
  const std::vector<std::size_t> rows{2, 0, 1, 2};
  const mf::table some = gather_rows(made, rows);
  REQUIRE(some.rows() == 4);
  REQUIRE(some.size() == 4);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(i);
    CHECK(some.line(i) == made.line(rows[i]));
    for (std::size_t k = 0; k < 4; ++k) CHECK(some[k].missing(i) == made[k].missing(rows[i]));
    for (std::size_t k = 2; k < 4; ++k) CHECK(some[k].text(i) == made[k].text(rows[i]));
  }
  CHECK((some[0].numbers[0] == 3 && some[0].numbers[1] == 1));
  CHECK((some[1].times[0] == -1 && some[1].times[1] == 5));
  CHECK(some[2].codes == std::vector<std::uint32_t>{0, 1, mf::column::no_text, 0});
  CHECK(some[3].texts == std::vector<std::string>{"c", "a", "c"});  // in the order of the rows
  CHECK(some[0].written.decimal == ',');
  CHECK(gather_rows(made, std::vector<std::size_t>{}).rows() == 0);
  CHECK(gather_rows(mf::table(), std::vector<std::size_t>{}).size() == 0);
}

TEST_CASE("a column that does not fit is refused by name") {
  mf::table made;
  REQUIRE(made.add({.name = "n", .numbers = {1, 2}}));
  const auto twice = made.add({.name = "n", .numbers = {1, 2}});
  CHECK(twice.error().code() == errc::invalid_argument);
  CHECK_THAT(twice.error().describe(), ContainsSubstring("\"n\""));
  const auto longer = made.add({.name = "m", .numbers = {1, 2, 3}});
  CHECK(longer.error().code() == errc::shape_mismatch);
  CHECK(longer.error().describe() == "table: column \"m\" has 3 rows, those before it have 2");
  const auto code = made.add({.name = "c", .kind = mf::column_kind::category, .codes = {0, 1}, .texts = {"x"}});
  CHECK(code.error().code() == errc::invalid_argument);
  CHECK(made.size() == 1);
  CHECK(made.add({.name = "a\nb", .numbers = {1}}).error().describe() ==
        "table: column \"a.b\" has 1 rows, those before it have 2");
}

TEST_CASE("kinds have names") {
  CHECK(mf::to_string(mf::column_kind::number) == "number");
  CHECK(mf::to_string(mf::column_kind::category) == "category");
  CHECK(mf::to_string(mf::column_kind::text) == "text");
  CHECK(mf::to_string(mf::column_kind::time) == "time");
}
