#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP

#include "decisions.hpp"
#include "intervals.hpp"

#include <millrace/model/evaluation.hpp>
#include <millrace/model/evaluation/confusion_matrix.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// How one pass over the training rows went.
struct epoch_record {
  double train_loss = 0;
  double validation_loss = 0;
  double validation_auc = 0;
  std::vector<double> active;  // share of each hidden layer's outputs above zero, in the last batch
};

struct training_record {
  std::vector<epoch_record> epochs;
  std::size_t best = 0;  // index of the epoch whose weights were kept
  std::uint64_t steps = 0;
  double seconds = 0;
  double rows_per_second = 0;
  std::string chain;  // how it describes itself
};

/// How a simple model does on the same rows: a logistic regression on the same numbers.
struct reference_record {
  double auc = 0;
  double average_precision = 0;
  double log_loss = 0;
};

/// How the model does on rows that it never saw.
struct judgement {
  static constexpr std::size_t histogram_parts = 20;
  using histogram_type = std::array<std::size_t, histogram_parts>;

  std::size_t rows = 0;
  std::size_t positives = 0;
  double auc = 0;
  double average_precision = 0;
  double log_loss = 0;
  double base_log_loss = 0;  // of always answering the share of positives
  double brier = 0;
  double calibration_error = 0;
  figure_interval auc_within;
  figure_interval accuracy_within;
  mistake_costs costs;
  double threshold = 0.5;
  mr::model::confusion_matrix confusion;  // at the threshold
  std::vector<mr::model::roc_point> roc;
  std::vector<mr::model::precision_recall_point> precision_recall;
  std::vector<mr::model::calibration_bin> calibration;
  std::vector<decision> decisions;                         // at thresholds from 0 to 1, a hundredth apart
  std::vector<gain> gains;                                 // of shares of the rows from 0 to 1, a hundredth apart
  std::array<histogram_type, 2> histogram{};               // rows of each class by predicted probability
  std::vector<std::pair<std::string, double>> importance;  // column, AUC lost when its cells are shuffled

  double positive_share() const noexcept { return static_cast<double>(positives) / static_cast<double>(rows); }
  double false_positive_rate() const noexcept { return 1.0 - confusion.recall(0); }
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP
