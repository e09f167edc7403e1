#include <millrace/model/bayes/gaussian_naive_bayes.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::gaussian_naive_bayes;
using mr::model::matrix_view;

namespace {

const matrix_view all(linear_reference::rows, 5);

/// scikit-learn's probabilities of two classes have a column for each.
void predicts(const gaussian_naive_bayes& model, const std::vector<double>& expected) {
  std::vector<double> out(all.rows() * model.outputs());
  model.predict(all, std::span(out));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double wanted = model.outputs() == 1 ? expected[2 * i + 1] : expected[i];
    CHECK(out[i] == Approx(wanted).epsilon(1e-10).margin(1e-12));
  }
}

}  // namespace

TEST_CASE("Gaussian naive Bayes has scikit-learn's probabilities") {
  const auto binary = gaussian_naive_bayes::fit(all, linear_reference::two_classes);
  REQUIRE(binary);
  CHECK(binary->outputs() == 1);
  predicts(*binary, linear_reference::gaussian_bayes_binary_little);
  predicts(*gaussian_naive_bayes::fit(all, linear_reference::two_classes, {.smoothing = 1e-2}),
           linear_reference::gaussian_bayes_binary_some);
  predicts(*gaussian_naive_bayes::fit(all, linear_reference::classes),
           linear_reference::gaussian_bayes_multinomial_little);
  predicts(*gaussian_naive_bayes::fit(all, linear_reference::classes, {.smoothing = 1e-2}),
           linear_reference::gaussian_bayes_multinomial_some);

  const auto weighted =
      gaussian_naive_bayes::fit(all, linear_reference::classes, {.smoothing = 1e-300}, linear_reference::weights);
  REQUIRE(weighted);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(weighted->means(k)[j] == Approx(linear_reference::gaussian_bayes_means_weighted[5 * k + j]).epsilon(1e-12));
      CHECK(weighted->variance(k, j) ==
            Approx(linear_reference::gaussian_bayes_variances_weighted[5 * k + j]).epsilon(1e-9));
    }
}

TEST_CASE("rows that come in parts give the Gaussian moments of all rows") {
  const auto together = gaussian_naive_bayes::fit(all, linear_reference::classes, {}, linear_reference::weights);
  REQUIRE(together);
  auto parts = gaussian_naive_bayes::make(5, 3);
  REQUIRE(parts);
  std::vector<double> out(3);
  parts->predict(all.row(0), std::span(out));
  for (const double x : out) CHECK(std::isnan(x));
  for (std::size_t i = 0; i < 60; i += 12)
    REQUIRE(parts->partial_fit(matrix_view(all.row(i).data(), 12, 5),
                               std::span(linear_reference::classes).subspan(i, 12),
                               std::span(linear_reference::weights).subspan(i, 12)));
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(parts->weight(k) == together->weight(k));
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(parts->means(k)[j] == Approx(together->means(k)[j]).epsilon(1e-13));
      CHECK(parts->variance(k, j) == Approx(together->variance(k, j)).epsilon(1e-12));
    }
  }
}

TEST_CASE("a class that has not come yet has probability 0") {
  auto model = gaussian_naive_bayes::make(1, 3);
  REQUIRE(model);
  const std::vector<float> numbers{1, 2, 5, 6};
  REQUIRE(model->partial_fit(matrix_view(numbers, 1), std::vector<float>{0, 0, 2, 2}));
  std::vector<double> out(3);
  model->predict(std::vector<float>{5.5}, std::span(out));
  CHECK(out[1] == 0);
  CHECK(out[2] > 0.9);
  CHECK(out[0] + out[2] == Approx(1));
  auto two = gaussian_naive_bayes::make(1, 2);
  REQUIRE(two->partial_fit(matrix_view(numbers, 1), std::vector<float>(4, 1.0F)));
  CHECK((*two)(std::vector<float>{-100}) == 1);
}

TEST_CASE("moments far from zero keep their digits, and constant columns decide nothing") {
  std::vector<float> numbers;
  std::vector<float> labels;
  for (int i = 0; i < 100; ++i) {
    labels.push_back(static_cast<float>(i % 2));
    numbers.insert(numbers.end(), {8388608.0F + static_cast<float>(i % 2 + i % 3), 7});
  }
  const auto model = gaussian_naive_bayes::fit(matrix_view(numbers, 2), labels);
  REQUIRE(model);
  CHECK(model->means(1)[0] == Approx(8388609 + 0.98).epsilon(1e-13));
  CHECK(model->variance(1, 0) == Approx(0.6596).epsilon(1e-6));  // of 0, 1, 2: 16, 17 and 17 times
  CHECK(model->variance(0, 1) == Approx(model->variance(1, 1)));
  const auto flat = gaussian_naive_bayes::fit(matrix_view(std::vector<float>{3, 3, 3}, 1), std::vector<float>{0, 1, 1});
  REQUIRE(flat);
  CHECK((*flat)(std::vector<float>{3}) == Approx(2 / 3.0));
}

TEST_CASE("Gaussian naive Bayes predicts row by row, saves and loads") {
  for (const auto* classes : {&linear_reference::two_classes, &linear_reference::classes}) {
    const auto fitted = gaussian_naive_bayes::fit(all, *classes);
    REQUIRE(fitted);
    support::predicts_one_by_one(*fitted, all);
    support::saves_and_loads_model(*fitted, all.row(1));
    auto back = gaussian_naive_bayes::load(fitted->save());
    auto copy = *fitted;
    REQUIRE(back->partial_fit(all, *classes));
    REQUIRE(copy.partial_fit(all, *classes));
    CHECK(back->save() == copy.save());
  }
}

TEST_CASE("Gaussian naive Bayes loads the bytes of the first release") {
  const std::vector<float> numbers{1, 0, 3, 4, 10, 1, 14, 3};
  auto fitted = gaussian_naive_bayes::fit(matrix_view(numbers, 2), std::vector<float>{0, 0, 1, 1});
  REQUIRE(fitted);
  const auto old = support::from_golden("model/gaussian_naive_bayes.bin", *fitted);
  CHECK(old.means(1)[0] == 12);
  CHECK(old.variance(1, 0) == Approx(4));
  CHECK(old.weight(0) == 2);
  CHECK(old(std::vector<float>{12, 2}) > 0.999);
}

TEST_CASE("Gaussian naive Bayes refuses what is no training data") {
  const auto numbers = support::exact_rows(6, 3);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0};
  const matrix_view rows(numbers, 3);
  support::refuses_bad_rows([&](const matrix_view& r) { return gaussian_naive_bayes::fit(r, labels); }, numbers, 3);
  const auto refused = [](const auto& found, mr::errc code, const std::string& words) {
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == code);
    CHECK_THAT(found.error().message(), ContainsSubstring(words));
  };
  refused(gaussian_naive_bayes::fit(rows, std::vector<float>(6)), mr::errc::invalid_data, "one class");
  refused(gaussian_naive_bayes::fit(rows, std::vector<float>{0, 2, 2, 0, 0, 0}), mr::errc::invalid_data, "class 1");
  refused(gaussian_naive_bayes::fit(rows, std::vector<float>{0, 1, 2.5, 0, 0, 0}), mr::errc::out_of_range, "row 2");
  refused(gaussian_naive_bayes::fit(rows, std::vector<float>{0, 1}), mr::errc::shape_mismatch, "labels");
  refused(gaussian_naive_bayes::fit(rows, labels, {}, std::vector<float>(6)), mr::errc::invalid_data, "weight");
  for (const double bad : {0.0, -1.0, HUGE_VAL, std::nan("")})
    refused(gaussian_naive_bayes::fit(rows, labels, {.smoothing = bad}), mr::errc::invalid_argument, "smoothing");
  refused(gaussian_naive_bayes::make(0, 2), mr::errc::invalid_argument, "inputs");
  refused(gaussian_naive_bayes::make(2, 1), mr::errc::invalid_argument, "classes");
  auto model = gaussian_naive_bayes::fit(rows, labels);
  const auto before = model->save();
  refused(model->partial_fit(rows, std::vector<float>{0, 1, 1, 0, 1, 2}), mr::errc::out_of_range, "row 5");
  refused(model->partial_fit(matrix_view(numbers, 2), labels), mr::errc::shape_mismatch, "columns");
  CHECK(model->save() == before);
}

TEST_CASE("Gaussian naive Bayes of the largest numbers of a float is defined") {
  const float most = (std::numeric_limits<float>::max)();
  const std::vector<float> numbers{most, most / 2, -most, -most / 2};
  const auto model = gaussian_naive_bayes::fit(matrix_view(numbers, 1), std::vector<float>{1, 1, 0, 0});
  REQUIRE(model);
  CHECK((*model)(std::vector<float>{most}) == Approx(1));
}

TEST_CASE("gaussian naive Bayes of sizes that no memory holds is refused") {
  using model = mr::model::gaussian_naive_bayes;
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
