#include <millrace/track/names.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace mt = millrace::track;

namespace {

std::string repeated(const std::string& character, int times) {
  std::string made;
  for (int i = 0; i < times; ++i) made += character;
  return made;
}

}  // namespace

TEST_CASE("names are those that MLflow takes") {
  // From mlflow/utils/validation.py: _VALID_PARAM_AND_METRIC_NAMES and path_not_unique, and the tests of both.
  for (const std::string good : {"a", "loss", "train/loss", "a.b", "a-b", "a_b", "A9", "a b", "a/b/c", "train:loss",
                                 "...a", "a..b", "-", "_", "\xc3\xa9t\xc3\xa9", "\xe5\xad\xa6\xe7\xbf\x92"})
    CHECK(mt::check_name(good));
  for (const std::string bad :
       {"",     "a@b",    "a#b", "a?b", "a\\b", "a\nb", "a\tb", "/a",  "a/",   "a//b", "./a",  "a/.",
        "../a", "a/../b", "..",  ".",   "/",    "a%b",  "a;b",  "a'b", "a\"b", "a`b",  "\xff", "a\xc3"}) {
    INFO(bad);
    const auto checked = mt::check_name(bad);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code() == mr::errc::invalid_argument);
  }
  CHECK_FALSE(mt::check_name(std::string("a\0b", 3)));
  CHECK(mt::check_name(std::string(250, 'k')));
  CHECK_FALSE(mt::check_name(std::string(251, 'k')));
  CHECK(mt::check_name(repeated("\xc3\xa9", 250)));  // characters, as MLflow counts
  CHECK_FALSE(mt::check_name(repeated("\xc3\xa9", 251)));
}

TEST_CASE("limits of texts count characters") {
  const auto size = mt::size_of_characters;
  CHECK(size("", 0) == 0);
  CHECK(size("abc", 0) == 0);
  CHECK(size("abc", 2) == 2);
  CHECK(size("abc", 3) == 3);
  CHECK(size("abc", 4) == 3);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 0) == 0);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 1) == 1);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 2) == 3);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 3) == 6);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 4) == 10);
  CHECK(size("a\xc3\xa9\xe5\xad\xa6\xf0\x9f\x98\x80z", 5) == 11);
}
