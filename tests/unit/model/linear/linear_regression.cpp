#include <millrace/model/linear/linear_regression.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::model::linear_regression;
using mr::model::matrix_view;

TEST_CASE("linear regression has scikit-learn's coefficients") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto plain = linear_regression::fit(rows, linear_reference::targets);
  REQUIRE(plain);
  support::check_close(plain->coefficients(), linear_reference::linear_coefficients, 1e-10);
  CHECK(plain->intercept() == Approx(linear_reference::linear_intercepts[0]).epsilon(1e-8));
  const auto weighted = linear_regression::fit(rows, linear_reference::targets, {}, linear_reference::weights);
  REQUIRE(weighted);
  support::check_close(weighted->coefficients(), linear_reference::linear_weighted_coefficients, 1e-10);
  CHECK(weighted->intercept() == Approx(linear_reference::linear_weighted_intercepts[0]).epsilon(1e-8));
  const auto through = linear_regression::fit(rows, linear_reference::targets, {.intercept = false});
  REQUIRE(through);
  support::check_close(through->coefficients(), linear_reference::linear_through_zero_coefficients, 1e-10);
  CHECK(through->intercept() == 0);
}

TEST_CASE("the guide's linear regression") {
  // [linear_regression]
  // Rent by square metres and floor.
  const std::vector<float> homes{30, 1, 45, 4, 60, 0, 75, 3, 90, 2};
  const std::vector<float> rents{540, 730, 865, 1090, 1235};
  const auto fitted = mr::model::linear_regression::fit(mr::model::matrix_view(homes, 2), rents);
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the row and column at fault
  const std::vector<float> home{50, 2};
  const double rent = (*fitted)(home);
  std::vector<double> why(2);
  fitted->contributions(home, why);  // compared with the mean home: rent = mean_score() + why[0] + why[1]
  // [/linear_regression]
  CHECK(rent == Approx(fitted->mean_score() + why[0] + why[1]));
  CHECK(why[0] < -100);  // 60 square metres are usual
  CHECK(why[1] == Approx(0).margin(1e-9));
}

TEST_CASE("dependent columns have the coefficients of least squares that scikit-learn gives") {
  const auto found = linear_regression::fit(matrix_view(linear_reference::dependent, 9), linear_reference::targets);
  REQUIRE(found);
  support::check_close(found->coefficients(), linear_reference::linear_dependent_coefficients, 1e-8);
  CHECK(found->intercept() == Approx(linear_reference::linear_dependent_intercepts[0]).epsilon(1e-8));
  CHECK(found->coefficients()[8] == 0);  // constant

  const auto few = linear_regression::fit(matrix_view(linear_reference::dependent.data(), 4, 9),
                                          std::span(linear_reference::targets).first(4));
  REQUIRE(few);
  support::check_close(few->coefficients(), linear_reference::linear_few_coefficients, 1e-8);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK((*few)(std::span(linear_reference::dependent).subspan(i * 9, 9)) ==
          Approx(linear_reference::targets[i]).epsilon(1e-9));
}

TEST_CASE("one row, constant columns only, and one constant target") {
  const std::vector<float> numbers{1, 2, 1, 2, 1, 2};
  const std::vector<float> targets{4, 5, 9};
  const auto one = linear_regression::fit(matrix_view(numbers.data(), 1, 2), std::span(targets).first(1));
  REQUIRE(one);
  CHECK(one->coefficients()[0] == 0);
  CHECK(one->intercept() == 4);
  const auto constant = linear_regression::fit(matrix_view(numbers, 2), targets);
  REQUIRE(constant);
  CHECK(constant->coefficients()[1] == 0);
  CHECK(constant->intercept() == 6);
  const auto through = linear_regression::fit(matrix_view(numbers, 2), targets, {.intercept = false});
  REQUIRE(through);  // 6 = 1 a + 2 b with the least a^2 + b^2
  CHECK(through->coefficients()[0] == Approx(1.2));
  CHECK(through->coefficients()[1] == Approx(2.4));
  const auto zero = linear_regression::fit(matrix_view(std::vector<float>(6), 2), targets, {.intercept = false});
  REQUIRE(zero);
  CHECK(zero->coefficients()[0] == 0);
  const auto numbers_of_lines = support::exact_rows(20, 3);
  const auto flat = linear_regression::fit(matrix_view(numbers_of_lines, 3), std::vector<float>(20, 2.5F));
  REQUIRE(flat);
  for (const double c : flat->coefficients()) CHECK(c == 0);
  CHECK(flat->intercept() == 2.5);
}

TEST_CASE("the units of columns do not matter, huge or tiny") {
  const auto plain = linear_regression::fit(matrix_view(linear_reference::rows, 5), linear_reference::targets);
  REQUIRE(plain);
  const std::vector<int> powers{110, -120, 60, 0, -90};
  auto scaled = linear_reference::rows;
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = std::ldexp(scaled[i], powers[i % 5]);
  for (const float x : scaled) REQUIRE(std::isnormal(x));
  const auto found = linear_regression::fit(matrix_view(scaled, 5), linear_reference::targets);
  REQUIRE(found);
  for (std::size_t j = 0; j < 5; ++j)
    CHECK(std::ldexp(found->coefficients()[j], powers[j]) == Approx(plain->coefficients()[j]).epsilon(1e-10));
}

TEST_CASE("columns far from zero, and powers of a number that nearly depend on each other") {
  std::vector<float> numbers;
  std::vector<float> targets;
  for (int i = 0; i < 200; ++i) {
    const float x = static_cast<float>(i) / 256;
    const float offset = static_cast<float>(i % 7) / 8;
    numbers.insert(numbers.end(), {x, x * x, x * x * x, x * x * x * x, x * x * x * x * x, 1048576 + offset});
    double y = static_cast<double>(6 * offset);
    for (std::size_t j = 0; j < 5; ++j)
      y += static_cast<double>(j + 1) * static_cast<double>(numbers[numbers.size() - 6 + j]);
    targets.push_back(static_cast<float>(y));
  }
  const auto found = linear_regression::fit(matrix_view(numbers, 6), targets);
  REQUIRE(found);
  CHECK(found->coefficients()[5] == Approx(6).epsilon(1e-6));
  for (std::size_t i = 0; i < 200; ++i)
    CHECK((*found)(std::span(numbers).subspan(6 * i, 6)) == Approx(targets[i]).margin(1e-5));
}

TEST_CASE("the coefficients of a polynomial, all of whose powers are exact") {
  std::vector<float> numbers;
  std::vector<float> targets;
  for (int i = 0; i <= 8; ++i) {
    const float x = static_cast<float>(i) / 8;
    float y = 0;
    float power = 1;
    for (int j = 1; j <= 6; ++j) {
      power *= x;
      numbers.push_back(power);
      y += static_cast<float>(j) * power;
    }
    targets.push_back(y);
  }
  const auto found = linear_regression::fit(matrix_view(numbers, 6), targets);
  REQUIRE(found);
  // The normal equations alone give eight correct digits.
  for (std::size_t j = 0; j < 6; ++j)
    CHECK(found->coefficients()[j] == Approx(static_cast<double>(j + 1)).epsilon(1e-9));
}

TEST_CASE("a row of weight 2 counts as two rows, one of weight 0 not at all") {
  const auto numbers = support::exact_rows(12, 3);
  const auto targets = support::exact_rows(12, 1, 4);
  std::vector<float> weights(12, 1.0F);
  weights[3] = 2;
  weights[7] = 0;
  std::vector<float> repeated;
  std::vector<float> repeated_targets;
  for (std::size_t i = 0; i < 12; ++i)
    for (int n = 0; n < static_cast<int>(weights[i]); ++n) {
      repeated.insert(repeated.end(), numbers.begin() + static_cast<std::ptrdiff_t>(3 * i),
                      numbers.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
      repeated_targets.push_back(targets[i]);
    }
  const auto a = linear_regression::fit(matrix_view(numbers, 3), targets, {}, weights);
  const auto b = linear_regression::fit(matrix_view(repeated, 3), repeated_targets);
  REQUIRE(a);
  REQUIRE(b);
  for (std::size_t j = 0; j < 3; ++j) CHECK(a->coefficients()[j] == Approx(b->coefficients()[j]).epsilon(1e-12));
  CHECK(a->intercept() == Approx(b->intercept()).epsilon(1e-12));
  for (std::size_t j = 0; j < 3; ++j) CHECK(a->means()[j] == Approx(b->means()[j]));
}

TEST_CASE("contributions sum with the mean score to the prediction of a line") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto fitted = linear_regression::fit(rows, linear_reference::targets, {}, linear_reference::weights);
  REQUIRE(fitted);
  double weights = 0;
  double mean = 0;
  std::vector<double> out(5);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (support::counts_allocations)
      CHECK(support::allocations_of([&] { fitted->contributions(rows.row(i), out); }) == 0);
    fitted->contributions(rows.row(i), out);
    double sum = fitted->mean_score();
    for (const double part : out) sum += part;
    CHECK(sum == Approx((*fitted)(rows.row(i))).epsilon(1e-12));
    CHECK(out[1] == fitted->coefficients()[1] * (static_cast<double>(rows(i, 1)) - fitted->means()[1]));
    weights += static_cast<double>(linear_reference::weights[i]);
    mean += static_cast<double>(linear_reference::weights[i]) * (*fitted)(rows.row(i));
  }
  CHECK(fitted->mean_score() == Approx(mean / weights).epsilon(1e-12));
}

TEST_CASE("linear regression predicts row by row, saves and loads") {
  const auto numbers = support::exact_rows(40, 7);
  const matrix_view rows(numbers, 7);
  const auto fitted = linear_regression::fit(rows, support::exact_rows(40, 1, 4));
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, rows);
  support::predicts_short_rows(*fitted, rows);
  support::saves_and_loads_model(*fitted, rows.row(1));
}

TEST_CASE("linear regression loads the bytes of the first release") {
  // y = 2 a - b + 1/2, in exact arithmetic.
  const std::vector<float> numbers{0, 0, 1, 0, 0, 1, 1, 1};
  const std::vector<float> targets{0.5, 2.5, -0.5, 1.5};
  auto fitted = linear_regression::fit(matrix_view(numbers, 2), targets);
  REQUIRE(fitted);
  const auto old = support::from_golden("model/linear_regression.bin", *fitted);
  CHECK(old(std::vector<float>{3, 1}) == 5.5);
}

TEST_CASE("linear regression refuses what is no training data") {
  const auto numbers = support::exact_rows(10, 3);
  const auto targets = support::exact_rows(10, 1, 4);
  support::refuses_bad_rows([&](const matrix_view& rows) { return linear_regression::fit(rows, targets); }, numbers, 3);
  support::refuses_bad_targets(
      [&](const std::vector<float>& y, const std::vector<float>& w) {
        return linear_regression::fit(matrix_view(numbers, 3), y, {}, w);
      },
      targets);
}

TEST_CASE("the largest and the least numbers of a float are no trouble") {
  const float most = (std::numeric_limits<float>::max)();
  const float least = std::numeric_limits<float>::denorm_min();
  const std::vector<float> numbers{most, least, -most, 0, 0, -least, most / 2, 3 * least};
  const std::vector<float> targets{most, 1, -most, 0};
  const auto found = linear_regression::fit(matrix_view(numbers, 2), targets);
  REQUIRE(found);
  for (const double c : found->coefficients()) CHECK(std::isfinite(c));
  CHECK(std::isfinite(found->intercept()));
}
