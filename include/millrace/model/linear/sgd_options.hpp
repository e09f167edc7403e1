#ifndef MILLRACE_MODEL_LINEAR_SGD_OPTIONS_HPP
#define MILLRACE_MODEL_LINEAR_SGD_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {

/// How the learning rate of stochastic gradient descent falls with the number t of samples before.
enum class sgd_schedule : std::uint8_t {
  /// rate
  constant = 0,
  /// rate / sqrt(1 + decay t): goes on following a stream that changes
  inverse_root = 1,
  /// rate / (1 + decay t): settles
  inverse = 2,
};

/// How a linear model learns sample by sample.
struct sgd_options {
  /// The learning rate of the first sample, above 0. Features should have spreads near 1: the rate is the same for all.
  double rate = 0.1;
  sgd_schedule schedule = sgd_schedule::inverse_root;
  /// 0 or above.
  double decay = 1e-3;
  /// The price of squared coefficients beside one sample's loss: l2 / 2 times their sum. 0 or above. Times the number
  /// of rows it is the l2 of logistic_regression.
  double l2 = 0;
  /// Whether scores have an intercept, which costs nothing.
  bool intercept = true;
  /// How often `fit` goes over the rows, each time in another order.
  std::size_t epochs = 5;
  /// The same seed and rows give the same model. `fit` alone has use for it.
  std::uint64_t seed = 1;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_SGD_OPTIONS_HPP
