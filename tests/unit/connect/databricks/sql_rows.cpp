#include <millrace/connect/databricks/sql_rows.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace db = millrace::connect::databricks;

TEST_CASE("databricks: rows of a result are texts and nulls") {
  db::sql_rows rows(3);
  CHECK((rows.empty() && rows.columns() == 3));
  REQUIRE(rows.update(R"([["a",null,""],["\u00e9\n","12","true"]])"));
  REQUIRE(rows.size() == 2);
  CHECK((rows.text(0, 0) == "a" && rows.is_null(0, 1) && rows.text(0, 1).empty()));
  CHECK((!rows.is_null(0, 2) && rows.text(0, 2).empty()));
  CHECK((rows.text(1, 0) == "\xc3\xa9\n" && rows.text(1, 1) == "12"));

  db::sql_rows more(3);
  REQUIRE(more.update(R"([[null,"x",null]])"));
  rows.merge(more);
  rows.merge(rows);
  REQUIRE(rows.size() == 6);
  CHECK((rows.is_null(5, 0) && rows.text(5, 1) == "x" && rows.is_null(5, 2) && rows.text(3, 0) == "a"));
  REQUIRE(rows.update("[]"));
  CHECK(rows.size() == 6);
  rows.reset();
  CHECK((rows.empty() && rows.update("[]") && db::sql_rows(0).size() == 0));
}

TEST_CASE("databricks: values are read as what they are asked for") {
  db::sql_rows rows(6);
  REQUIRE(rows.update(R"([["9223372036854775807","1.5e-3","NaN","-Infinity","true",null]])"));
  CHECK(*rows.get<std::int64_t>(0, 0) == 9223372036854775807);
  CHECK(rows.get<std::int32_t>(0, 0).error().code() == mr::errc::invalid_data);
  CHECK(*rows.get<double>(0, 1) == 1.5e-3);
  CHECK(std::isnan(*rows.get<double>(0, 2)));
  CHECK(*rows.get<double>(0, 3) == -std::numeric_limits<double>::infinity());
  CHECK(*rows.get<bool>(0, 4));
  CHECK(rows.get<bool>(0, 0).error().message() ==
        "row 0, column 0: the value is no value of the type: \"9223372036854775807\"");
  CHECK(*rows.get<std::string>(0, 1) == "1.5e-3");
  CHECK(rows.get<std::string>(0, 5).error().code() == mr::errc::not_found);
  CHECK(rows.get<int>(0, 5).error().message() == "row 0, column 5: the value is null");
}

TEST_CASE("databricks: rows of another form are refused, and leave those before") {
  db::sql_rows rows(2);
  REQUIRE(rows.update(R"([["a","b"]])"));
  const std::string good = R"([["c",null],["\"d\"","e"]])";
  for (const std::string text :
       {"", "{}", "null", "[1]", "[[1,\"a\"]]", R"([["a"]])", R"([["a","b","c"]])", R"([["a",["b"]]])",
        R"([["a","b"]]x)", R"([["a",true]])", R"([["x","y"],["a"]])", R"([["a","b"],])"}) {
    INFO(text);
    const auto refused = rows.update(text);
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::corrupt);
    CHECK((rows.size() == 1 && rows.text(0, 1) == "b"));
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) CHECK(!rows.update(good.substr(0, cut)));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : {'[', ']', '"', ',', '\\', '\0', '\xff', 'n'}) {
      std::string changed = good;
      changed[at] = c;
      db::sql_rows other(2);
      if (other.update(changed)) CHECK(other.size() <= 3);
    }
  CHECK(rows.size() == 1);
}

TEST_CASE("databricks: a result's columns are found by name") {
  db::sql_table table;
  table.columns = {{"Id", "INT"}, {"score", "DOUBLE"}};
  CHECK(*table.find("id") == 0);
  CHECK(*table.find("SCORE") == 1);
  CHECK(table.find("x").error().message() == "the result has no column \"x\"; it has Id, score");
}
