#include <millrace/aggregate/sketches/quantile_curve.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>

namespace mr = millrace;

namespace {

/// Rises from 1 to 3 over half of the weight, jumps to 7, stays there for a quarter, rises to 8.
mr::quantile_curve<double> example() {
  mr::quantile_curve<double> curve(1, 5);
  curve.add(4, 3);
  curve.add(4, 7);
  curve.add(6, 7);
  curve.add(8, 8);
  return curve;
}

}  // namespace

TEST_CASE("a curve's quantiles lie on straight lines between its points") {
  const auto curve = example();
  CHECK(curve.count() == 8);
  CHECK(curve.quantile(0) == 1);
  CHECK(curve.quantile(0.25) == 2);
  CHECK(curve.quantile(0.5) == 3);
  CHECK(curve.quantile(0.5001) == 7);
  CHECK(curve.quantile(0.75) == 7);
  CHECK(curve.quantile(0.875) == 7.5);
  CHECK(curve.quantile(1) == 8);
  CHECK(std::isnan(curve.quantile(-1)));
  CHECK(std::isnan(curve.quantile(99)));
  CHECK(curve.median() == 3);
  CHECK(curve.interquartile_range() == 5);
  CHECK(std::isnan(curve.quantile(std::nan(""))));
}

TEST_CASE("a curve's ranks undo its quantiles, and count a value with all its weight") {
  const auto curve = example();
  CHECK(curve.rank(0.5) == 0);
  CHECK(curve.rank(2) == 0.25);
  CHECK(curve.rank(5) == 0.5);
  CHECK(curve.rank(7) == 0.75);
  CHECK(curve.rank(7.5) == 0.875);
  CHECK(curve.rank(8) == 1);
  CHECK(std::isnan(curve.rank(std::nan(""))));
  CHECK(curve.cdf(std::vector<double>{7, 2}) == std::vector<double>{0.75, 0.25});
  CHECK(*curve.pmf(std::vector<double>{2, 7}) == std::vector<double>{0.25, 0.5, 0.25});
  CHECK_FALSE(curve.pmf(std::vector<double>{2, 2}).has_value());
}

TEST_CASE("a curve between values whose difference overflows stays in order") {
  const double most = std::numeric_limits<double>::max();
  mr::quantile_curve<double> curve(-most, 1);
  curve.add(2, most);
  CHECK(curve.quantile(0.5) == 0);
  CHECK(curve.rank(0) == 0.5);
}

TEST_CASE("a curve through nothing has no answers") {
  const mr::quantile_curve<float> curve;
  CHECK(std::isnan(curve.quantile(0.5)));
  CHECK(std::isnan(curve.rank(0)));
  CHECK_FALSE(curve.pmf({}).has_value());
}
