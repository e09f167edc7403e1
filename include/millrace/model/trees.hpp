#ifndef MILLRACE_MODEL_TREES_HPP
#define MILLRACE_MODEL_TREES_HPP

/// trees: models of many decision trees.
///
/// - `boosted_trees`: gradient boosting for classes, numbers, quantiles and counts, by the loss it is given
/// - `boosting_options`: how it is fitted
/// - `isolation_forest`: how unlike the others a row is
/// - `isolation_reasons.hpp`: which columns make a row unusual
/// - `losses.hpp`: what it can be fitted to, and how to write another
/// - `random_forest`: the mean of trees on drawn rows and columns, or with random splits
/// - `tree_ensemble`: the trees of a fitted model
/// - `tree_explainer`: what each column adds to a row's score, and the columns that raise it most
/// - `vector_leaf_trees`: trees whose leaves have a value for each output, brought from elsewhere

#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/trees/boosting_options.hpp>
#include <millrace/model/trees/forest_options.hpp>
#include <millrace/model/trees/isolation_forest.hpp>
#include <millrace/model/trees/isolation_reasons.hpp>
#include <millrace/model/trees/losses.hpp>
#include <millrace/model/trees/random_forest.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>
#include <millrace/model/trees/tree_explainer.hpp>
#include <millrace/model/trees/vector_leaf_trees.hpp>

#endif  // MILLRACE_MODEL_TREES_HPP
