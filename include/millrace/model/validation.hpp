#ifndef MILLRACE_MODEL_VALIDATION_HPP
#define MILLRACE_MODEL_VALIDATION_HPP

/// validation: more measures of predictions than evaluation.hpp has, how sure they are, and splits of rows for them.
///
/// - `classification_table`: of two classes and more, with weights: precision, recall and F1 of every average, balanced
///   accuracy, Matthews' coefficient, Cohen's kappa; `top_k_accuracy`
/// - `clustering.hpp`: silhouette, adjusted Rand index, normalized mutual information
/// - `cross_validate`: fits on each part of the rows and scores on the rest
/// - `fairness.hpp`: rates by group, how far they are apart, and the four-fifths rule
/// - `intervals.hpp`: intervals of the accuracy, of the area under the ROC curve, and of means
/// - `ranking.hpp`: NDCG, mean reciprocal rank, precision at k
/// - `regression.hpp`: squared, median, relative and quantile errors, explained variance
/// - `slices.hpp`: a measure for each group of rows
/// - `splits.hpp`: folds at random, by class, by group, and in the order of time
/// - `weighted_measures.hpp`: the measures of evaluation.hpp for rows with weights, the calibration curve too

#include <millrace/model/validation/classification_table.hpp>
#include <millrace/model/validation/clustering.hpp>
#include <millrace/model/validation/cross_validate.hpp>
#include <millrace/model/validation/fairness.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/model/validation/ranking.hpp>
#include <millrace/model/validation/regression.hpp>
#include <millrace/model/validation/slices.hpp>
#include <millrace/model/validation/splits.hpp>
#include <millrace/model/validation/weighted_measures.hpp>

#endif  // MILLRACE_MODEL_VALIDATION_HPP
