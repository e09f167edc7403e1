#include <millrace/connect/rest/body.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>
#include <string_view>

namespace rest = millrace::connect::rest;
using rest::value_kind;

namespace {

constexpr rest::member members[] = {
    {.name = "name", .least = 1, .most = 3},
    {.name = "x", .kind = value_kind::number, .is_required = false, .least = 0, .most = 10},
    {.name = "n", .kind = value_kind::integer, .is_required = false, .least = -5, .most = 5},
    {.name = "yes", .kind = value_kind::boolean, .is_required = false},
    {.name = "rows", .kind = value_kind::rows, .is_required = false, .least = 1, .most = 3},
    {.name = "texts", .kind = value_kind::texts, .is_required = false, .most = 2},
    {.name = "o", .kind = value_kind::object, .is_required = false},
    {.name = "os", .kind = value_kind::objects, .is_required = false, .most = 2},
    {.name = "any", .kind = value_kind::any, .is_required = false},
    {.name = "one_of", .is_required = false, .choices = "a,bc"}};

auto read(std::string_view text, const rest::json_limits& limits = {}) {
  return rest::body::read(text, members, limits);
}
std::string fault(std::string_view text) {
  const auto got = read(text);
  return got ? "none" : std::string(to_string(got.error().code())) + ": " + got.error().message();
}

}  // namespace

TEST_CASE("a body of JSON is read into the members that it may have") {
  const std::string text =
      R"({"x":2.5e0,"n":-4,"yes":true,"rows":[[1,2],[3,null]],"texts":["\u00e9",""],"o": {"a":[1]} ,)"
      R"("os":[{},{"b":{}}],"any":null,"one_of":"bc","\u006eame":"\u00e9\ud83d\ude00"})";
  const auto got = read(text);
  REQUIRE(got);
  CHECK(got->text("name") == "\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(got->number("x") == 2.5);
  CHECK(got->integer("n") == -4);
  CHECK(got->boolean("yes"));
  const auto rows = got->rows("rows");
  REQUIRE(rows.rows() == 2);
  REQUIRE(rows.columns() == 2);
  CHECK(rows(1, 0) == 3);
  CHECK(std::isnan(rows(1, 1)));
  CHECK(got->texts("texts").size() == 2);
  CHECK(got->raw("o") == R"({"a":[1]})");
  CHECK(got->raw("os") == R"([{},{"b":{}}])");
  CHECK(got->raw("any") == "null");
  CHECK(got->has("one_of"));
  CHECK(read(R"({"name":"a","n":1e0})")->integer("n") == 1);
  const auto few = read(R"({"name":"a"})");
  CHECK_FALSE(few->has("x"));
  CHECK(few->number("x", 7) == 7);
  CHECK(few->rows("rows").rows() == 0);
  CHECK(few->text("one_of", "a") == "a");
}

TEST_CASE("a body that is no JSON is told from one that says something else") {
  for (const char* text : {"", "x", "[]", "1", "{", R"({"name")", R"({"name":)", R"({"name":"a")", R"({"name":"a"}x)",
                           R"({"name":"a",})", "{\"name\":\"\xff\"}", "{\"name\":\"a\nb\"}", R"({"name":"a","x":01})",
                           R"({"name":"a","x":NaN})", R"({"name":"a","rows":[[1,)", R"({"name":"a","rows":[[)",
                           R"({"name":"a","os":[{)", R"({"name":"a","any":[[)", R"({"name":"a","texts":["b")"}) {
    INFO(text);
    CHECK(fault(text).substr(0, 17) == "invalid_argument:");
  }
  for (const auto& [text, why] : {
           std::pair{R"({})", "\"name\" is missing"},
           {R"({"name":"a","z":1})", "no member \"z\""},
           {R"({"name":"a","name":"b"})", "twice"},
           {R"({"name":null})", "\"name\" has to be a text"},
           {R"({"name":""})", "at least 1 and at most 3"},
           {R"({"name":"abcd"})", "at most 3"},
           {R"({"name":"\u0000"})", "control"},
           {R"({"name":"a","x":"1"})", "\"x\" has to be a number"},
           {R"({"name":"a","x":11})", "\"x\" is at least 0"},
           {R"({"name":"a","x":1e999})", "a double"},
           {R"({"name":"a","n":1.5})", "an integer"},
           {R"({"name":"a","n":99999999999999999999})", "an integer"},
           {R"({"name":"a","n":6})", "at most 5"},
           {R"({"name":"a","yes":1})", "true or false"},
           {R"({"name":"a","rows":[]})", "at least 1"},
           {R"({"name":"a","rows":[1]})", "an array of rows"},
           {R"({"name":"a","rows":[["1"]]})", "numbers or null"},
           {R"({"name":"a","rows":[[1],[1,2]]})", "row 1 has 2 numbers, and the first one 1"},
           {R"({"name":"a","rows":[[1],[1],[1],[1]]})", "at most 3"},
           {R"({"name":"a","rows":[[1e39]]})", "single precision"},
           {R"({"name":"a","texts":["a","b","c"]})", "at most 2"},
           {R"({"name":"a","texts":[1]})", "array of texts"},
           {R"({"name":"a","o":[]})", "an object"},
           {R"({"name":"a","os":[1]})", "an array of objects"},
           {R"({"name":"a","os":[{},{},{}]})", "at most 2"},
           {R"({"name":"a","one_of":"b"})", "one of a,bc"},
       }) {
    INFO(text);
    const std::string got = fault(text);
    CHECK(got.substr(0, 13) == "invalid_data:");
    CHECK(got.find(why) != got.npos);
  }
}

TEST_CASE("a body is no deeper, has no longer numbers and no more of them than it may") {
  const auto nested = [](std::size_t depth) {
    return R"({"name":"a","any":)" + std::string(depth, '[') + std::string(depth, ']') + '}';
  };
  CHECK(read(nested(31)));
  CHECK(fault(nested(32)).find("deeper than 32 levels") != std::string::npos);
  CHECK_FALSE(read(nested(1'000'000)));
  CHECK_FALSE(read(R"({"name":"a","any":)" + std::string(1'000'000, '[')));
  CHECK(read(R"({"name":"a","x":0.)" + std::string(60, '1') + '}'));
  CHECK_FALSE(read(R"({"name":"a","x":0.)" + std::string(70, '1') + '}'));
  CHECK_FALSE(read(R"({"name":"a","rows":[[1,2,3]]})", {.max_numbers = 2}));
}

TEST_CASE("a body that is cut or changed anywhere is read or refused, and nothing else") {
  const std::string whole = R"({"name":"a","x":1,"rows":[[1,2],[3,4]],"os":[{"a":[1,{}]}],"any":{"b":"\u00e9"}})";
  REQUIRE(read(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK_FALSE(read(whole.substr(0, i)));
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      static_cast<void>(read(changed));
    }
  }
}
