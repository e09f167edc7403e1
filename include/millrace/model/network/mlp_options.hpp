#ifndef MILLRACE_MODEL_NETWORK_MLP_OPTIONS_HPP
#define MILLRACE_MODEL_NETWORK_MLP_OPTIONS_HPP

#include <millrace/core/config.hpp>
#include <millrace/model/network/activation.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How the learning rate goes from the first step to the last.
enum class rate_schedule : std::uint8_t {
  constant,
  linear,  // falls to 0 along a line
  cosine,  // falls to 0 along half a period of a cosine
};

/// How a network is fitted.
struct mlp_options {
  /// Units of the hidden layers, from the inputs on, 1 to 4096 each; none makes the model linear.
  std::vector<std::size_t> hidden = {64, 32};
  /// The function of the hidden layers.
  activation function = activation::relu;
  /// How often the rows are gone through.
  std::size_t epochs = 50;
  /// Rows of a step.
  std::size_t batch = 128;
  /// The learning rate at the first step.
  double rate = 1e-3;
  rate_schedule schedule = rate_schedule::constant;
  /// Price of the weights, biases apart: l2 / 2 of the sum of their squares is added to the mean loss of a row.
  double l2 = 0;
  /// Draws weights to 0 beside the loss: each step takes rate * weight_decay of them (AdamW).
  double weight_decay = 0;
  /// Subtract the mean of each column and divide by its standard deviation, and so with the targets of a loss whose
  /// scores are numbers of their unit; what it takes is part of the model.
  bool standardize = true;
  /// Stop when the loss on held-out rows has not fallen for so many epochs, and keep the weights of its lowest. 0: go
  /// through all epochs, with all rows.
  std::size_t patience = 0;
  /// The share of rows that is held out for that.
  double validation_share = 0.1;
  /// The same seed and data give the same network.
  std::uint64_t seed = 1;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_MLP_OPTIONS_HPP
