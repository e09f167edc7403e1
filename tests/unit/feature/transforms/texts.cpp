#include <millrace/feature/transforms/texts.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using support::row_of;
using word = support::one<std::string>;

TEST_CASE("lengths count characters, and words are what white space separates") {
  const auto length = alone<std::string>(mf::text_length<"x">(&word::x));
  CHECK(first_of(length, std::string()) == 0);
  CHECK(first_of(length, std::string("abc")) == 3);
  CHECK(first_of(length, std::string("\u00e4\u20ac\U0001f600!")) == 4);
  const auto words = alone<std::string>(mf::word_count<"x">(&word::x));
  CHECK(first_of(words, std::string()) == 0);
  CHECK(first_of(words, std::string(" \t\n")) == 0);
  CHECK(first_of(words, std::string("one")) == 1);
  CHECK(first_of(words, std::string("  one, two\r\n\vthree\f")) == 3);
}

TEST_CASE("an empty text is no missing one, but an empty optional and a null pointer are") {
  using maybe = support::one<std::optional<std::string_view>>;
  CHECK(std::isnan(row_of(alone<std::optional<std::string_view>>(mf::text_length<"x">(&maybe::x)), {})[0]));
  using pointer = support::one<const char*>;
  CHECK(std::isnan(row_of(alone<const char*>(mf::word_count<"x">(&pointer::x)), {nullptr})[0]));
  CHECK(row_of(alone<const char*>(mf::ngrams<"x", 2, 3>(&pointer::x)), {nullptr}) == std::vector<float>{0, 0, 0});
}

TEST_CASE("n-grams are counted, each where its hash says, in lower case") {
  constexpr std::size_t width = 64;
  const auto set = alone<std::string>(mf::ngrams<"x", 3, width>(&word::x));
  const auto expected = [](std::initializer_list<std::string_view> grams) {
    std::vector<float> row(width);
    for (const std::string_view gram : grams) row[mf::detail::place_of(mf::detail::hash_of(gram), width)] += 1;
    return row;
  };
  CHECK(row_of(set, {"Abcab"}) == expected({"abc", "bca", "cab"}));
  CHECK(row_of(set, {"aaaaa"}) == expected({"aaa", "aaa", "aaa"}));
  CHECK(row_of(set, {"abc"}) == expected({"abc"}));
  CHECK(row_of(set, {"AB"}) == expected({"ab"}));
  CHECK(row_of(set, {""}) == expected({}));
  CHECK(row_of(set, {"\u00e4\u20acx\U0001f600"}) == expected({"\u00e4\u20acx", "\u20acx\U0001f600"}));
}

TEST_CASE("bytes that are no UTF-8 are read within bounds, and counted") {
  const auto set = mf::features<word>(mf::ngrams<"x", 2, 8>(&word::x), mf::text_length<"n">(&word::x));
  for (const char* bad :
       {"\x80", "\x80\x80\x80", "a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80z", "\xff\xfe\xc3"}) {
    const auto row = row_of(set, {bad});
    float sum = 0;
    for (std::size_t i = 0; i < 8; ++i) sum += row[i];
    CHECK(sum >= 1);
  }
}
