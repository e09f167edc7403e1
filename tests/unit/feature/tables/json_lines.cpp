#include <millrace/feature/tables/json_lines.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace mf = millrace::feature;
using millrace::errc;

namespace {
mf::table table_of(std::string text, const mf::json_lines_options& how = {}) {
  auto read = mf::read_json_lines(std::move(text), how);
  if (!read) FAIL(read.error().describe());
  return *std::move(read);
}
std::string refusal_of(std::string text, const mf::json_lines_options& how = {}) {
  const auto read = mf::read_json_lines(std::move(text), how);
  return read ? "accepted" : std::string(to_string(read.error().code())) + ": " + read.error().describe();
}
}  // namespace

TEST_CASE("objects are rows, keys are columns, and what a line does not have is missing") {
  const auto made = table_of(
      "{\"amount\": 12.5, \"country\": \"DE\", \"known\": true}\n"
      "\n"
      "  {\"country\":null,\"at\":\"2023-11-14T22:13:20Z\",\"amount\":-1E+3}\r\n"
      "{}\n"
      "{ \"known\" : false , \"country\" : \"FR\" }");
  REQUIRE(made.rows() == 4);
  REQUIRE(made.size() == 4);
  CHECK(made[0].numbers[0] == 12.5);
  CHECK(made[0].numbers[1] == -1000);
  CHECK((made[0].missing(2) && made[0].missing(3)));
  CHECK(made[1].codes == std::vector<std::uint32_t>{0, mf::column::no_text, mf::column::no_text, 1});
  CHECK(made[2].numbers[0] == 1);
  CHECK(made[2].numbers[3] == 0);
  CHECK(made[3].kind == mf::column_kind::time);
  CHECK(made[3].times[1] == 1'700'000'000'000'000'000);
  CHECK(made[3].missing(0));
  CHECK(made.line(1) == 3);
  CHECK(made.line(3) == 5);
  CHECK(table_of("").rows() == 0);
  CHECK(table_of("\xef\xbb\xbf{\"a\":1}")[0].name == "a");
}

TEST_CASE("strings that spell numbers are no numbers, and empty ones are missing categories") {
  const auto made = table_of("{\"a\":\"12\",\"b\":\"\"}\n{\"a\":\"x\",\"b\":\"y\"}\n");
  CHECK(made[0].kind == mf::column_kind::category);
  CHECK(made[1].missing(0));
  const auto text = table_of("{\"b\":\"\"}\n", {.columns = {{"b", mf::column_kind::text}}});
  CHECK_FALSE(text[0].missing(0));
  CHECK(refusal_of("{\"a\":1}\n{\"b\":2, \"a\": \"12\"}\n", {.columns = {{"a", mf::column_kind::number}}}) ==
        "type_mismatch: line 2, column 14 (\"a\"): \"12\" is no number");
  CHECK(refusal_of("{\"a\":1}\n", {.columns = {{"t", mf::column_kind::number}}}) ==
        "not_found: no column is called \"t\"");
}

TEST_CASE("escapes are undone, pairs of UTF-16 included") {
  const auto made = table_of(R"({"k\u00e4y":"\"\\\/\b\f\n\r\t","e":"\u20AC\uD83D\uDE00\u0041\u0000z"})");
  CHECK(made[0].name == "k\u00e4y");
  CHECK(made[0].text(0) == "\"\\/\b\f\n\r\t");
  CHECK(made[1].text(0) == std::string_view("\u20ac\U0001f600A\0z", 10));
}

TEST_CASE("what is no line of JSON is refused with line and column") {
  CHECK(refusal_of("{\"a\":1}\n[1]\n") == "invalid_data: line 2, column 1: a line begins with no {");
  CHECK(refusal_of("{\"a\":{}}").starts_with("invalid_data: line 1, column 6: a value is an object or an array"));
  CHECK(refusal_of("{\"a\":1,\"a\":2}") == "invalid_data: line 1, column 8: the line has this key twice");
  CHECK(refusal_of("{\"a\":1} x") == "invalid_data: line 1, column 9: something follows the object on its line");
  CHECK(refusal_of("{\"a\":1\n}") == "invalid_data: line 1, column 7: after a value stands , or }");
  CHECK(refusal_of("{\"a\" 1}") == "invalid_data: line 1, column 6: after a key stands :");
  CHECK(refusal_of("{a:1}") == "invalid_data: line 1, column 2: a key is a string");
  CHECK(refusal_of("{\"a\":1,}") == "invalid_data: line 1, column 8: a key is a string");
  CHECK(refusal_of("{\"a\":\"x\ny\"}") == "invalid_data: line 1, column 8: the string does not end on its line");
  CHECK(refusal_of("{\"a\":\"x") == "invalid_data: line 1, column 8: the string does not end on its line");
  CHECK(refusal_of("{\"a\":\"\xff\"}") == "invalid_data: line 1, column 7: a string that is no UTF-8");
  CHECK(refusal_of("{\"a\":\"\\x\"}") == "invalid_data: line 1, column 8: no escape of JSON");
  CHECK(refusal_of("{\"a\":") == "invalid_data: line 1, column 6: the text ends where a value should stand");
  for (const char* no_value : {"01", "+1", ".5", "1.", "1e", "-", "tru", "nul", "NaN", "Infinity", "'a'", "0x1", ""})
    CHECK(refusal_of(std::string("{\"a\":") + no_value + "}").starts_with("invalid_data: line 1, column "));
  for (const char* half : {"\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\ude00", "\\u12g4", "\\u12"})
    CHECK(refusal_of(std::string("{\"a\":\"") + half + "\"}").starts_with("invalid_data: line 1, column "));
}

TEST_CASE("any part of JSON lines is a table or is refused") {
  const std::string whole =
      "{\"a\\n\":1.5e-3,\"b\":\"\\ud83d\\ude00 x\",\"c\":null}\n{\"b\":true,\"d\":\"2024-01-01\"}\n";
  for (std::size_t begin = 0; begin < whole.size(); ++begin)
    for (std::size_t size = 0; begin + size <= whole.size(); ++size) {
      const auto read = mf::read_json_lines(whole.substr(begin, size));
      if (read)
        for (std::size_t i = 0; i < read->size(); ++i)
          if ((*read)[i].rows() != read->rows()) FAIL("rows");
    }
}
