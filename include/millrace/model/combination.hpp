#ifndef MILLRACE_MODEL_COMBINATION_HPP
#define MILLRACE_MODEL_COMBINATION_HPP

/// combination: several models as one.
///
/// - `voting`: the weighted mean of what models predict, or the class that most of them choose
/// - `stacking`: a last model that learns from what others predict for rows that they were not fitted on

#include <millrace/model/combination/stacking.hpp>
#include <millrace/model/combination/voting.hpp>

#endif  // MILLRACE_MODEL_COMBINATION_HPP
