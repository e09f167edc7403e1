#include <millrace/model/bayes/multinomial_naive_bayes.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::multinomial_naive_bayes;

namespace {

void predicts(const mr::result<multinomial_naive_bayes>& model, const std::vector<float>& counts,
              const std::vector<double>& expected) {
  REQUIRE(model);
  const matrix_view rows(counts, 6);
  std::vector<double> out(rows.rows() * model->outputs());
  model->predict(rows, std::span(out));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double wanted = model->outputs() == 1 ? expected[2 * i + 1] : expected[i];
    CHECK(out[i] == Approx(wanted).epsilon(1e-10).margin(1e-13));
  }
}

}  // namespace

TEST_CASE("multinomial naive Bayes has scikit-learn's probabilities") {
  const auto& two = linear_reference::counts_binary;
  const auto& three = linear_reference::counts_multinomial;
  const auto& weights = linear_reference::weights;
  const auto fit = [](const std::vector<float>& counts, const std::vector<float>& classes, double smoothing,
                      std::span<const float> w = {}) {
    return multinomial_naive_bayes::fit(matrix_view(counts, 6), classes, {.smoothing = smoothing}, w);
  };
  predicts(fit(two, linear_reference::two_classes, 1), two, linear_reference::multinomial_bayes_binary_1_0);
  predicts(fit(two, linear_reference::two_classes, 1, weights), two,
           linear_reference::multinomial_bayes_binary_1_0_weighted);
  predicts(fit(two, linear_reference::two_classes, 0.01), two, linear_reference::multinomial_bayes_binary_0_01);
  predicts(fit(two, linear_reference::two_classes, 0.01, weights), two,
           linear_reference::multinomial_bayes_binary_0_01_weighted);
  predicts(fit(three, linear_reference::classes, 1), three, linear_reference::multinomial_bayes_multinomial_1_0);
  predicts(fit(three, linear_reference::classes, 1, weights), three,
           linear_reference::multinomial_bayes_multinomial_1_0_weighted);
  predicts(fit(three, linear_reference::classes, 0.01), three, linear_reference::multinomial_bayes_multinomial_0_01);
  predicts(fit(three, linear_reference::classes, 0.01, weights), three,
           linear_reference::multinomial_bayes_multinomial_0_01_weighted);
}

TEST_CASE("counts that come in parts are the counts of all rows") {
  const matrix_view all(linear_reference::counts_multinomial, 6);
  const auto together = multinomial_naive_bayes::fit(all, linear_reference::classes);
  REQUIRE(together);
  auto parts = multinomial_naive_bayes::make(6, 3);
  REQUIRE(parts);
  for (std::size_t i = 0; i < 60; i += 12)
    REQUIRE(
        parts->partial_fit(matrix_view(all.row(i).data(), 12, 6), std::span(linear_reference::classes).subspan(i, 12)));
  CHECK(parts->save() == together->save());  // whole numbers add up exactly
  auto none = multinomial_naive_bayes::make(6, 3);
  std::vector<double> out(3);
  none->predict(all.row(0), std::span(out));
  for (const double x : out) CHECK(std::isnan(x));
  REQUIRE(none->partial_fit(matrix_view(all.row(0).data(), 1, 6), std::vector<float>{1}));
  none->predict(all.row(0), std::span(out));
  CHECK(out[1] == 1);
  CHECK(out[0] == 0);
}

TEST_CASE("multinomial naive Bayes by hand") {
  const std::vector<float> counts{3, 0, 1, 2};
  const auto model = multinomial_naive_bayes::fit(matrix_view(counts, 2), std::vector<float>{0, 1});
  REQUIRE(model);
  CHECK(model->log_shares(0)[0] == Approx(std::log(4 / 5.0)));
  CHECK(model->log_shares(1)[1] == Approx(std::log(3 / 5.0)));
  CHECK((*model)(std::vector<float>{1, 1}) == Approx(6 / 10.0));  // 2 * 3 against 4 * 1
}

TEST_CASE("multinomial naive Bayes predicts row by row, saves and loads") {
  const matrix_view rows(linear_reference::counts_multinomial, 6);
  for (const auto* classes : {&linear_reference::two_classes, &linear_reference::classes}) {
    const auto fitted = multinomial_naive_bayes::fit(rows, *classes);
    REQUIRE(fitted);
    support::predicts_one_by_one(*fitted, rows);
    support::saves_and_loads_model(*fitted, rows.row(1));
  }
}

TEST_CASE("multinomial naive Bayes loads the bytes of the first release") {
  const std::vector<float> counts{3, 0, 1, 2};
  auto fitted = multinomial_naive_bayes::fit(matrix_view(counts, 2), std::vector<float>{0, 1});
  REQUIRE(fitted);
  const auto old = support::from_golden("model/multinomial_naive_bayes.bin", *fitted);
  CHECK(old(std::vector<float>{1, 1}) == Approx(0.6));
}

TEST_CASE("multinomial naive Bayes refuses what is no training data") {
  auto numbers = support::exact_rows(6, 3);
  for (float& x : numbers) x = std::abs(x);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0};
  support::refuses_bad_rows([&](const matrix_view& r) { return multinomial_naive_bayes::fit(r, labels); }, numbers, 3);
  auto model = multinomial_naive_bayes::fit(matrix_view(numbers, 3), labels);
  REQUIRE(model);
  const auto before = model->save();
  numbers[7] = -0.5;
  const matrix_view rows(numbers, 3);
  const auto negative = multinomial_naive_bayes::fit(rows, labels);
  REQUIRE_FALSE(negative);
  CHECK(negative.error().code() == mr::errc::out_of_range);
  CHECK_THAT(negative.error().message(), ContainsSubstring("row 2, column 1"));
  CHECK_FALSE(model->partial_fit(rows, labels));
  CHECK(model->save() == before);
  numbers[7] = 0;
  CHECK_FALSE(model->partial_fit(matrix_view(numbers, 3), std::vector<float>{0, 1, 1, 0, 1, 2}));
  CHECK_FALSE(model->partial_fit(matrix_view(numbers, 2), std::vector<float>(9)));
  CHECK(multinomial_naive_bayes::fit(matrix_view(numbers, 3), labels, {.smoothing = 0}).error().code() ==
        mr::errc::invalid_argument);
  CHECK(multinomial_naive_bayes::make(0, 2).error().code() == mr::errc::invalid_argument);
  CHECK(multinomial_naive_bayes::make(2, 1).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("multinomial naive Bayes of sizes that no memory holds is refused") {
  using model = mr::model::multinomial_naive_bayes;
  for (const auto& [inputs, classes] : {std::pair<std::size_t, std::size_t>{std::size_t{1} << 62, 2},
                                        {~std::size_t{0}, 65'536},
                                        {std::size_t{1} << 26, 3},
                                        {(std::size_t{1} << 11) + 1, 65'536}}) {
    const auto made = model::make(inputs, classes);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(made.error().message(), ContainsSubstring("inputs"));
  }
}
