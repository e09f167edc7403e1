#ifndef MILLRACE_MODEL_HPP
#define MILLRACE_MODEL_HPP

/// model: models that are fitted here, and how good their predictions are. Each room can be included alone.
///
/// - `matrix_view`: rows of features, which models are fitted on and asked about
/// - `trees.hpp`: boosted decision trees
/// - `evaluation.hpp`: measures of predictions, the only room that millrace.hpp includes
/// - `linear.hpp`: linear and ridge regression
///
/// Standard library alone.

#include <millrace/model/evaluation.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees.hpp>

#endif  // MILLRACE_MODEL_HPP
