#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FINDINGS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FINDINGS_HPP

#include "svg.hpp"

#include <millrace/middleware/profiler.hpp>
#include <millrace/model/confusion_matrix.hpp>
#include <millrace/model/evaluation.hpp>

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
  double threshold = 0.5;
  mr::model::confusion_matrix confusion;  // at the threshold
  std::vector<mr::model::roc_point> roc;
  std::vector<mr::model::precision_recall_point> precision_recall;
  std::vector<mr::model::calibration_bin> calibration;
  std::array<histogram_type, 2> histogram{};               // rows of each class by predicted probability
  std::vector<std::pair<std::string, double>> importance;  // column, AUC lost when its cells are shuffled

  double positive_share() const noexcept { return static_cast<double>(positives) / static_cast<double>(rows); }
  double false_positive_rate() const noexcept { return 1.0 - confusion.recall(0); }
};

/// How long each event of a chain took, in the order in which they ran.
using event_profiles = std::vector<const mr::event_profile*>;

/// A stretch of the stream: how long its rows took, in nanoseconds, and what the model made of them.
struct stream_window {
  std::uint64_t first = 0;  // row of the stream, counted from 0
  std::uint64_t rows = 0;
  double rows_per_second = 0;
  double p50 = 0;
  double p99 = 0;
  double longest = 0;
  double positive_share = 0;
  double mean_probability = 0;  // NaN if validation refused all of its rows
};

/// The holdout, row by row through the inference chain.
struct stream_record {
  std::size_t rows = 0;
  std::size_t refused = 0;
  double seconds = 0;
  double rows_per_second = 0;
  double largest_difference = 0;                       // from the same rows' probabilities in one batch
  std::vector<std::pair<double, double>> percentiles;  // of a row's nanoseconds: 50, 90, 99, 99.9
  std::vector<stream_window> windows;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FINDINGS_HPP
