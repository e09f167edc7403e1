#ifndef MILLRACE_MODEL_HPP
#define MILLRACE_MODEL_HPP

/// model: how good a model's predictions are.
///
/// - `evaluation.hpp`: accuracy, the ROC curve and the area under it, precision against recall, log loss, Brier score
///   and calibration of a classifier; RMSE, MAE and R2 of a regression
/// - `confusion_matrix`: how often each class was predicted as which, and precision, recall and F1 from these counts
/// - `real_view`: a column of float or double, the parameter type of these functions
///
/// Standard library alone.

#include <millrace/model/confusion_matrix.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/label_view.hpp>
#include <millrace/model/real_view.hpp>

#endif  // MILLRACE_MODEL_HPP
