#ifndef MILLRACE_MODEL_LINEAR_HPP
#define MILLRACE_MODEL_LINEAR_HPP

/// linear: models whose score is a weighted sum of the features.
///
/// - `linear_regression`, `ridge`: least squares, without and with a price on the coefficients
/// - `logistic_regression`: two or more classes, with l2, l1 or both, or no price
/// - `sgd_linear`, `sgd_logistic`: sample by sample, by `partial_fit`
/// - `ftrl_linear`, `ftrl_logistic`: the same for sparse and hashed features, each coefficient at its own rate

#include <millrace/model/linear/ftrl_linear.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>
#include <millrace/model/linear/ftrl_options.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/linear/logistic_options.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/linear/sgd_linear.hpp>
#include <millrace/model/linear/sgd_logistic.hpp>
#include <millrace/model/linear/sgd_options.hpp>

#endif  // MILLRACE_MODEL_LINEAR_HPP
