#include <millrace/model/linear/ridge.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::ridge;

TEST_CASE("ridge has scikit-learn's coefficients") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto same = [&](const mr::model::ridge_options& with, std::span<const float> weights,
                        const std::vector<double>& coefficients, const std::vector<double>& intercept) {
    const auto found = ridge::fit(rows, linear_reference::targets, with, weights);
    REQUIRE(found);
    support::check_close(found->coefficients(), coefficients, 1e-10);
    CHECK(found->intercept() == Approx(intercept[0]).epsilon(1e-9).margin(1e-12));
  };
  same({.l2 = 0.5}, {}, linear_reference::ridge_0_5_coefficients, linear_reference::ridge_0_5_intercepts);
  same({.l2 = 0.5}, linear_reference::weights, linear_reference::ridge_0_5_weighted_coefficients,
       linear_reference::ridge_0_5_weighted_intercepts);
  same({.l2 = 0.5, .intercept = false}, {}, linear_reference::ridge_0_5_through_zero_coefficients,
       linear_reference::ridge_0_5_through_zero_intercepts);
  same({.l2 = 200}, {}, linear_reference::ridge_200_coefficients, linear_reference::ridge_200_intercepts);
  same({.l2 = 200}, linear_reference::weights, linear_reference::ridge_200_weighted_coefficients,
       linear_reference::ridge_200_weighted_intercepts);
  same({.l2 = 200, .intercept = false}, {}, linear_reference::ridge_200_through_zero_coefficients,
       linear_reference::ridge_200_through_zero_intercepts);
  same({.l2 = 0}, {}, linear_reference::linear_coefficients, linear_reference::linear_intercepts);
}

TEST_CASE("ridge with a price near zero is the shortest of the least squares") {
  const auto found = ridge::fit(matrix_view(linear_reference::dependent, 9), linear_reference::targets, {.l2 = 1e-6});
  REQUIRE(found);
  support::check_close(found->coefficients(), linear_reference::linear_dependent_coefficients, 2e-4);
}

TEST_CASE("ridge of one constant column, and of a price that allows nothing") {
  const std::vector<float> numbers{5, 5, 5};
  const std::vector<float> targets{1, 2, 6};
  const auto constant = ridge::fit(matrix_view(numbers, 1), targets);
  REQUIRE(constant);
  CHECK(constant->coefficients()[0] == 0);
  CHECK(constant->intercept() == 3);
  const auto dear = ridge::fit(matrix_view(linear_reference::rows, 5), linear_reference::targets, {.l2 = 1e300});
  REQUIRE(dear);
  for (const double c : dear->coefficients()) CHECK(std::abs(c) < 1e-250);
}

TEST_CASE("ridge predicts row by row, saves and loads") {
  const auto numbers = support::exact_rows(40, 6);
  const matrix_view rows(numbers, 6);
  const auto fitted = ridge::fit(rows, support::exact_rows(40, 1, 4));
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, rows);
  support::predicts_short_rows(*fitted, rows);
  support::saves_and_loads_model(*fitted, rows.row(1));
}

TEST_CASE("ridge loads the bytes of the first release") {
  // Squares of the column sum to 4, products with the target to 10: the coefficient is 10 / (4 + 1).
  const std::vector<float> numbers{-1, 1, -1, 1};
  const std::vector<float> targets{-2, 3, -2, 3};
  auto fitted = ridge::fit(matrix_view(numbers, 1), targets);
  REQUIRE(fitted);
  const auto old = support::from_golden("model/ridge.bin", *fitted);
  CHECK(old(std::vector<float>{2}) == 4.5);
}

TEST_CASE("ridge refuses what is no training data, and prices that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const auto targets = support::exact_rows(10, 1, 4);
  support::refuses_bad_rows([&](const matrix_view& rows) { return ridge::fit(rows, targets); }, numbers, 3);
  support::refuses_bad_targets(
      [&](const std::vector<float>& y, const std::vector<float>& w) {
        return ridge::fit(matrix_view(numbers, 3), y, {}, w);
      },
      targets);
  for (const double bad : {-1.0, std::nan(""), HUGE_VAL}) {
    const auto found = ridge::fit(matrix_view(numbers, 3), targets, {.l2 = bad});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring("l2"));
  }
}
