#include <millrace/feature/specification/automatic.hpp>

#include <millrace/feature.hpp>

#include <support/catch.hpp>
#include <support/feature_tables.hpp>

#include <limits>
#include <string>
#include <vector>

namespace mf = millrace::feature;
using support::random_orders;
using support::table_of;

namespace {
std::vector<std::string> shown(const std::vector<mf::specification>& list) {
  std::vector<std::string> made;
  for (const auto& one : list) made.push_back(one.name + ": " + one.type);
  return made;
}
}  // namespace

TEST_CASE("features are proposed for a table by what its columns hold") {
  const auto rows = table_of(random_orders(200, 1));
  const auto list = mf::automatic(rows);
  CHECK(shown(list) == std::vector<std::string>{
                           "amount: impute", "amount_missing: missing_flag", "age: impute", "age_missing: missing_flag",
                           "country: one_hot", "country_missing: missing_flag", "device: categorical", "note: text",
                           "note_missing: missing_flag", "at: temporal", "at_missing: missing_flag"});
  auto made = mf::table_features::make(list, rows);
  REQUIRE(made);
  REQUIRE(made->fit(rows));
  CHECK(made->width() == 19);
}

TEST_CASE("a proposal leaves out what it is told, and columns that have nothing to tell") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  mf::table rows;
  REQUIRE(rows.add({.name = "target", .numbers = {1, 0, 1}}));
  REQUIRE(rows.add({.name = "constant", .numbers = {4, 4, 4}}));
  REQUIRE(rows.add({.name = "nothing", .numbers = {none, none, none}}));
  REQUIRE(rows.add({.name = "only=when.known", .numbers = {4, none, 4}}));
  REQUIRE(rows.add({.name = "only_when_known", .numbers = {4, 5, 6}}));
  REQUIRE(rows.add({.name = "word", .kind = mf::column_kind::category, .codes = {0, 0, 1}, .texts = {"a", "b"}}));
  CHECK(shown(mf::automatic(rows, {.except = {"target"}})) ==
        std::vector<std::string>{"only_when_known_missing: missing_flag", "only_when_known: impute", "word: one_hot"});
  const auto list = mf::automatic(rows, {.except = {"target"}, .standardized = true, .least_rows = 2});
  CHECK(list[1].type == "standardize");
  CHECK(list[2].parameters[0].texts == std::vector<std::string>{"a"});
  CHECK(mf::automatic(rows, {.most_one_hot = 1}).back().type == "categorical");
  CHECK(mf::automatic(mf::table()).empty());
}

TEST_CASE("the names of a proposal differ, whatever the columns are called") {
  mf::table rows;
  for (const char* name : {"a_length", "a_words_", "x_missing", "x=", "x."}) {
    mf::column one{.name = name, .numbers = {1, 2, std::numeric_limits<double>::quiet_NaN()}};
    REQUIRE(rows.add(std::move(one)));
  }
  REQUIRE(rows.add({.name = "a", .kind = mf::column_kind::text, .codes = {0, 1, 2}, .texts = {"p", "q", "r"}}));
  REQUIRE(rows.add({.name = "x", .numbers = {1, 2, std::numeric_limits<double>::quiet_NaN()}}));
  auto made = mf::table_features::make(mf::automatic(rows), rows);
  REQUIRE(made);
  CHECK(made->fit(rows));
}
