#ifndef MILLRACE_MODEL_HPP
#define MILLRACE_MODEL_HPP

/// model: how good a model's predictions are.
///
/// - `evaluation.hpp`: accuracy, ROC curve and the area under it, log loss, Brier score, calibration;
///   RMSE, MAE and R2
/// - `confusion_matrix`: counts, and precision, recall and F1 from them
/// - `real_view`: a column of numbers in either precision
///
/// Standard library alone.

#include <millrace/model/confusion_matrix.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/real_view.hpp>

#endif  // MILLRACE_MODEL_HPP
