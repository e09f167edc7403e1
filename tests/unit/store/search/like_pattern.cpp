#include <millrace/store/search/like_pattern.hpp>

#include <millrace/core/seed.hpp>
#include <support/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

bool like(std::string_view text, std::string_view pattern, bool ignore_case = false, char escape = 0) {
  const auto made = ms::like_pattern::make(pattern, ignore_case, escape);
  REQUIRE(made);
  return made->matches(text);
}

/// By trying: each `%` takes one character after the other.
bool slow_like(const std::vector<std::string>& text, std::size_t t, const std::vector<std::string>& pattern,
               std::size_t p) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == "%")
    return slow_like(text, t, pattern, p + 1) || (t < text.size() && slow_like(text, t + 1, pattern, p));
  return t < text.size() && (pattern[p] == "_" || pattern[p] == text[t]) && slow_like(text, t + 1, pattern, p + 1);
}
std::string joined(const std::vector<std::string>& characters) {
  std::string all;
  for (const std::string& each : characters) all += each;
  return all;
}

}  // namespace

TEST_CASE("search: LIKE takes a text as SQL does") {
  CHECK(like("", ""));
  CHECK(like("", "%"));
  CHECK(like("", "%%"));
  CHECK_FALSE(like("", "_"));
  CHECK_FALSE(like("a", ""));
  CHECK(like("abc", "abc"));
  CHECK_FALSE(like("abc", "ab"));
  CHECK_FALSE(like("abc", "abcd"));
  CHECK(like("abc", "a%"));
  CHECK(like("abc", "%c"));
  CHECK(like("abc", "%b%"));
  CHECK(like("abc", "a_c"));
  CHECK_FALSE(like("ac", "a_c"));
  CHECK(like("aXbXc", "a%b%c"));
  CHECK(like("a\nb", "a_b"));
  CHECK(like("a%b", "a%b"));
  CHECK(like(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  CHECK_FALSE(like("ABC", "abc"));
  CHECK(like("a\\b", "a\\b"));  // a backslash is a backslash
}

TEST_CASE("search: `_` in LIKE is one character of UTF-8") {
  CHECK(like("\xc3\xa9", "_"));
  CHECK(like("\xf0\x9f\x98\x80z", "_z"));
  CHECK_FALSE(like("\xc3\xa9", "__"));
  CHECK(
      like("a\xe2\x82\xac"
           "b",
           "a_b"));
  CHECK(like("\xe2\x82\xac\xe2\x82\xac", "_%\xe2\x82\xac"));
}

TEST_CASE("search: ILIKE regards the case of no letter of ASCII, and of all others") {
  CHECK(like("ResNet50", "resnet%", true));
  CHECK(like("resnet50", "RESNET__", true));
  CHECK_FALSE(like("\xc3\x89", "\xc3\xa9", true));
  CHECK_FALSE(like("[", "{", true));  // these differ by the bit that letters do
  CHECK_FALSE(like("@", "`", true));
}

TEST_CASE("search: an escape character makes the next one plain") {
  CHECK(like("100%", "100!%", false, '!'));
  CHECK_FALSE(like("1000", "100!%", false, '!'));
  CHECK(like("a_b!", "a!_b!!", false, '!'));
  CHECK(ms::like_pattern::make("a!", false, '!').error().code() == mr::errc::invalid_argument);
}

TEST_CASE("search: what all texts that match a pattern begin with") {
  const auto prefix = [](std::string_view pattern, bool any_case, char escape) {
    return std::string(ms::like_pattern::make(pattern, any_case, escape)->prefix());
  };
  CHECK(prefix("abc%d", false, 0) == "abc");
  CHECK(prefix("abc", false, 0) == "abc");
  CHECK(prefix("_abc", false, 0).empty());
  CHECK(prefix("a!%b%", false, '!') == "a%b");
  CHECK(prefix("abc%", true, 0).empty());
}

TEST_CASE("search: LIKE matches what trying everything matches, also beyond a word of states") {
  mr::random_engine draw(21);
  const std::vector<std::string> letters = {"a", "b", "\xc3\xa9", "\xe2\x82\xac"};
  std::size_t matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::string> text;
    std::vector<std::string> pattern;
    for (std::size_t n = draw() % (i % 50 == 0 ? 200 : 8); n != 0; --n)
      text.push_back(letters[draw() % letters.size()]);
    for (const std::string& each : text) switch (draw() % 8) {
        case 0: pattern.push_back("_"); break;
        case 1: pattern.push_back(i % 50 != 0 || pattern.size() < 3 ? "%" : each); break;
        case 2:
          if (i % 50 == 0) pattern.push_back(each);
          break;
        default: pattern.push_back(each);
      }
    const bool expected = slow_like(text, 0, pattern, 0);
    matched += expected;
    INFO(joined(text) << " LIKE " << joined(pattern));
    REQUIRE(like(joined(text), joined(pattern)) == expected);
  }
  CHECK(matched > 1000);
}

TEST_CASE("search: no pattern of LIKE is slow") {
  // By backtracking, each of these takes longer than the universe has existed.
  std::string pattern = "%";
  while (pattern.size() < 1000) pattern += "a%_%";
  const std::string text(6000, 'a');
  CHECK(like(text, pattern));
  CHECK_FALSE(like(text, pattern + "b"));
  std::string long_pattern = "%";
  while (long_pattern.size() < ms::max_like_pattern - 4) long_pattern += "_%";
  CHECK(like(text, long_pattern));
  CHECK_FALSE(like(text, long_pattern + "b"));
  CHECK(like(std::string(8000, 'k'), std::string(8000, 'k')));
  CHECK_FALSE(like(std::string(8000, 'k'), std::string(7999, 'k') + "j"));
  const auto refused = ms::like_pattern::make(std::string(ms::max_like_pattern + 1, 'k'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "a pattern has 8001 bytes; 8000 at most");
}
