#include <millrace/track/names.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace mt = millrace::track;

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
}
