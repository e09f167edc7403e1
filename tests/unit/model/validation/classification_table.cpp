#include <millrace/model/validation/classification_table.hpp>

#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::model::averaging;
using mr::model::classification_table;
using mr::model::kappa_distance;

TEST_CASE("classification table: every figure is scikit-learn's, with and without weights") {
  const auto plain = classification_table::make(validation::classes, validation::guesses, 5);
  const auto weighted = classification_table::make(validation::classes, validation::guesses, 5, validation::weights);
  REQUIRE(plain);
  REQUIRE(weighted);
  CHECK(plain->total() == 90);
  CHECK(plain->classes() == 5);
  CHECK(plain->accuracy() == support::twelve_digits(validation::accuracy));
  CHECK(weighted->accuracy() == support::twelve_digits(validation::accuracy_weighted));
  CHECK(plain->balanced_accuracy() == support::twelve_digits(validation::balanced_accuracy));
  CHECK(weighted->balanced_accuracy() == support::twelve_digits(validation::balanced_accuracy_weighted));
  CHECK(plain->matthews() == support::twelve_digits(validation::matthews));
  CHECK(weighted->matthews() == support::twelve_digits(validation::matthews_weighted));
  CHECK(plain->cohen_kappa() == support::twelve_digits(validation::kappa_nominal));
  CHECK(plain->cohen_kappa(kappa_distance::linear) == support::twelve_digits(validation::kappa_linear));
  CHECK(plain->cohen_kappa(kappa_distance::quadratic) == support::twelve_digits(validation::kappa_quadratic));
  CHECK(weighted->cohen_kappa() == support::twelve_digits(validation::kappa_nominal_weighted));
  CHECK(weighted->cohen_kappa(kappa_distance::linear) == support::twelve_digits(validation::kappa_linear_weighted));
  CHECK(weighted->cohen_kappa(kappa_distance::quadratic) ==
        support::twelve_digits(validation::kappa_quadratic_weighted));
  CHECK(plain->precision(averaging::macro) == support::twelve_digits(validation::precision_macro));
  CHECK(plain->precision(averaging::micro) == support::twelve_digits(validation::precision_micro));
  CHECK(plain->precision(averaging::weighted) == support::twelve_digits(validation::precision_weighted));
  CHECK(plain->recall(averaging::macro) == support::twelve_digits(validation::recall_macro));
  CHECK(plain->recall(averaging::micro) == support::twelve_digits(validation::recall_micro));
  CHECK(plain->recall(averaging::weighted) == support::twelve_digits(validation::recall_weighted));
  CHECK(plain->f1(averaging::macro) == support::twelve_digits(validation::f1_macro));
  CHECK(plain->f1(averaging::micro) == support::twelve_digits(validation::f1_micro));
  CHECK(plain->f1(averaging::weighted) == support::twelve_digits(validation::f1_weighted));
  CHECK(weighted->precision(averaging::macro) == support::twelve_digits(validation::precision_macro_weighted));
  CHECK(weighted->precision(averaging::micro) == support::twelve_digits(validation::precision_micro_weighted));
  CHECK(weighted->precision(averaging::weighted) == support::twelve_digits(validation::precision_weighted_weighted));
  CHECK(weighted->recall(averaging::macro) == support::twelve_digits(validation::recall_macro_weighted));
  CHECK(weighted->recall(averaging::micro) == support::twelve_digits(validation::recall_micro_weighted));
  CHECK(weighted->recall(averaging::weighted) == support::twelve_digits(validation::recall_weighted_weighted));
  CHECK(weighted->f1(averaging::macro) == support::twelve_digits(validation::f1_macro_weighted));
  CHECK(weighted->f1(averaging::micro) == support::twelve_digits(validation::f1_micro_weighted));
  CHECK(weighted->f1(averaging::weighted) == support::twelve_digits(validation::f1_weighted_weighted));
  // Classes that nothing is of and nothing was predicted as change nothing.
  const auto wide = classification_table::make(validation::classes, validation::guesses, 9);
  CHECK(wide->f1(averaging::macro) == plain->f1(averaging::macro));
  CHECK(wide->balanced_accuracy() == plain->balanced_accuracy());
}

TEST_CASE("classification table: perfect, reversed, and of one class only") {
  const auto right = classification_table::make({0, 1, 2, 1}, {0, 1, 2, 1}, 3);
  CHECK(right->matthews() == support::twelve_digits(1));
  CHECK(right->cohen_kappa() == support::twelve_digits(1));
  CHECK(right->f1(averaging::macro) == 1);
  const auto wrong = classification_table::make({0, 1, 0, 1}, {1, 0, 1, 0});
  CHECK(wrong->matthews() == support::twelve_digits(-1));
  CHECK(wrong->cohen_kappa() == support::twelve_digits(-1));
  const auto one = classification_table::make({1, 1, 1}, {1, 1, 1});
  CHECK(one->matthews() == 0);
  CHECK(one->cohen_kappa() == 0);
  CHECK(one->balanced_accuracy() == 1);
  CHECK(one->precision(0) == 0);
  // Weights as large as floats can be.
  const float huge = (std::numeric_limits<float>::max)();
  const auto heavy = classification_table::make({0, 1, 0}, {0, 1, 1}, 2, std::vector<float>{huge, huge, 1});
  CHECK(heavy->matthews() == support::twelve_digits(1));
}

TEST_CASE("top-k accuracy is scikit-learn's, ties too") {
  using mr::model::top_k_accuracy;
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 1) ==
        support::twelve_digits(validation::top_1));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 2) ==
        support::twelve_digits(validation::top_2));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 3) ==
        support::twelve_digits(validation::top_3));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 1, validation::weights) ==
        support::twelve_digits(validation::top_1_weighted));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 2, validation::weights) ==
        support::twelve_digits(validation::top_2_weighted));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 3, validation::weights) ==
        support::twelve_digits(validation::top_3_weighted));
  CHECK(*top_k_accuracy(validation::classes, validation::class_scores, 4, 4) == 1);
  CHECK(*top_k_accuracy({0, 1}, std::vector<double>{1, 1, 1, 1}, 2, 1) == 0.5);
}

TEST_CASE("classification table and top-k accuracy: refusals") {
  CHECK(mr::model::top_k_accuracy({0, 1}, std::vector<double>(), std::size_t{1} << 63, 1).error().code() ==
        mr::errc::shape_mismatch);
  using mr::errc;
  const auto code = [](const auto& made) { return made.error().code(); };
  CHECK(code(classification_table::make(std::vector<int>{}, std::vector<int>{})) == errc::invalid_argument);
  CHECK(code(classification_table::make({0}, {0, 1})) == errc::shape_mismatch);
  CHECK(code(classification_table::make({0}, {0}, 0)) == errc::invalid_argument);
  CHECK(code(classification_table::make({0, 2}, {0, 1})) == errc::out_of_range);
  CHECK(classification_table::make({0, 1}, {0, -1}).error().message().find("predictions: row 1") == 0);
  CHECK(code(classification_table::make({0, 1}, {0, 1}, 2, std::vector<float>{1})) == errc::shape_mismatch);
  CHECK(code(classification_table::make({0, 1}, {0, 1}, 2, std::vector<float>{1, -1})) == errc::out_of_range);
  CHECK(code(classification_table::make({0, 1}, {0, 1}, 2, std::vector<float>{1, HUGE_VALF})) == errc::not_finite);
  CHECK(code(classification_table::make({0, 1}, {0, 1}, 2, std::vector<float>{0, 0})) == errc::invalid_data);
  const std::vector<double> scores{1, 2, 3, std::nan("")};
  CHECK(code(mr::model::top_k_accuracy({0, 1}, scores, 2, 1)) == errc::not_finite);
  CHECK(code(mr::model::top_k_accuracy({0, 1}, scores, 2, 0)) == errc::invalid_argument);
  CHECK(code(mr::model::top_k_accuracy({0}, scores, 0, 1)) == errc::invalid_argument);
  CHECK(code(mr::model::top_k_accuracy({0}, scores, 2, 1)) == errc::shape_mismatch);
  CHECK(code(mr::model::top_k_accuracy({2, 0}, scores, 2, 1)) == errc::out_of_range);
}
