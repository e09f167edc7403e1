#ifndef MILLRACE_MODEL_SELECTION_HPP
#define MILLRACE_MODEL_SELECTION_HPP

/// selection: which options to fit with, and which columns matter.
///
/// - `goal`: whether a measure is better when it is low or when it is high
/// - `permutation_importance`: how much worse a model gets without what a column says
/// - `random_search`: draws options, tries them with little, and goes on with the best
/// - `search_space`: which options vary, and in what range

#include <millrace/model/selection/goal.hpp>
#include <millrace/model/selection/permutation_importance.hpp>
#include <millrace/model/selection/random_search.hpp>
#include <millrace/model/selection/search_space.hpp>

#endif  // MILLRACE_MODEL_SELECTION_HPP
