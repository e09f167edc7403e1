#include <millrace/feature/tables/amounts.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>

namespace mf = millrace::feature;

namespace {

struct apart {
  bool is_amount;
  mf::amount found;
};

apart taken(std::string_view text) {
  apart made{false, {}};
  made.is_amount = mf::take_amount(text, made.found);
  return made;
}

std::string plain(std::string_view digits, char decimal, char thousands) {
  std::string out;
  return mf::plain_spelling(digits, decimal, thousands, out) ? out : "none";
}

}  // namespace

TEST_CASE("sign, unit and brackets are taken off an amount") {
  for (const char* text : {"-$7.25", "$-7.25", "- $ 7.25", "($7.25)", "-7.25$", " -7.25 $ "}) {
    CAPTURE(text);
    const apart made = taken(text);
    CHECK(made.is_amount);
    CHECK(made.found.digits == "7.25");
    CHECK(made.found.unit == "$");
    CHECK(made.found.negative);
  }
  CHECK(taken("US$12").found.unit == "US$");
  CHECK(taken("12 EUR").found.unit == "EUR");
  CHECK(taken("\xe2\x82\xac"
              "1.020,5")
            .found.digits == "1.020,5");
  CHECK(taken("12 %").found.unit == "%");
  CHECK(taken("(12%)").found.negative);
  CHECK(!taken("12").found.negative);
  CHECK(taken("+.5").found.digits == ".5");
  for (const char* none : {"", " ", "-", "$", "--5", "-$-5", "%5", "abc", "()"}) CHECK(!taken(none).is_amount);
}

TEST_CASE("blanks that do not break, the minus sign and the apostrophe become those of a keyboard") {
  CHECK(mf::keyboard_spelling("1\xc2\xa0"
                              "020\xe2\x80\xaf"
                              "5\xe2\x80\x89"
                              "6") == "1 020 5 6");
  CHECK(mf::keyboard_spelling("\xe2\x88\x92"
                              "7") == "-7");
  CHECK(mf::keyboard_spelling("1\xe2\x80\x99"
                              "000") == "1'000");
  CHECK(mf::keyboard_spelling("caf\xc3\xa9") == "caf\xc3\xa9");
}

TEST_CASE("groups of digits are of three, and of two before them with Indian commas") {
  for (const char* good : {"1,234", "12,345", "123,456,789", "12,34,567"}) CHECK(mf::is_grouped(good, ','));
  for (const char* bad : {"1234", ",234", "1,23", "0,123", "1234,567", "1,,234", "12,34,56", "1,234,56"})
    CHECK(!mf::is_grouped(bad, ','));
  CHECK(mf::is_grouped("1 020", ' '));
  CHECK(!mf::is_grouped("12.34.567", '.'));
}

TEST_CASE("digits are spelled as C++ has them, or not at all") {
  CHECK(plain("1,020.5", '.', ',') == "1020.5");
  CHECK(plain("1.020,5", ',', '.') == "1020.5");
  CHECK(plain("1 020", '.', ' ') == "1020");
  CHECK(plain("1,5e3", ',', 0) == "1.5e3");
  CHECK(plain("7", '.', 0) == "7");
  CHECK(plain("1,020", '.', 0) == "none");
  CHECK(plain("1.2.3", '.', 0) == "none");
  CHECK(plain("1,02", '.', ',') == "none");
  CHECK(plain("12x", '.', ',') == "none");
}
