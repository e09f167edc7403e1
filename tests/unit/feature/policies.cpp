#include <millrace/feature/policies.hpp>

#include <millrace/feature/transforms/categories.hpp>
#include <millrace/feature/transforms/numbers.hpp>
#include <millrace/feature/transforms/scalings.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <string>
#include <vector>

namespace mf = millrace::feature;
using support::infinity;
using support::no_number;
using support::row_of;
using real = support::one<double>;
using word = support::one<std::string>;

TEST_CASE("each trouble has its own reaction, and each flag its own column") {
  const auto set = mf::features<real>(
      mf::log<"x">(&real::x, mf::outside(mf::flag(-3)), mf::missing(mf::fill(-1)), mf::not_finite(mf::flag(-2))));
  CHECK(set.names() == std::vector<std::string>{"x", "x.not_finite", "x.outside"});
  CHECK(row_of(set, {1}) == std::vector<float>{0, 0, 0});
  CHECK(row_of(set, {no_number}) == std::vector<float>{-1, 0, 0});
  CHECK(row_of(set, {infinity}) == std::vector<float>{-2, 1, 0});
  CHECK(row_of(set, {0}) == std::vector<float>{-3, 0, 1});
}

TEST_CASE("an infinite number is treated as a missing one unless a rule says otherwise") {
  const auto filled = mf::features<real>(mf::numerical<"x">(&real::x, mf::missing(mf::flag(7))));
  CHECK(row_of(filled, {infinity}) == std::vector<float>{7, 1});
  const auto kept =
      mf::features<real>(mf::numerical<"x">(&real::x, mf::missing(mf::fill(7)), mf::not_finite(mf::keep)));
  CHECK(row_of(kept, {-infinity})[0] == -infinity);
  CHECK(row_of(kept, {no_number})[0] == 7);
  const auto refused = mf::features<real>(mf::numerical<"x">(&real::x, mf::missing(mf::refuse)));
  float row[1];
  CHECK(refused(real{infinity}, row).why == mf::trouble::missing);
}

TEST_CASE("filling writes all columns of the transform, and none of another") {
  const auto set = mf::features<word>(mf::one_hot<"a", "x", "y">(&word::x, mf::unknown(mf::fill(0.5F))),
                                      mf::one_hot<"b", "x", "y">(&word::x, mf::unknown(mf::flag)));
  CHECK(row_of(set, {"z"}) == std::vector<float>{0.5F, 0.5F, 0, 0, 1});
  CHECK(row_of(set, {""}) == std::vector<float>{0, 0, 0, 0, 0});
}

TEST_CASE("only sets with a rule to refuse return whether a row was refused") {
  using plain = decltype(mf::features<real>(mf::numerical<"x">(&real::x)));
  using strict = decltype(mf::features<real>(mf::numerical<"x">(&real::x, mf::outside(mf::refuse))));
  STATIC_REQUIRE_FALSE(plain::refuses);
  STATIC_REQUIRE(strict::refuses);
  float row[1];
  STATIC_REQUIRE(std::is_void_v<decltype(std::declval<plain>()(real{1}, row))>);
  const auto set = mf::features<real>(mf::log<"x">(&real::x, mf::outside(mf::refuse), mf::missing(mf::refuse)));
  CHECK_FALSE(set(real{1}, row));
  const mf::refusal refused = set(real{0}, row);
  CHECK(refused);
  CHECK(refused.column == "x");
  CHECK(refused.why == mf::trouble::outside);
  CHECK(set(real{no_number}, row).why == mf::trouble::missing);
}

TEST_CASE("troubles are counted by transform, in counts that the caller keeps") {
  const auto set =
      mf::features<word>(mf::one_hot<"a", "x">(&word::x), mf::categorical<"b">(&word::x, mf::categories{"x", "y"}),
                         mf::numerical<"n">([](const word& w) { return static_cast<double>(w.x.size()); }));
  decltype(set)::counts met{};
  const std::vector<word> events{{"x"}, {"y"}, {"z"}, {""}, {"z"}};
  std::vector<float> out(events.size() * set.width);
  REQUIRE(set(events, out, met));
  CHECK(met[0] == mf::trouble_counts{.missing = 1, .unknown = 3});
  CHECK(met[1] == mf::trouble_counts{.missing = 1, .unknown = 2});
  CHECK(met[2] == mf::trouble_counts{});
  set(word{"z"}, out, met);
  CHECK(met[1].unknown == 3);
  mf::trouble_counts sum = met[0];
  sum.merge(met[1]);
  CHECK(sum == mf::trouble_counts{.missing = 2, .unknown = 7});
}

TEST_CASE("troubles have names") {
  CHECK(mf::to_string(mf::trouble::missing) == "missing");
  CHECK(mf::to_string(mf::trouble::not_finite) == "not_finite");
  CHECK(mf::to_string(mf::trouble::outside) == "outside");
  CHECK(mf::to_string(mf::trouble::unknown) == "unknown");
  CHECK(mf::to_string(mf::trouble::none) == "none");
}
