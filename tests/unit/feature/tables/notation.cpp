#include <millrace/feature/tables/notation.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string_view>

namespace mf = millrace::feature;

namespace {

/// The number that a cell is, or -999.
double read(std::string_view text, const mf::notation& how) {
  double value = 0;
  return mf::read_number(text, how, value) ? value : -999;
}

}  // namespace

TEST_CASE("a notation is plain unless it says otherwise") {
  CHECK(mf::notation{}.plain());
  CHECK(!mf::notation{.decimal = ','}.plain());
  CHECK(!mf::notation{.thousands = '\''}.plain());
  CHECK(!mf::notation{.amounts = true}.plain());
  CHECK(!mf::notation{.dates = mf::date_order::day_first}.plain());
  CHECK(mf::notation{.decimal = ','} == mf::notation{.decimal = ','});
  CHECK(!(mf::notation{.amounts = true, .unit = "$"} == mf::notation{.amounts = true, .unit = "%"}));
}

TEST_CASE("a cell is read in the notation of its column") {
  CHECK(read("1234.5", {}) == 1234.5);
  CHECK(read("1,234.5", {}) == -999);
  const mf::notation german{.decimal = ',', .thousands = '.'};
  CHECK(read("1.234,5", german) == 1234.5);
  CHECK(read("1.234", german) == 1234);
  CHECK(read("-7", german) == -7);
  CHECK(read("+7,5", german) == 7.5);
  for (const char* none : {"1,234.5", "1.23", "$7", "(7)", "", "-", "+-7", "--7", "+"})
    CHECK(read(none, german) == -999);
  const mf::notation blanks{.thousands = ' '};
  CHECK(read("1\xc2\xa0"
             "234",
             blanks) == 1234);
  CHECK(read("1 23", blanks) == -999);
  CHECK(read("\xe2\x88\x92"
             "1 234",
             blanks) == -1234);
}

TEST_CASE("amounts may lack their unit, and have no other") {
  const mf::notation dollars{.thousands = ',', .amounts = true, .unit = "$"};
  CHECK(read("$1,020.50", dollars) == 1020.5);
  CHECK(read("(7.25)", dollars) == -7.25);
  CHECK(read("-$5", dollars) == -5);
  CHECK(read("12", dollars) == 12);
  for (const char* none : {"7 EUR", "12%", "$", "$1,02", "dollars"}) CHECK(read(none, dollars) == -999);
  CHECK(read("$5", {.amounts = true}) == -999);
  CHECK(read("(5)", {.amounts = true}) == -5);
}

TEST_CASE("times are read in the order of their column") {
  std::int64_t value = 0;
  CHECK(mf::read_time("02/01/1970", mf::notation{.dates = mf::date_order::day_first}, value));
  CHECK(value == 86'400'000'000'000);
  CHECK(!mf::read_time("02/01/1970", mf::notation{}, value));
}
