#include <millrace/connect/rest/member.hpp>

#include <support/catch.hpp>

#include <string>

namespace rest = millrace::connect::rest;

// Source: JSON Schema 2020-12, written down by hand.
TEST_CASE("a member says what it is as a JSON Schema") {
  static constexpr rest::member members[] = {
      {.name = "a", .least = 1, .most = 8, .about = "a name"},
      {.name = "b", .kind = rest::value_kind::integer, .is_required = false, .least = 0},
      {.name = "c", .is_required = false, .choices = "x,y"},
      {.name = "d", .kind = rest::value_kind::rows, .is_required = false, .most = 3},
      {.name = "e", .kind = rest::value_kind::any, .is_required = false}};
  std::string text;
  millrace::json_writer out(text);
  rest::detail::write_schema(out, members);
  CHECK(text ==
        R"({"type":"object","properties":{"a":{"type":"string","minLength":1,"maxLength":8,)"
        R"("pattern":"^[^\\u0000-\\u001f\\u007f]*$","description":"a name"},"b":{"type":"integer","minimum":0},)"
        R"("c":{"type":"string","enum":["x","y"]},"d":{"type":"array","maxItems":3,)"
        R"("items":{"type":"array","items":{"type":["number","null"]}}},"e":{}},)"
        R"("required":["a"],"additionalProperties":false})");
}
