#ifndef MILLRACE_MODEL_HPP
#define MILLRACE_MODEL_HPP

/// model: models that are fitted here, and how good their predictions are. Each room can be included alone.
///
/// - `predictor`, `trainer`, `partial_trainer`, `explained`: what a model is, as concepts, for models of your own too
/// - `matrix_view`: rows of features, which models are fitted on and asked about
/// - `sparse_view`: a row of which only some features are given
/// - `bayes.hpp`: naive Bayes, of measures and of counts
/// - `calibration.hpp`: probabilities that mean what they say, made from scores
/// - `card.hpp`: a model card, as Markdown and JSON
/// - `cluster.hpp`: k-means, and k-means of rows that come in batches
/// - `combination.hpp`: several models as one, by votes or by a last model
/// - `decomposition.hpp`: principal components
/// - `evaluation.hpp`: measures of predictions, the only room that millrace.hpp includes
/// - `linear.hpp`: linear, ridge and logistic regression
/// - `network.hpp`: networks of dense layers, fitted here or trained elsewhere
/// - `parallel.hpp`: threads that a fit may use, or your own pool
/// - `pipeline.hpp`: features, a model and a calibration as one type, from the raw event to the output
/// - `selection.hpp`: which options to fit with, and which columns matter
/// - `series.hpp`: forecasts of a series, by Holt-Winters or by a model on its lags
/// - `trees.hpp`: boosted decision trees, random and isolation forests, and what each column adds to a score
/// - `validation.hpp`: more measures, their intervals, splits of rows, and cross-validation
///
/// Standard library alone.

#include <millrace/model/bayes.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/card.hpp>
#include <millrace/model/cluster.hpp>
#include <millrace/model/combination.hpp>
#include <millrace/model/decomposition.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/network.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/selection.hpp>
#include <millrace/model/series.hpp>
#include <millrace/model/sparse_view.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/model/validation.hpp>

#endif  // MILLRACE_MODEL_HPP
