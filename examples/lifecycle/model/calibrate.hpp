#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/result.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/evaluation/measures.hpp>

#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Probabilities of two classes, corrected by what came of rows that the model did not learn from.
namespace lifecycle {

/// The log odds of a probability, kept within those of 1e-9 and its complement.
inline double log_odds(double probability) noexcept {
  const double p = std::fmin(std::fmax(probability, 1e-9), 1 - 1e-9);
  return std::log(p / (1 - p));
}

/// A model of two classes whose probability is corrected. Contributions are those to the score before that.
class calibrated_model final : public fitted_model {
 public:
  calibrated_model(model_ptr inner, mr::model::platt correct) : inner_(std::move(inner)), correct_(correct) {}

  fitted_model& inner() noexcept { return *inner_; }
  const mr::model::platt& correction() const noexcept { return correct_; }

  family kind() const noexcept override { return inner_->kind(); }
  std::size_t inputs() const noexcept override { return inner_->inputs(); }
  std::size_t outputs() const noexcept override { return 1; }
  void predict(std::span<const float> row, std::span<double> out) noexcept override {
    inner_->predict(row, out);
    correct(out);
  }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept override {
    inner_->predict(rows, out);
    correct(out);
  }
  std::vector<double> contributions(std::span<const float> row, std::size_t output) override {
    return inner_->contributions(row, output);
  }
  std::string shape() const override { return inner_->shape(); }
  std::vector<std::byte> save() const override { return inner_->save(); }

 private:
  void correct(std::span<double> out) const noexcept {
    for (double& p : out) p = correct_(log_odds(p));
  }

  model_ptr inner_;
  mr::model::platt correct_;
};

namespace detail {

/// Log odds and classes of some rows.
struct scored_rows {
  std::vector<double> scores;
  std::vector<float> labels;

  mr::result<mr::model::platt> fit() const { return mr::model::platt::fit(scores, labels); }
  /// The mean log loss; without a correction that of the scores as they are.
  double loss(const mr::model::platt* correct) const {
    std::vector<double> probabilities;
    for (const double score : scores)
      probabilities.push_back(correct != nullptr ? (*correct)(score) : 1 / (1 + std::exp(-score)));
    return mr::model::log_loss(std::vector<int>(labels.begin(), labels.end()), probabilities).value_or(1e300);
  }
};

}  // namespace detail

/// Corrects a model of two classes by its validation rows, if that pays: where corrections fitted to half of the rows
/// lower the log loss of the other half. Else the model comes back as it was.
/// Source: Platt, "Probabilistic outputs for support vector machines", 1999.
inline model_ptr calibrate(model_ptr model, const table& data, const feature_rows& rows,
                           std::span<const std::size_t> numbers) {
  const std::vector<double> probabilities = answers_of(*model, rows, {});
  detail::scored_rows all, halves[2];
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double score = log_odds(probabilities[i]);
    const float label = data.target.labels[numbers[i]];
    for (detail::scored_rows* to : {&all, &halves[i % 2]}) {
      to->scores.push_back(score);
      to->labels.push_back(label);
    }
  }
  const auto one = halves[0].fit();
  const auto other = halves[1].fit();
  auto correct = all.fit();
  if (!one || !other || !correct || !(correct->slope() > 0)) return model;
  const double gained =
      halves[1].loss(nullptr) - halves[1].loss(&*one) + halves[0].loss(nullptr) - halves[0].loss(&*other);
  if (!(gained > 0)) return model;
  return std::make_unique<calibrated_model>(std::move(model), *correct);
}

/// How probabilities on the holdout were before they were corrected, and after.
inline std::optional<calibration_record> judge_calibration(fitted_model& model, const feature_rows& rows,
                                                           const std::vector<int>& labels) {
  calibration_record found;
  auto* const corrected = dynamic_cast<calibrated_model*>(&model);
  const auto judge = [&](fitted_model& of, calibration_side& side) {
    const std::vector<double> probabilities = answers_of(of, rows, {});
    const auto curve = mr::model::calibration_curve(labels, probabilities);
    const auto loss = mr::model::log_loss(labels, probabilities);
    if (!curve || !loss) return false;
    side = {*curve, mr::model::expected_calibration_error(*curve), *loss};
    return true;
  };
  if (!judge(corrected != nullptr ? corrected->inner() : model, found.before)) return std::nullopt;
  found.corrected = corrected != nullptr;
  found.after = found.before;
  if (found.corrected && !judge(model, found.after)) return std::nullopt;
  return found;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP
