#include <millrace/feature/tables/json_rows.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;

namespace {
std::string why(std::string json, const mf::json_lines_options& how = {}) {
  const auto made = mf::read_json_rows(std::move(json), how);
  REQUIRE_FALSE(made);
  return made.error().describe();
}
}  // namespace

TEST_CASE("a JSON array of objects becomes a table") {
  const auto made = mf::read_json_rows(
      R"( [ {"value": 1.5, "ok": true, "at": "2024-12-07T06:13:00Z", "who": "\u0061\"\n"},
            {"who": "b", "value": -2e3, "ok": false, "at": "2024-12-07T06:14:00Z"}, {}, {"late": null, "value": null} ] )");
  REQUIRE(made);
  CHECK(made->rows() == 4);
  REQUIRE(made->size() == 5);
  CHECK(made->find("value")->numbers[0] == 1.5);
  CHECK(made->find("value")->numbers[1] == -2000);
  CHECK(std::isnan(made->find("value")->numbers[2]));
  CHECK(made->find("ok")->numbers[0] == 1);
  CHECK(made->find("at")->kind == mf::column_kind::time);
  CHECK(made->find("at")->times[1] - made->find("at")->times[0] == 60'000'000'000);
  CHECK(made->find("who")->text(0) == "a\"\n");
  CHECK(made->find("who")->text(1) == "b");
  CHECK(made->find("late")->missing(3));
  CHECK(made->line(0) == 0);
  CHECK(mf::read_json_rows("[]")->rows() == 0);
}

TEST_CASE("columns of JSON rows in changing order, and escaped twice over") {
  const auto made = mf::read_json_rows(R"([{"b": 1}, {"a": 2, "b": 3}, {"a": 4}, {"\u0062": 5, "\\u0061": 6}])");
  REQUIRE(made);
  REQUIRE(made->size() == 3);
  CHECK(made->find("b")->numbers[3] == 5);
  CHECK(made->find("a")->numbers[2] == 4);
  CHECK(made->find("\\u0061")->numbers[3] == 6);
}

TEST_CASE("what is no array of rows is refused by row and column") {
  CHECK(why("") == "JSON rows, byte 0: no array of objects");
  CHECK(why("{}") == "JSON rows, byte 1: no array of objects");
  CHECK(why("[1]") == "JSON rows, byte 2: row 0 is no object");
  CHECK(why("[{}, []]") == "JSON rows, byte 6: row 1 is no object");
  CHECK(why(R"([{"a": 1}, {"a": {}}])").find("row 1, column \"a\": no JSON, or an object or an array") !=
        std::string::npos);
  CHECK(why(R"([{"a": 1, "a": 2}])") == "JSON rows, byte 16: row 0 has column \"a\" twice");
  CHECK(why(R"([{"a": 1}])"
            "x") == "JSON rows, byte 10: something follows the array");
  CHECK(why(R"([{"a": 1},)").find("no JSON") != std::string::npos);
  CHECK(why("[{\"a\": \"\xff\"}]").find("row 0, column \"a\"") != std::string::npos);
  CHECK(why(R"([{"a": 1}, {"a": "x"}])", {.columns = {{.name = "a"}}}).find("line 1, column 1 (\"a\")") !=
        std::string::npos);
  CHECK(why(R"([{"a": 1}])", {.columns = {{.name = "b"}}}) == "no column is called \"b\"");
}

TEST_CASE("rows without common columns do not take more memory than their text allows") {
  std::string json = "[";
  for (int i = 0; i < 3000; ++i) json += (i == 0 ? "{\"" : ",{\"") + std::to_string(i) + "\":1}";
  CHECK(why(json + "]").find("too many cells would be missing") != std::string::npos);
  std::string common = "[";
  for (int i = 0; i < 3000; ++i) common += i == 0 ? "{\"a\":1,\"b\":2}" : ",{\"a\":1,\"b\":2}";
  CHECK(mf::read_json_rows(common + "]")->rows() == 3000);
}
