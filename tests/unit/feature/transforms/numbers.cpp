#include <millrace/feature/transforms/numbers.hpp>

#include <support/catch.hpp>
#include <support/features.hpp>

#include <cmath>
#include <limits>
#include <optional>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using support::infinity;
using support::no_number;
using real = support::one<double>;

TEST_CASE("numbers of any type, bools and optionals are columns as they are") {
  CHECK(first_of(alone<double>(mf::numerical<"x">(&real::x)), 2.5) == 2.5F);
  CHECK(first_of(alone<bool>(mf::numerical<"x">(&support::one<bool>::x)), true) == 1);
  CHECK(first_of(alone<long>(mf::numerical<"x">(&support::one<long>::x)), -7L) == -7);
  const auto maybe = alone<std::optional<int>>(mf::numerical<"x">(&support::one<std::optional<int>>::x));
  CHECK(first_of(maybe, std::optional<int>(3)) == 3);
  CHECK(std::isnan(first_of(maybe, std::optional<int>())));
  CHECK(maybe.fitted());
  const auto nested = alone<std::optional<std::optional<double>>>(
      mf::numerical<"x">(&support::one<std::optional<std::optional<double>>>::x));
  CHECK(std::isnan(first_of(nested, std::optional(std::optional<double>()))));
}

TEST_CASE("logarithms are those of double, rounded once, and what has none is NaN") {
  const auto log = alone<double>(mf::log<"x">(&real::x));
  CHECK(first_of(log, 10.0) == static_cast<float>(std::log(10.0)));
  CHECK(first_of(log, 1e-300) == static_cast<float>(std::log(1e-300)));
  for (const double x : {0.0, -1.0, no_number, infinity, -infinity}) CHECK(std::isnan(first_of(log, x)));
  const auto log1p = alone<double>(mf::log1p<"x">(&real::x));
  CHECK(first_of(log1p, 1e-10) == static_cast<float>(1e-10));
  CHECK(first_of(log1p, 0.0) == 0);
  for (const double x : {-1.0, -2.0, no_number}) CHECK(std::isnan(first_of(log1p, x)));
  CHECK(first_of(alone<double>(mf::log<"x">(&real::x, mf::outside(mf::fill(-1)))), 0.0) == -1);
}

TEST_CASE("clipped numbers lie within the bounds, and infinite ones do if they are kept") {
  const auto clip = alone<double>(mf::clip<"x">(&real::x, mf::range{-1, 4}, mf::not_finite(mf::keep)));
  CHECK(first_of(clip, -1.0) == -1);
  CHECK(first_of(clip, 4.0) == 4);
  CHECK(first_of(clip, 3.5) == 3.5F);
  CHECK(first_of(clip, 1e308) == 4);
  CHECK(first_of(clip, infinity) == 4);
  CHECK(first_of(clip, -infinity) == -1);
  const auto flagged = alone<double>(mf::clip<"x">(&real::x, mf::range{-1, 4}, mf::outside(mf::flag)));
  CHECK(support::row_of(flagged, {5}) == std::vector<float>{4, 1});
  CHECK(support::row_of(flagged, {4}) == std::vector<float>{4, 0});
}

TEST_CASE("a number too large for a float becomes the largest one, not an infinity") {
  const auto plain = mf::features<real>(mf::numerical<"x">(&real::x, mf::outside(mf::flag)));
  constexpr float most = std::numeric_limits<float>::max();
  CHECK(support::row_of(plain, {1e39}) == std::vector<float>{most, 1});
  CHECK(support::row_of(plain, {-1e308}) == std::vector<float>{-most, 1});
  CHECK(support::row_of(plain, {most}) == std::vector<float>{most, 0});
  CHECK(support::row_of(plain, {1e-310}) == std::vector<float>{0, 0});
}
