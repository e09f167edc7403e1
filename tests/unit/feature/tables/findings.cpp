#include <millrace/feature/tables/findings.hpp>

#include <support/catch.hpp>

#include <millrace/feature/tables/csv.hpp>

#include <string>

namespace mf = millrace::feature;

TEST_CASE("cells in messages are cut, and steer no terminal") {
  const auto refusal = [](const std::string& cell) {
    mf::csv_findings found;
    const auto read = mf::read_csv("x\n\"" + cell + "\"\n", {.columns = {{"x", mf::column_kind::number}}}, &found);
    REQUIRE(!read);
    CHECK(found.refused.about == mf::table_matter::kind);
    CHECK(found.refused.column == "x");
    CHECK(found.refused.cell == cell);
    CHECK(found.refused.text == read.error().message());
    return std::string(read.error().message());
  };
  CHECK(refusal("a\nb\x1b[31m") == "line 2, column 1 (\"x\"): \"a.b.[31m\" is no number");
  std::string sixty;
  for (int i = 0; i < 60; ++i) sixty += "\xc3\xa9";
  CHECK(refusal(sixty) == "line 2, column 1 (\"x\"): \"" + sixty + "\" is no number");
  CHECK(refusal(sixty + "x") == "line 2, column 1 (\"x\"): \"" + sixty + "\xe2\x80\xa6\" is no number");
}
