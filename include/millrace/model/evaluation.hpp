#ifndef MILLRACE_MODEL_EVALUATION_HPP
#define MILLRACE_MODEL_EVALUATION_HPP

/// evaluation: how good predictions are.
///
/// - `measures.hpp`: accuracy, ROC curve and the area under it, log loss, Brier score, calibration; RMSE, MAE and R2
/// - `confusion_matrix`: counts, and precision, recall and F1 from them
/// - `label_view`, `real_view`: what the measures take: a column of classes in any type of whole numbers, and a column
///   of numbers in either precision

#include <millrace/model/evaluation/confusion_matrix.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/evaluation/real_view.hpp>

#endif  // MILLRACE_MODEL_EVALUATION_HPP
