#include <millrace/aggregate/sketches/quantile_view.hpp>

#include <support/catch.hpp>

#include <cmath>

namespace mr = millrace;

TEST_CASE("a view answers the least value whose rank is at least p") {
  const mr::quantile_view<double> view({1, 2, 2, 5}, {4, 1, 2, 3}, 0.5, 6);
  CHECK(view.count() == 10);
  CHECK(view.quantile(0) == 0.5);
  CHECK(view.quantile(1e-9) == 1);
  CHECK(view.quantile(0.4) == 1);
  CHECK(view.quantile(0.41) == 2);
  CHECK(view.quantile(0.7) == 2);
  CHECK(view.quantile(0.71) == 5);
  CHECK(view.quantile(1) == 6);
  CHECK(std::isnan(view.quantile(-3)));
  CHECK(std::isnan(view.quantile(99)));
  CHECK(view.around(0.01, 0.1).lower == 0.5);
  CHECK(view.around(0.99, 0.1).upper == 6);
  CHECK(std::isnan(view.around(1.01, 0.1).lower));
  CHECK(std::isnan(view.around(1.01, 0.1).upper));
  CHECK(std::isnan(view.quantile(std::nan(""))));
  CHECK(view.median() == 2);
  CHECK(view.interquartile_range() == 4);
}

TEST_CASE("a view's rank counts the value itself") {
  const mr::quantile_view<float> view({1, 2, 5}, {4, 3, 3}, 1, 5);
  CHECK(view.rank(0.9F) == 0);
  CHECK(view.rank(1) == 0.4);
  CHECK(view.rank(3) == 0.7);
  CHECK(view.rank(5) == 1);
  CHECK(std::isnan(view.rank(std::nanf(""))));
  CHECK(view.cdf(std::vector<float>{5, 1}) == std::vector<double>{1, 0.4});
  CHECK(*view.pmf(std::vector<float>{1, 2}) == std::vector<double>{0.4, 0.3, 0.3});
  CHECK(*view.pmf({}) == std::vector<double>{1});
}

TEST_CASE("a view of nothing has no answers") {
  const mr::quantile_view<double> view;
  CHECK(view.count() == 0);
  CHECK(std::isnan(view.quantile(0.5)));
  CHECK(std::isnan(view.rank(0)));
  CHECK_FALSE(view.pmf({}).has_value());
}
