#include <millrace/model/linear/logistic_regression.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::logistic_regression;
using mr::model::matrix_view;

namespace {

struct reference_fit {
  const std::vector<double>& coefficients;
  const std::vector<double>& intercepts;
};

void same_as(const mr::result<logistic_regression>& found, const reference_fit& expected, double tolerance = 1e-8) {
  REQUIRE(found);
  REQUIRE(found->outputs() == expected.intercepts.size());
  const std::size_t inputs = found->inputs();
  for (std::size_t k = 0; k < found->outputs(); ++k) {
    const auto from = expected.coefficients.begin() + static_cast<std::ptrdiff_t>(k * inputs);
    support::check_close(found->coefficients(k), std::vector<double>(from, from + static_cast<std::ptrdiff_t>(inputs)),
                         tolerance);
    CHECK(found->intercept(k) == Approx(expected.intercepts[k]).epsilon(tolerance).margin(tolerance));
  }
}

}  // namespace

TEST_CASE("logistic regression of two classes has scikit-learn's coefficients") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto& classes = linear_reference::two_classes;
  same_as(logistic_regression::fit(rows, classes),
          {linear_reference::binary_1_0_coefficients, linear_reference::binary_1_0_intercepts});
  same_as(logistic_regression::fit(rows, classes, {.l2 = 0.01}),
          {linear_reference::binary_0_01_coefficients, linear_reference::binary_0_01_intercepts});
  same_as(logistic_regression::fit(rows, classes, {}, linear_reference::weights),
          {linear_reference::binary_1_0_weighted_coefficients, linear_reference::binary_1_0_weighted_intercepts});
  same_as(logistic_regression::fit(rows, classes, {.l2 = 0.01}, linear_reference::weights),
          {linear_reference::binary_0_01_weighted_coefficients, linear_reference::binary_0_01_weighted_intercepts});
  same_as(logistic_regression::fit(matrix_view(linear_reference::centred, 5), classes, {.intercept = false}),
          {linear_reference::binary_through_zero_coefficients, linear_reference::binary_through_zero_intercepts});
}

TEST_CASE("logistic regression of three classes has scikit-learn's coefficients") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto& classes = linear_reference::classes;
  same_as(logistic_regression::fit(rows, classes),
          {linear_reference::multinomial_1_0_coefficients, linear_reference::multinomial_1_0_intercepts});
  same_as(logistic_regression::fit(rows, classes, {.l2 = 0.01}),
          {linear_reference::multinomial_0_01_coefficients, linear_reference::multinomial_0_01_intercepts});
  same_as(
      logistic_regression::fit(rows, classes, {}, linear_reference::weights),
      {linear_reference::multinomial_1_0_weighted_coefficients, linear_reference::multinomial_1_0_weighted_intercepts});
  same_as(logistic_regression::fit(rows, classes, {.l2 = 0.01}, linear_reference::weights),
          {linear_reference::multinomial_0_01_weighted_coefficients,
           linear_reference::multinomial_0_01_weighted_intercepts});
}

TEST_CASE("the elastic net has scikit-learn's coefficients, and its zeros") {
  const matrix_view rows(linear_reference::scaled, 5);
  const auto& weights = linear_reference::weights;
  const auto zeros = [](const mr::result<logistic_regression>& found, const std::vector<double>& expected) {
    REQUIRE(found);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK((found->coefficients(i / 5)[i % 5] == 0) == (expected[i] == 0));
  };
  const auto check = [&](const std::vector<float>& classes, const mr::model::logistic_options& with,
                         const reference_fit& expected) {
    const auto found = logistic_regression::fit(rows, classes, with, weights);
    same_as(found, expected, 1e-7);
    zeros(found, expected.coefficients);
  };
  check(linear_reference::two_classes, {.l2 = 0, .l1 = 5},
        {linear_reference::binary_net_0_2_1_0_coefficients, linear_reference::binary_net_0_2_1_0_intercepts});
  check(linear_reference::two_classes, {.l2 = 2, .l1 = 2},
        {linear_reference::binary_net_0_25_0_5_coefficients, linear_reference::binary_net_0_25_0_5_intercepts});
  check(linear_reference::two_classes, {.l2 = 0.25, .l1 = 0.25},
        {linear_reference::binary_net_2_0_0_5_coefficients, linear_reference::binary_net_2_0_0_5_intercepts});
  check(linear_reference::classes, {.l2 = 0, .l1 = 5},
        {linear_reference::multinomial_net_0_2_1_0_coefficients, linear_reference::multinomial_net_0_2_1_0_intercepts});
  check(
      linear_reference::classes, {.l2 = 2, .l1 = 2},
      {linear_reference::multinomial_net_0_25_0_5_coefficients, linear_reference::multinomial_net_0_25_0_5_intercepts});
  check(linear_reference::classes, {.l2 = 0.25, .l1 = 0.25},
        {linear_reference::multinomial_net_2_0_0_5_coefficients, linear_reference::multinomial_net_2_0_0_5_intercepts});
}

TEST_CASE("a shift of coefficients over the classes costs the least that a search on a grid finds") {
  mr::random_engine random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> values(2 + random.below(5));
    for (double& x : values) x = static_cast<double>(static_cast<int>(random.below(17)) - 8) / 4;
    for (std::size_t i = 1; i < values.size(); ++i)
      for (std::size_t k = i; k > 0 && values[k - 1] > values[k]; --k) std::swap(values[k - 1], values[k]);
    const double l1 = static_cast<double>(1 + random.below(4)) / 2;
    const double l2 = static_cast<double>(random.below(3)) / 4;
    const auto cost = [&](double c) {
      double sum = 0;
      for (const double x : values) sum += l1 * std::abs(x - c) + 0.5 * l2 * (x - c) * (x - c);
      return sum;
    };
    const double found = mr::model::detail::cheapest_shift(values, l1, l2);
    bool cheapest = true;
    bool nearest = true;
    for (int step = -600; step <= 600; ++step) {
      const double there = cost(step / 256.0);
      cheapest = cheapest && cost(found) <= there + 1e-12;
      nearest = nearest && (there > cost(found) + 1e-12 || std::abs(found) <= std::abs(step / 256.0) + 1e-6);
    }
    CHECK(cheapest);
    CHECK(nearest);
  }
}

TEST_CASE("of four classes with an l1 price alone, coefficients are those nearest to 0") {
  auto classes = linear_reference::classes;
  for (std::size_t i = 0; i < 60; i += 3) classes[i] = static_cast<float>(i % 2 + 2);
  const auto found = logistic_regression::fit(matrix_view(linear_reference::scaled, 5), classes, {.l2 = 0, .l1 = 0.2});
  REQUIRE(found);
  for (std::size_t j = 0; j < 5; ++j) {
    std::vector<double> sorted;
    for (std::size_t k = 0; k < 4; ++k) sorted.push_back(found->coefficients(k)[j]);
    std::sort(sorted.begin(), sorted.end());
    CHECK(mr::model::detail::cheapest_shift(sorted, 0.2, 0) == 0);
  }
}

TEST_CASE("an l1 price comes to the optimum in few steps, and with many columns too") {
  // At the optimum the slope of the losses is -l1 times the coefficient's sign, or within l1 where that is 0.
  const auto off_by = [](const logistic_regression& found, const matrix_view& rows, double l1) {
    std::vector<double> slope(3 * rows.columns());
    std::vector<double> out(3);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      found.predict(rows.row(i), std::span(out));
      out[static_cast<std::size_t>(linear_reference::classes[i])] -= 1;
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t j = 0; j < rows.columns(); ++j)
          slope[k * rows.columns() + j] += out[k] * static_cast<double>(rows(i, j));
    }
    double most = 0;
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t j = 0; j < rows.columns(); ++j) {
        const double at = found.coefficients(k)[j];
        const double here = slope[k * rows.columns() + j];
        most = std::fmax(most, at == 0 ? std::abs(here) - l1 : std::abs(here + std::copysign(l1, at)));
      }
    return most;
  };
  const matrix_view rows(linear_reference::scaled, 5);
  for (const double l1 : {0.1, 5.0, 20.0}) {
    const auto found = logistic_regression::fit(rows, linear_reference::classes, {.l2 = 0, .l1 = l1, .steps = 12});
    REQUIRE(found);
    CHECK(off_by(*found, rows, l1) < 1e-8);
  }
  const auto numbers = support::exact_rows(60, 150);
  const matrix_view many(numbers, 150);
  const auto found = logistic_regression::fit(many, linear_reference::classes, {.l2 = 0, .l1 = 20});
  REQUIRE(found);
  CHECK(off_by(*found, many, 20) < 1e-6);

  // Without what ties the functions to each other, as with more parameters, the search comes to the same optimum.
  const std::vector<float>& labels = linear_reference::classes;
  const mr::model::logistic_options with{.l2 = 0, .l1 = 20};
  auto classes = mr::model::detail::class_labels::read("test", labels, 60, {});
  mr::model::detail::logistic_problem problem(many, std::move(classes->labels), 3, {}, 60, with);
  mr::model::detail::elastic_net_search untied(problem, 20, with.steps, 0);
  REQUIRE(untied.run() == mr::model::detail::search_end::optimum);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t j = 0; j < 150; ++j)
      CHECK(untied.parameters()[k * problem.width() + j] == Approx(found->coefficients(k)[j]).margin(1e-6));
}

TEST_CASE("one class, a class without rows and labels that are none are refused") {
  const auto numbers = support::exact_rows(4, 2);
  const matrix_view rows(numbers, 2);
  const auto refused = [&](const std::vector<float>& labels, mr::errc code, const std::string& words,
                           const std::vector<float>& weights = {}) {
    const auto found = logistic_regression::fit(rows, labels, {}, weights);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == code);
    CHECK_THAT(found.error().message(), ContainsSubstring(words));
  };
  refused({0, 0, 0, 0}, mr::errc::invalid_data, "one class only");
  refused({1, 1, 1, 1}, mr::errc::invalid_data, "class 0");
  refused({0, 2, 0, 2}, mr::errc::invalid_data, "class 1");
  refused({0, 1, 0, 1}, mr::errc::invalid_data, "class 1", {1, 0, 1, 0});
  refused({0, 1, 0.5, 1}, mr::errc::out_of_range, "row 2");
  refused({0, 1, -1, 1}, mr::errc::out_of_range, "row 2");
  refused({0, 1, 1e9F, 1}, mr::errc::out_of_range, "row 2");
  refused({0, 1, std::nanf(""), 1}, mr::errc::out_of_range, "row 2");
  refused({0, 1, 1}, mr::errc::shape_mismatch, "labels");
}

TEST_CASE("classes that a hyperplane parts have no optimum without a price, and one with it") {
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const matrix_view rows(numbers, 1);
  const auto refused = [](const mr::result<logistic_regression>& found) {
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_data);
    CHECK_THAT(found.error().message(), ContainsSubstring("l2"));
  };
  const std::vector<float> parted{0, 0, 0, 1, 1, 1};
  refused(logistic_regression::fit(rows, parted, {.l2 = 0}));
  const auto priced = logistic_regression::fit(rows, parted, {.l2 = 1e-6});
  REQUIRE(priced);
  CHECK((*priced)(std::vector<float>{3}) < 1e-4);
  CHECK((*priced)(std::vector<float>{4}) > 1 - 1e-4);
  CHECK(logistic_regression::fit(rows, parted, {.l2 = 0, .l1 = 1e-3}));
  // Parted by the second column, but in one row alone; the first column has an optimum.
  const std::vector<float> flagged{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1};
  const std::vector<float> mixed{0, 1, 0, 1, 1, 1};
  refused(logistic_regression::fit(matrix_view(flagged, 2), mixed, {.l2 = 0}));
  CHECK(logistic_regression::fit(matrix_view(flagged, 2), mixed));
  // One of three classes is parted from the others.
  refused(logistic_regression::fit(rows, std::vector<float>{0, 1, 0, 1, 2, 2}, {.l2 = 0}));
}

TEST_CASE("without prices the slope is zero at the optimum, and rare classes have one") {
  mr::random_engine random(8);
  std::vector<float> numbers;
  std::vector<float> labels;
  for (int i = 0; i < 3000; ++i) {
    const double x = random.normal();
    numbers.insert(numbers.end(), {static_cast<float>(x), static_cast<float>(random.normal())});
    labels.push_back(random.uniform() < 1 / (1 + std::exp(5.5 - x)) ? 1.0F : 0.0F);
  }
  const matrix_view rows(numbers, 2);
  const auto found = logistic_regression::fit(rows, labels, {.l2 = 0});
  REQUIRE(found);
  double slope[3] = {0, 0, 0};
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double wrong = (*found)(rows.row(i)) - static_cast<double>(labels[i]);
    slope[0] += wrong;
    slope[1] += wrong * static_cast<double>(rows(i, 0));
    slope[2] += wrong * static_cast<double>(rows(i, 1));
  }
  for (const double x : slope) CHECK(std::abs(x) < 1e-9);
}

TEST_CASE("columns that depend on each other have the shortest coefficients, constant ones 0") {
  std::vector<float> numbers;
  for (std::size_t i = 0; i < 60; ++i) {
    const float x = linear_reference::scaled[5 * i];
    numbers.insert(numbers.end(), {x, 3, 2 * x, linear_reference::scaled[5 * i + 1]});
  }
  const auto both = logistic_regression::fit(matrix_view(numbers, 4), linear_reference::two_classes, {.l2 = 0});
  REQUIRE(both);
  CHECK(both->coefficients()[1] == 0);
  CHECK(both->coefficients()[2] == Approx(2 * both->coefficients()[0]));
  std::vector<float> two;
  for (std::size_t i = 0; i < 60; ++i)
    two.insert(two.end(), {linear_reference::scaled[5 * i], linear_reference::scaled[5 * i + 1]});
  const auto single = logistic_regression::fit(matrix_view(two, 2), linear_reference::two_classes, {.l2 = 0});
  REQUIRE(single);
  CHECK(5 * both->coefficients()[0] == Approx(single->coefficients()[0]).epsilon(1e-9));
  CHECK(both->coefficients()[3] == Approx(single->coefficients()[1]).epsilon(1e-9));
  for (const double l1 : {0.0, 0.5}) {
    const auto priced = logistic_regression::fit(matrix_view(numbers, 4), linear_reference::classes, {.l1 = l1});
    REQUIRE(priced);
    for (std::size_t k = 0; k < 3; ++k) CHECK(priced->coefficients(k)[1] == 0);
  }
}

TEST_CASE("without prices the units of columns do not matter, huge or tiny") {
  const auto plain =
      logistic_regression::fit(matrix_view(linear_reference::scaled, 5), linear_reference::classes, {.l2 = 0});
  REQUIRE(plain);
  const std::vector<int> powers{100, -110, 60, 0, -90};
  auto scaled = linear_reference::scaled;
  for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] = std::ldexp(scaled[i], powers[i % 5]);
  const auto found = logistic_regression::fit(matrix_view(scaled, 5), linear_reference::classes, {.l2 = 0});
  REQUIRE(found);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t j = 0; j < 5; ++j)
      CHECK(std::ldexp(found->coefficients(k)[j], powers[j]) == Approx(plain->coefficients(k)[j]).epsilon(1e-7));
}

TEST_CASE("many columns, where no matrix of columns is made, come to the optimum too") {
  const std::size_t columns = 1100;
  const auto numbers = support::exact_rows(60, columns);
  const auto found = logistic_regression::fit(matrix_view(numbers, columns), linear_reference::two_classes, {.l2 = 50});
  REQUIRE(found);
  std::vector<double> slope(columns);
  for (std::size_t i = 0; i < 60; ++i) {
    const std::span<const float> row = std::span(numbers).subspan(i * columns, columns);
    const double wrong = (*found)(row) - static_cast<double>(linear_reference::two_classes[i]);
    for (std::size_t j = 0; j < columns; ++j) slope[j] += wrong * static_cast<double>(row[j]);
  }
  double most = 0;
  for (std::size_t j = 0; j < columns; ++j) most = std::fmax(most, std::abs(slope[j] + 50 * found->coefficients()[j]));
  CHECK(most < 1e-8);
}

TEST_CASE("contributions sum with the mean score to each score") {
  const matrix_view rows(linear_reference::rows, 5);
  const auto fitted = logistic_regression::fit(rows, linear_reference::classes);
  REQUIRE(fitted);
  std::vector<double> parts(15);
  std::vector<double> scores(3);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    fitted->contributions(rows.row(i), parts);
    fitted->score(rows.row(i), scores);
    for (std::size_t k = 0; k < 3; ++k) {
      double sum = fitted->mean_score(k);
      for (std::size_t j = 0; j < 5; ++j) sum += parts[5 * k + j];
      CHECK(sum == Approx(scores[k]).epsilon(1e-9).margin(1e-9));
    }
  }
}

TEST_CASE("probabilities of scores that are huge") {
  const std::vector<float> numbers{1e30F, -1e30F, 1e29F, -1e29F};
  const auto found = logistic_regression::fit(matrix_view(numbers, 1), std::vector<float>{1, 0, 1, 0});
  REQUIRE(found);
  const float most = (std::numeric_limits<float>::max)();
  CHECK((*found)(std::vector<float>{most}) == 1);
  CHECK((*found)(std::vector<float>{-most}) == Approx(0).margin(1e-300));
}

TEST_CASE("logistic regression predicts row by row, saves and loads") {
  const matrix_view rows(linear_reference::scaled, 5);
  for (const auto* classes : {&linear_reference::two_classes, &linear_reference::classes}) {
    const auto fitted = logistic_regression::fit(rows, *classes);
    REQUIRE(fitted);
    CHECK(fitted->classes() == (classes == &linear_reference::classes ? 3 : 2));
    support::predicts_one_by_one(*fitted, rows);
    support::predicts_short_rows(*fitted, rows);
    support::saves_and_loads_model(*fitted, rows.row(1));
    std::vector<double> out(fitted->outputs());
    fitted->predict(rows.row(0), std::span(out));
    if (out.size() == 3) CHECK(out[0] + out[1] + out[2] == Approx(1));
  }
}

TEST_CASE("logistic regression loads the bytes of the first release") {
  // Of symmetric data the coefficient and the intercept are 0, exactly.
  const std::vector<float> numbers{-1, -1, 1, 1};
  auto fitted = logistic_regression::fit(matrix_view(numbers, 1), std::vector<float>{0, 1, 0, 1});
  REQUIRE(fitted);
  const auto old = support::from_golden("model/logistic_regression.bin", *fitted);
  CHECK(old(std::vector<float>{7}) == 0.5);
  const auto three = logistic_regression::load(support::golden("model/logistic_regression_3.bin"));
  REQUIRE(three);
  CHECK(three->save() == support::golden("model/logistic_regression_3.bin"));
  std::vector<double> out(3);
  three->predict(std::vector<float>{1, -1}, std::span(out));
  support::check_close(out, {0.44544640765759058, 0.18950592370604546, 0.36504766863636401}, 1e-14);
}

TEST_CASE("logistic regression refuses what is no training data, and options that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
  support::refuses_bad_rows([&](const matrix_view& rows) { return logistic_regression::fit(rows, labels); }, numbers,
                            3);
  const matrix_view rows(numbers, 3);
  CHECK(logistic_regression::fit(rows, labels, {}, std::vector<float>(10)).error().code() == mr::errc::invalid_data);
  CHECK(logistic_regression::fit(rows, labels, {}, std::vector<float>(9)).error().code() == mr::errc::shape_mismatch);
  const auto refused = [&](const mr::model::logistic_options& with, const std::string& option) {
    const auto found = logistic_regression::fit(rows, labels, with);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring(option));
  };
  refused({.l2 = -1}, "l2");
  refused({.l2 = std::nan("")}, "l2");
  refused({.l1 = HUGE_VAL}, "l1");
  refused({.steps = 0}, "steps");
  const auto stopped = logistic_regression::fit(rows, labels, {.l2 = 0.01, .steps = 1});
  REQUIRE_FALSE(stopped);
  CHECK_THAT(stopped.error().message(), ContainsSubstring("1 steps"));
}
