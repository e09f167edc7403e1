#ifndef MILLRACE_MODEL_NETWORK_HPP
#define MILLRACE_MODEL_NETWORK_HPP

/// network: networks of dense layers, fitted here or made from weights that were trained elsewhere.
///
/// - `mlp`: a multi-layer perceptron, for two and more classes, numbers, their quantiles, and counts
/// - `mlp_options`: how it is fitted; `activation`: the function of a layer

#include <millrace/model/network/activation.hpp>
#include <millrace/model/network/mlp.hpp>
#include <millrace/model/network/mlp_options.hpp>

#endif  // MILLRACE_MODEL_NETWORK_HPP
