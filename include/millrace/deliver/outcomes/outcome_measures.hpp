#ifndef MILLRACE_DELIVER_OUTCOMES_OUTCOME_MEASURES_HPP
#define MILLRACE_DELIVER_OUTCOMES_OUTCOME_MEASURES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/infer/online/prequential.hpp>
#include <millrace/model/evaluation/measures.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What is measured, and over how many rows.
struct outcome_measures_options {
  /// How many of the newest rows of each model the measures that need them all are made of.
  std::size_t window = 10'000;
  /// Which output is measured: of a binary classifier the one that is class 1's probability.
  std::size_t output = 0;
  /// Models beyond so many are not measured; their rows are counted as dropped.
  std::size_t max_models = 64;
};

/// How good a model's predictions were, by the outcomes that have come so far. What is not known is NaN.
struct outcome_figures {
  std::string model;
  std::string version;
  deliver::arm arm = deliver::arm::stable;
  std::uint64_t rows = 0;
  /// Of all rows: the log loss where labels are 0 and 1 and outputs are probabilities, and else the squared error.
  double mean_loss = detail::math::nan;
  // Of the window.
  double roc_auc = detail::math::nan;
  double log_loss = detail::math::nan;
  double brier_score = detail::math::nan;
  double calibration_error = detail::math::nan;  // the expected one, over ten bins
  double rmse = detail::math::nan;
};

/// Measures of predictions by their outcomes, for each model, version and arm.
///
///     mr::deliver::outcome_measures measured;
///     join->rows(measured);                         // or update(row) for each
///     std::puts(measured.summary().c_str());
///
/// Complexity: an update O(models); the figures, O(window log window). Allocates: 12 bytes for each row of the window.
/// Threads: one at a time.
class outcome_measures {
 public:
  explicit outcome_measures(const outcome_measures_options& options = {}) : options_(options) {
    if (options_.window == 0) options_.window = 1;
  }

  template <class = void>
  void update(const joined_row& row) {
    const prediction& made = row.prediction;
    if (options_.output >= made.outputs.size()) return void(++skipped_);
    const double predicted = made.outputs[options_.output];
    const auto target = static_cast<float>(row.label);
    if (!detail::math::is_finite(predicted) || !detail::math::is_finite(static_cast<double>(target)))
      return void(++skipped_);
    one_model* const of = model_of(made);
    if (of == nullptr) return void(++dropped_);
    of->seen.update(predicted, target, loss(predicted, row.label));
  }
  template <class = void>
  void operator()(const joined_row& row) {
    update(row);
  }

  /// Rows whose label or output is not finite, or that have no such output.
  std::uint64_t skipped() const noexcept { return skipped_; }
  /// Rows of models beyond `max_models`.
  std::uint64_t dropped() const noexcept { return dropped_; }

  /// Of each model, in the order in which they came.
  template <class = void>
  std::vector<outcome_figures> figures() const;
  /// A line for each model.
  template <class = void>
  std::string summary() const;

 private:
  struct one_model {
    std::string model;
    std::string version;
    deliver::arm arm;
    infer::prequential seen;
  };

  static double loss(double predicted, double label) noexcept {
    const double apart = predicted - label;
    if ((label != 0 && label != 1) || predicted < 0 || predicted > 1) return apart * apart;
    const double p = label == 1 ? predicted : 1 - predicted;
    return -detail::math::log(p > 0x1p-52 ? p : 0x1p-52);
  }
  template <class = void>
  one_model* model_of(const prediction& made) {
    for (one_model& each : models_)
      if (each.version == made.version && each.model == made.model && each.arm == made.arm) return &each;
    if (models_.size() >= options_.max_models) return nullptr;
    models_.push_back(
        {std::string(made.model), std::string(made.version), made.arm, infer::prequential(options_.window)});
    return &models_.back();
  }

  outcome_measures_options options_;
  std::vector<one_model> models_;
  std::uint64_t skipped_ = 0;
  std::uint64_t dropped_ = 0;
};

template <class>
std::vector<outcome_figures> outcome_measures::figures() const {
  std::vector<outcome_figures> made;
  for (const one_model& each : models_) {
    outcome_figures of;
    of.model = each.model;
    of.version = each.version;
    of.arm = each.arm;
    of.rows = each.seen.count();
    of.mean_loss = each.seen.mean_loss();
    const double unknown = detail::math::nan;
    of.roc_auc = each.seen.roc_auc().value_or(unknown);
    of.log_loss = each.seen.log_loss().value_or(unknown);
    of.brier_score = each.seen.brier_score().value_or(unknown);
    of.rmse = each.seen.rmse().value_or(unknown);
    std::vector<int> labels;
    for (const float target : each.seen.targets()) labels.push_back(target == 0 ? 0 : target == 1 ? 1 : -1);
    if (const auto curve = model::calibration_curve(labels, each.seen.predictions()))
      of.calibration_error = model::expected_calibration_error(*curve);
    made.push_back(std::move(of));
  }
  return made;
}

template <class>
std::string outcome_measures::summary() const {
  std::string text;
  for (const outcome_figures& each : figures()) {
    text += each.model + ' ' + each.version + " (" + std::string(name(each.arm)) + "): " + std::to_string(each.rows) +
            " outcomes, mean loss " + detail::figure_text(each.mean_loss);
    const auto add = [&](const char* what, double value) {
      if (!detail::math::is_nan(value)) text += std::string(", ") + what + ' ' + detail::figure_text(value);
    };
    add("AUC", each.roc_auc);
    add("Brier score", each.brier_score);
    add("calibration error", each.calibration_error);
    if (detail::math::is_nan(each.brier_score)) add("RMSE", each.rmse);
    text += '\n';
  }
  return text;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_OUTCOME_MEASURES_HPP
