#include <millrace/registry/semantic_version.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace mg = millrace::registry;

namespace {
mg::semantic_version read(std::string_view text) { return mg::parse_semantic_version(text).value(); }
}  // namespace

TEST_CASE("semantic versions have the order of semver.org") {
  // Section 11 of Semantic Versioning 2.0.0, with numbers between its examples.
  constexpr std::string_view rising[] = {"0.0.0",
                                         "0.9.9",
                                         "1.0.0-0",
                                         "1.0.0-2",
                                         "1.0.0-10",
                                         "1.0.0-alpha",
                                         "1.0.0-alpha.1",
                                         "1.0.0-alpha.beta",
                                         "1.0.0-beta",
                                         "1.0.0-beta.2",
                                         "1.0.0-beta.11",
                                         "1.0.0-rc.1",
                                         "1.0.0",
                                         "1.0.1",
                                         "1.10.0",
                                         "2.0.0",
                                         "2.1.0",
                                         "2.1.1",
                                         "18446744073709551615.0.0"};
  for (std::size_t i = 0; i < std::size(rising); ++i)
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      CAPTURE(rising[i], rising[j]);
      CHECK((read(rising[i]) < read(rising[j])) == (i < j));
      CHECK((read(rising[i]) == read(rising[j])) == (i == j));
    }
  CHECK(read("1.0.0+linux") == read("1.0.0+cuda.12"));
}

TEST_CASE("semantic versions are written as they are read") {
  // From the valid ones of the regular expression's tests, https://regex101.com/r/vkijKf/1 (named in semver.org's FAQ).
  for (const std::string_view text :
       {"0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta", "1.1.2+meta-valid", "1.0.0-alpha",
        "1.0.0-alpha.beta.1", "1.0.0-alpha0.valid", "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
        "1.0.0-rc.1+build.123", "2.0.0+build.1848", "2.0.1-alpha.1227", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
        "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "1.0.0-0A.is.legal"})
    CHECK(to_string(read(text)) == text);
  CHECK(to_string(read("v1.2.3")) == "1.2.3");
}

TEST_CASE("what is no semantic version is refused") {
  // From the invalid ones of the same tests.
  for (const std::string_view text : {"",
                                      "v",
                                      "1",
                                      "1.2",
                                      "1.2.3-0123",
                                      "1.2.3-0123.0123",
                                      "1.1.2+.123",
                                      "+invalid",
                                      "-invalid",
                                      "alpha",
                                      "1.0.0-alpha_beta",
                                      "1.0.0-alpha..",
                                      "1.0.0-alpha..1",
                                      "01.1.1",
                                      "1.01.1",
                                      "1.1.01",
                                      "1.2.3.DEV",
                                      "1.2-SNAPSHOT",
                                      "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
                                      "-1.0.3-gamma+b7718",
                                      "1.2.3+a+b",
                                      "1.2.3-",
                                      "1.2.3+",
                                      "1.2.3 ",
                                      "18446744073709551616.0.0",
                                      "1.2.3-\xc3\xa9"}) {
    CAPTURE(text);
    const auto refused = mg::parse_semantic_version(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
  CHECK_FALSE(mg::parse_semantic_version("1.0.0-" + std::string(200, 'a')));
}

TEST_CASE("the next version raises one number") {
  using mg::raise;
  const auto next = [](std::string_view text, raise which) {
    return to_string(mg::next_version(read(text), which).value());
  };
  CHECK(next("1.2.3", raise::patch_number) == "1.2.4");
  CHECK(next("1.2.3", raise::minor_number) == "1.3.0");
  CHECK(next("1.2.3+b", raise::major_number) == "2.0.0");
  CHECK(next("2.0.0-rc.1", raise::major_number) == "2.0.0");  // as npm's semver 7 raises them
  CHECK(next("2.0.0-rc.1", raise::minor_number) == "2.0.0");
  CHECK(next("2.0.1-rc.1", raise::minor_number) == "2.1.0");
  CHECK(next("2.1.0-rc.1", raise::major_number) == "3.0.0");
  CHECK(next("2.0.1-rc.1", raise::patch_number) == "2.0.1");
  CHECK(mg::next_version(read("1.0.18446744073709551615"), raise::patch_number).error().code() ==
        mr::errc::out_of_range);
}
