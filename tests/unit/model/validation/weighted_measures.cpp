#include <millrace/model/validation/weighted_measures.hpp>

#include <millrace/model/evaluation/measures.hpp>
#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using validation::weights;

TEST_CASE("weighted measures are scikit-learn's") {
  CHECK(*model::accuracy(validation::classes, validation::guesses, weights) ==
        support::twelve_digits(validation::accuracy_weighted));
  CHECK(*model::roc_auc(validation::labels, validation::probabilities, weights) ==
        support::twelve_digits(validation::auc_weighted));
  CHECK(*model::average_precision(validation::labels, validation::probabilities, weights) ==
        support::twelve_digits(validation::average_precision_weighted));
  CHECK(*model::log_loss(validation::labels, validation::probabilities, weights) ==
        support::twelve_digits(validation::log_loss_weighted));
  CHECK(*model::brier_score(validation::labels, validation::probabilities, weights) ==
        support::twelve_digits(validation::brier_weighted));
  CHECK(*model::rmse(validation::targets, validation::predictions, weights) ==
        support::twelve_digits(validation::rmse_weighted));
  CHECK(*model::mae(validation::targets, validation::predictions, weights) ==
        support::twelve_digits(validation::mae_weighted));
  CHECK(*model::r2(validation::targets, validation::predictions, weights) ==
        support::twelve_digits(validation::r2_weighted));
}

TEST_CASE("weighted measures: weights of 1 are none, and a weight of n is n rows") {
  const std::vector<float> ones(90, 1);
  const auto& labels = validation::labels;
  const auto& scores = validation::probabilities;
  CHECK(*model::roc_auc(labels, scores, ones) == support::twelve_digits(*model::roc_auc(labels, scores)));
  CHECK(*model::average_precision(labels, scores, ones) ==
        support::twelve_digits(*model::average_precision(labels, scores)));
  CHECK(*model::log_loss(labels, scores, ones) == support::twelve_digits(*model::log_loss(labels, scores)));
  CHECK(*model::r2(validation::targets, validation::predictions, ones) ==
        support::twelve_digits(*model::r2(validation::targets, validation::predictions)));
  std::vector<float> whole;
  std::vector<int> more_labels;
  std::vector<double> more_scores;
  for (std::size_t i = 0; i < 90; ++i) {
    whole.push_back(static_cast<float>(i % 3));
    for (std::size_t n = 0; n < i % 3; ++n) {
      more_labels.push_back(labels[i]);
      more_scores.push_back(scores[i]);
    }
  }
  CHECK(*model::roc_auc(labels, scores, whole) == support::twelve_digits(*model::roc_auc(more_labels, more_scores)));
  CHECK(*model::average_precision(labels, scores, whole) ==
        support::twelve_digits(*model::average_precision(more_labels, more_scores)));
  CHECK(*model::brier_score(labels, scores, whole) ==
        support::twelve_digits(*model::brier_score(more_labels, more_scores)));
}

TEST_CASE("weighted measures: refusals") {
  const std::vector<std::int64_t> wide = {1, 5'000'000'000};
  CHECK(mr::model::accuracy(wide, {1, 2}, std::vector<float>{1, 1}).error().code() == mr::errc::out_of_range);
  using mr::errc;
  const std::vector<double> p{0.1, 0.9};
  const std::vector<float> good{1, 2}, negative{1, -1}, none{0, 0}, half{0, 1};
  CHECK(model::roc_auc({0, 1}, p, negative).error().code() == errc::out_of_range);
  CHECK(model::roc_auc({0, 1}, p, none).error().code() == errc::invalid_data);
  CHECK(model::roc_auc({0, 1}, p, half).error().code() == errc::invalid_data);  // one class with a weight
  CHECK(model::roc_auc({0, 3}, p, good).error().code() == errc::out_of_range);
  CHECK(model::roc_auc({0, 1}, std::vector<double>{1, std::nan("")}, good).error().code() == errc::not_finite);
  CHECK(model::roc_auc({0}, p, good).error().code() == errc::shape_mismatch);
  CHECK(model::average_precision({0, 1}, p, half).error().code() == errc::invalid_data);
  CHECK(model::accuracy({0, 1}, {0}, good).error().code() == errc::shape_mismatch);
  CHECK(model::log_loss({0, 1}, std::vector<double>{0, 2}, good).error().code() == errc::out_of_range);
  CHECK(model::brier_score({0, 1}, p, std::vector<float>{1}).error().code() == errc::shape_mismatch);
  CHECK(model::r2(std::vector<double>{1}, std::vector<double>{1}, std::vector<float>{1}).error().code() ==
        errc::invalid_argument);
  CHECK(model::rmse(p, p, negative).error().code() == errc::out_of_range);
  CHECK(model::mae(p, p, none).error().code() == errc::invalid_data);
}
