#ifndef MILLRACE_MODEL_CALIBRATION_HPP
#define MILLRACE_MODEL_CALIBRATION_HPP

/// calibration: probabilities that mean what they say, made from the scores of a model, and how far off they are.
///
/// - `calibrator`: what every one of them can do
/// - `decision_threshold`: from which score on a row is class 1: by costs, precision, recall, F1 or false positive rate
/// - `platt`: a logistic curve through the scores: two numbers, for few rows
/// - `isotonic`: steps that only rise, of any shape, for a thousand rows and more
/// - `one_vs_rest`: one of them for each of several classes
/// - `reliability`: log loss, Brier score, calibration error and a table of bins with intervals, before and after

#include <millrace/model/calibration/calibrator.hpp>
#include <millrace/model/calibration/decision_threshold.hpp>
#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/calibration/reliability.hpp>

#endif  // MILLRACE_MODEL_CALIBRATION_HPP
