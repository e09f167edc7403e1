#include <millrace/connect/rest/dashboard/panel.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>

namespace rest = millrace::connect::rest;

namespace {

nlohmann::json members_of(rest::panel_writer& of) { return nlohmann::json::parse("{" + of.members() + "}"); }

}  // namespace

TEST_CASE("a panel's texts are JSON whatever their bytes are, and numbers stay numbers") {
  rest::panel_writer to;
  to.state("<b>\"x\"</b>", "a\xff\x01\xe2\x80\xa8'</script>", rest::panel_level::warning);
  to.table("T", {"A", "B", "C"}).row({"x\n", 3, 2.5}).row({std::string("y"), std::nan(""), HUGE_VAL});
  const auto got = members_of(to);
  CHECK(got["states"][0]["name"] == "<b>\"x\"</b>");
  CHECK(got["states"][0]["value"] == "a\\xff\x01\xe2\x80\xa8'</script>");
  CHECK(got["states"][0]["level"] == "warning");
  CHECK(got["tables"][0]["columns"] == nlohmann::json{"A", "B", "C"});
  CHECK(got["tables"][0]["rows"][0] == nlohmann::json{"x\n", 3, 2.5});
  CHECK(got["tables"][0]["rows"][1] == nlohmann::json{"y", nullptr, nullptr});
  CHECK(got["tables"][0]["left_out"] == 0);
}

TEST_CASE("a panel is bounded, and says how many rows it leaves out") {
  rest::panel_bounds bounds;
  bounds.figures = bounds.states = bounds.tables = 1;
  bounds.rows = 2;
  bounds.columns = 2;
  bounds.text = 4;
  rest::panel_writer to(bounds);
  to.row({"before any table"});
  to.figure("one", 1).figure("two", 2).state("a", "abcdef").state("b", "c");
  to.table("T", {"A", "B", "C"});
  for (int i = 0; i < 5; ++i) to.row({i, i, i});
  to.left_out(10).table("U", {"A"}).row({1});
  const auto got = members_of(to);
  CHECK(to.figures().size() == 1);
  CHECK(got["states"].size() == 1);
  CHECK(got["states"][0]["value"] == "abcd\xe2\x80\xa6");
  REQUIRE(got["tables"].size() == 1);
  CHECK(got["tables"][0]["rows"] == nlohmann::json{{0, 0}, {1, 1}});
  CHECK(got["tables"][0]["left_out"] == 13);

  bounds = {};
  bounds.bytes = 100;
  rest::panel_writer few(bounds);
  few.table("T", {"A"});
  for (int i = 0; i < 50; ++i) few.row({std::string(150, 'x')});
  CHECK(members_of(few)["tables"][0]["left_out"] == 49);
}

TEST_CASE("a text is cut where a character ends") {
  CHECK(rest::detail::clipped("abc", 3) == "abc");
  CHECK(rest::detail::clipped("abcd", 3) == "abc\xe2\x80\xa6");
  CHECK(rest::detail::clipped("ab\xf0\x9f\x98\x80", 3) == "ab\xe2\x80\xa6");
  CHECK(rest::detail::clipped("ab\xf0\x9f\x98\x80", 5) == "ab\xe2\x80\xa6");
  CHECK(rest::detail::clipped("\x80\x80\x80\x80\x80\x80\x80\x80", 5).size() ==
        5);  // of no character: two and the ellipsis
}
