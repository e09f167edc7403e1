#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP

#include "../families/family.hpp"
#include "decisions.hpp"

#include <millrace/middleware/compression.hpp>
#include <millrace/model/evaluation/confusion_matrix.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/stats/evidence.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// How one pass over the training rows went.
struct epoch_record {
  double train_loss = 0;
  double validation_loss = 0;
  double validation_auc = 0;   // of two classes
  std::vector<double> active;  // share of each hidden layer's outputs above zero, in the last batch
};

/// How a network was trained.
struct training_record {
  std::vector<epoch_record> epochs;
  std::size_t best = 0;  // index of the epoch whose weights were kept
  std::uint64_t steps = 0;
  double seconds = 0;
  double rows_per_second = 0;
  std::string chain;                       // how it describes itself
  std::string shape;                       // 146-64-32-1
  std::string about;                       // which rows: all training rows, or those of a fold
  bool cut = false;                        // the time was up before it was done
  mr::compression_statistics compression;  // of what the hidden layers put out
};

/// How one family of models did on rows that its folds left out.
struct candidate_record {
  family kind = family::linear;
  std::string why_not;           // why it was not compared; empty where it was
  double loss = 0;               // log loss, or the root of the mean squared error
  mr::stats::interval within{};  // of the loss
  std::size_t folds = 0;         // that were done
  double seconds = 0;
  std::string shape;  // of the last fold's model

  bool compared() const noexcept { return why_not.empty(); }
};

/// All candidates, and which is the best.
struct comparison_record {
  std::vector<candidate_record> candidates;
  std::size_t best = 0;
  std::size_t rows = 0;   // that were shared out into folds
  std::size_t folds = 0;  // that were made of them
  double seconds = 0;

  const candidate_record& winner() const noexcept { return candidates[best]; }
};

/// How a simple model does on the same rows: a logistic regression, or a ridge regression where numbers are learned.
struct reference_record {
  std::string name;
  double figure = 0;             // AUC, accuracy, or R2
  double average_precision = 0;  // of two classes
  double loss = 0;               // log loss, or root mean squared error
};

/// A column, and how much worse the model does when its cells are dealt out anew.
using column_importance = std::vector<std::pair<std::string, double>>;

/// How a model of two classes does on rows that it never saw.
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
  mr::stats::interval auc_within{};
  mr::stats::interval accuracy_within{};
  mistake_costs costs;
  double threshold = 0.5;
  mr::model::confusion_matrix confusion;  // at the threshold
  std::vector<mr::model::roc_point> roc;
  std::vector<mr::model::precision_recall_point> precision_recall;
  std::vector<mr::model::calibration_bin> calibration;
  std::vector<decision> decisions;            // at thresholds from 0 to 1, a hundredth apart
  std::vector<gain> gains;                    // of shares of the rows from 0 to 1, a hundredth apart
  std::array<histogram_type, 2> histogram{};  // rows of each class by predicted probability

  double positive_share() const noexcept { return static_cast<double>(positives) / static_cast<double>(rows); }
  double false_positive_rate() const noexcept { return 1.0 - confusion.recall(0); }
};

/// Probabilities of the holdout against what came of its rows.
struct calibration_side {
  std::vector<mr::model::calibration_bin> curve;
  double error = 0;  // expected calibration error
  double log_loss = 0;
};

enum class calibration_method : std::uint8_t { platt, isotonic };

/// As it stands in a model's file.
constexpr std::string_view to_string(calibration_method of) noexcept {
  return of == calibration_method::platt ? "platt" : "isotonic";
}
/// As the reader is told.
constexpr std::string_view title_of(calibration_method of) noexcept {
  return of == calibration_method::platt ? "Platt's method" : "isotonic regression";
}

/// The log loss of validation rows, each half of them corrected as the other teaches it; none where it was not tried.
struct calibration_trial {
  std::optional<calibration_method> chosen;  // none: correcting did not pay
  double uncorrected = 0;
  std::optional<double> platt;
  std::optional<double> isotonic;
};

/// The holdout's probabilities before they were corrected, and after; the same where they were not.
struct calibration_record {
  calibration_trial trial;
  calibration_side before;
  calibration_side after;
};

/// How a model of several classes does on rows that it never saw.
struct class_judgement {
  std::size_t rows = 0;
  double log_loss = 0;
  double base_log_loss = 0;  // of always answering the classes' shares
  double base_accuracy = 0;  // of always answering the most frequent class
  mr::stats::interval accuracy_within{};
  mr::model::confusion_matrix confusion;
};

/// How a model of numbers does on rows that it never saw.
struct number_judgement {
  std::size_t rows = 0;
  double rmse = 0;
  double mae = 0;
  double r2 = 0;
  double base_rmse = 0;  // of always answering the mean
  mr::stats::interval mae_within{};
  std::vector<double> answers;
  std::vector<double> values;
};

/// What was found on the holdout, by what is learned.
struct holdout_findings {
  std::optional<judgement> binary;
  std::optional<calibration_record> calibration;  // of classes
  std::optional<class_judgement> classes;
  std::optional<number_judgement> number;
  std::string importance_of;  // what is lost: AUC, log loss or RMSE
  column_importance importance;
};

/// Why a row got its answer: what its columns add to the score.
struct row_reasons {
  struct reason {
    std::string column;
    std::string cell;
    double adds = 0;
  };
  std::size_t line = 0;
  std::string answer;
  std::vector<reason> reasons;  // the largest first, whatever their sign
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FINDINGS_HPP
