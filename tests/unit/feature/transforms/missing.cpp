#include <millrace/feature/transforms/missing.hpp>

#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using support::infinity;
using support::no_number;
using support::row_of;
using real = support::one<double>;

TEST_CASE("missing numbers become the mean of the others, or another member of an aggregate") {
  const auto mean = alone<double>(mf::impute<"x">(&real::x), {1, no_number, 2, 9, infinity});
  CHECK(first_of(mean, no_number) == 4);
  CHECK(first_of(mean, infinity) == 4);
  CHECK(first_of(mean, 5.0) == 5);
  CHECK(first_of(alone<double>(mf::impute<"x", millrace::median>(&real::x), {1, no_number, 2, 9}), no_number) == 2);
  CHECK(first_of(alone<double>(mf::impute<"x", millrace::min>(&real::x), {1, no_number, 2, 9}), no_number) == 1);
  const auto flagged = alone<double>(mf::impute<"x">(&real::x, mf::missing(mf::flag)), {1, 3});
  CHECK(row_of(flagged, {no_number}) == std::vector<float>{2, 1});
  CHECK(row_of(flagged, {7}) == std::vector<float>{7, 0});
}

TEST_CASE("a column without any value cannot be imputed, and the error names it") {
  auto set = mf::features<real>(mf::impute<"age">(&real::x));
  const std::vector<real> nothing{{no_number}, {infinity}};
  const auto done = set.fit(nothing);
  REQUIRE_FALSE(done);
  CHECK(done.error().describe() == "feature \"age\": no finite value among 2 events");
}

TEST_CASE("a flag says whether there is a value, of any type") {
  struct all {
    double number = no_number;
    std::optional<bool> maybe;
    std::string text;
    const char* pointer = nullptr;
    std::optional<std::chrono::sys_seconds> at;
    std::optional<double> both;
  };
  const auto set = mf::features<all>(mf::missing_flag<"a">(&all::number), mf::missing_flag<"b">(&all::maybe),
                                     mf::missing_flag<"c">(&all::text), mf::missing_flag<"d">(&all::pointer),
                                     mf::missing_flag<"e">(&all::at), mf::missing_flag<"f">(&all::both));
  CHECK(row_of(set, {}) == std::vector<float>(6, 1));
  CHECK(row_of(set, {infinity, false, "x", "y", std::chrono::sys_seconds(), 0.0}) == std::vector<float>(6, 0));
  CHECK(row_of(set, {1, false, "x", "y", std::chrono::sys_seconds(), no_number})[5] == 1);
}
