#include <millrace/feature/specification/cell.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <limits>
#include <string>

namespace mf = millrace::feature;
using mf::cell;

TEST_CASE("a cell is a number, a text, a time, or missing") {
  CHECK(cell().what() == cell::form::missing);
  CHECK(cell(7).number() == 7);
  CHECK(cell(true).number() == 1);
  CHECK(cell(2.5F).what() == cell::form::number);
  CHECK(cell(std::numeric_limits<double>::quiet_NaN()).what() == cell::form::missing);
  CHECK(cell("word").text() == "word");
  CHECK(cell(std::string("word")).what() == cell::form::text);
  CHECK(cell("").what() == cell::form::text);
  CHECK(cell(static_cast<const char*>(nullptr)).what() == cell::form::missing);
  const cell at = std::chrono::sys_seconds(std::chrono::seconds(-3));
  CHECK(at.what() == cell::form::time);
  CHECK(at.nanoseconds() == -3'000'000'000);
}

TEST_CASE("a cell of a column is what the column holds") {
  const mf::column number{.name = "n", .numbers = {1.5, std::numeric_limits<double>::quiet_NaN()}};
  CHECK(cell(number, 0).number() == 1.5);
  CHECK(cell(number, 1).what() == cell::form::missing);
  const mf::column time{.name = "t", .kind = mf::column_kind::time, .times = {5, mf::column::no_time}};
  CHECK(cell(time, 0).nanoseconds() == 5);
  CHECK(cell(time, 1).what() == cell::form::missing);
  const mf::column word{
      .name = "w", .kind = mf::column_kind::category, .codes = {0, mf::column::no_text}, .texts = {"a"}};
  CHECK(cell(word, 0).text() == "a");
  CHECK(cell(word, 1).what() == cell::form::missing);
}
