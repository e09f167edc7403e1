#ifndef MILLRACE_MODEL_LINEAR_FTRL_OPTIONS_HPP
#define MILLRACE_MODEL_LINEAR_FTRL_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a linear model learns by FTRL-proximal. A coefficient's own learning rate is rate / (beta + r), where r is the
/// root of the sum of its squared gradients so far: what is rarely seen learns fast, what is often seen settles.
struct ftrl_options {
  /// The paper's alpha, 1e-12 to 1e6.
  double rate = 0.1;
  /// 1e-12 to 1e12. The larger, the less the first gradients move.
  double beta = 1;
  /// The price of absolute coefficients, 0 to 1e12. A coefficient stays exactly 0 until its gradients outweigh it.
  double l1 = 0;
  /// The price of squared coefficients: l2 / 2 times their sum, once for all samples. 0 to 1e12.
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

#endif  // MILLRACE_MODEL_LINEAR_FTRL_OPTIONS_HPP
