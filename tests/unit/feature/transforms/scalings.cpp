#include <millrace/feature/transforms/scalings.hpp>

#include <support/catch.hpp>
#include <support/feature_reference.hpp>
#include <support/features.hpp>

#include <cmath>
#include <limits>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using support::no_number;
using real = support::one<double>;

TEST_CASE("scaled numbers are scikit-learn's") {
  const auto z = alone<double>(mf::standardize<"x">(&real::x), support::reference_numbers());
  const auto range = alone<double>(mf::min_max<"x">(&real::x), support::reference_numbers());
  for (int i = 0; i < 5; ++i) {
    CHECK(first_of(z, reference::asked[i]) == Approx(reference::standardized[i]).epsilon(1e-6).margin(1e-7));
    CHECK(first_of(range, reference::asked[i]) == Approx(reference::scaled_to_range[i]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("a constant column scales to exactly 0, and a later value by its distance") {
  for (const double constant : {14.62, std::log(1e-5), 5.0, -1e300, 1e-310}) {
    const auto z = alone<double>(mf::standardize<"x">(&real::x), std::vector<double>(1000, constant));
    const auto range = alone<double>(mf::min_max<"x">(&real::x), std::vector<double>(1000, constant));
    CHECK(first_of(z, constant) == 0);
    CHECK(first_of(range, constant) == 0);
  }
  CHECK(first_of(alone<double>(mf::standardize<"x">(&real::x), std::vector<double>(10, 5)), 7.0) == 2);
}

TEST_CASE("a column of a tiny or a huge scale still scales") {
  for (const double unit : {1e-9, 1e-160, 1e-300, 1e150, 1e307}) {
    const auto z = alone<double>(mf::standardize<"x">(&real::x), {1 * unit, 2 * unit, 3 * unit});
    CHECK(first_of(z, 2 * unit) == Approx(0).margin(1e-6));
    CHECK(first_of(z, 3 * unit) == Approx(std::sqrt(1.5)));
    const auto range = alone<double>(mf::min_max<"x">(&real::x), {1 * unit, 2 * unit, 3 * unit});
    CHECK(first_of(range, 2 * unit) == Approx(0.5));
  }
  const auto offset = alone<double>(mf::standardize<"x">(&real::x), {1e9, 1e9 + 1e-3});
  CHECK(first_of(offset, 1e9) == Approx(-1).margin(1e-3));
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(first_of(alone<double>(mf::standardize<"x">(&real::x), {0.0, least}), 0.0) <= 0);
}

TEST_CASE("the two ends of double are a range as any other") {
  constexpr double most = std::numeric_limits<double>::max();
  const auto range = alone<double>(mf::min_max<"x">(&real::x), {-most, most});
  CHECK(first_of(range, -most) == 0);
  CHECK(first_of(range, 0.0) == 0.5F);
  CHECK(first_of(range, most) == 1);
}

TEST_CASE("missing and infinite values are not fitted on") {
  const auto z =
      alone<double>(mf::standardize<"x">(&real::x), {1, no_number, 3, support::infinity, -support::infinity});
  CHECK(first_of(z, 3.0) == 1);
  const auto range = alone<double>(mf::min_max<"x">(&real::x), {1, no_number, 3, support::infinity});
  CHECK(first_of(range, 3.0) == 1);
}

TEST_CASE("numbers that are given need no fit") {
  const auto z = alone<double>(mf::standardize<"x">(&real::x, mf::mean_and_stddev{10, 4}));
  CHECK(z.fitted());
  CHECK(first_of(z, 12.0) == 0.5F);
  const auto range = alone<double>(mf::min_max<"x">(&real::x, mf::range{10, 20}, mf::outside(mf::flag)));
  CHECK(support::row_of(range, {15}) == std::vector<float>{0.5F, 0});
  CHECK(support::row_of(range, {25}) == std::vector<float>{1.5F, 1});
  CHECK(support::row_of(range, {5}) == std::vector<float>{-0.5F, 1});
}

TEST_CASE("before fit scaled columns are NaN") {
  CHECK(std::isnan(first_of(alone<double>(mf::standardize<"x">(&real::x)), 1.0)));
  CHECK(std::isnan(first_of(alone<double>(mf::min_max<"x">(&real::x)), 1.0)));
}
