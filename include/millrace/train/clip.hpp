#ifndef MILLRACE_TRAIN_CLIP_HPP
#define MILLRACE_TRAIN_CLIP_HPP

#include <millrace/train/fields.hpp>

#include <algorithm>
#include <cmath>

namespace millrace {
inline namespace v0 {
namespace train {

/// The Euclidean norm of all gradients. Pieces of 1,024 are summed in the gradients' precision and added up in double
/// precision. The result is not finite if a gradient is not, or if squares overflow (in single precision, gradients
/// beyond 1e18).
/// Allocates: never.
template <class Scalar>
double gradient_norm_of(const column_vector<Scalar>& gradients) noexcept {
  constexpr Eigen::Index piece = 1024;
  double sum = 0;
  for (Eigen::Index i = 0; i < gradients.size(); i += piece)
    sum += static_cast<double>(gradients.segment(i, (std::min)(piece, gradients.size() - i)).squaredNorm());
  return std::sqrt(sum);
}

/// No clipping: gradients stay as they are.
struct no_clipping {
  static constexpr bool changes_gradients = false;

  template <class Scalar>
  void operator()(column_vector<Scalar>&, double) const noexcept {}
};

/// Scales all gradients by one number so that their norm is at most `limit`. Their direction stays the same.
/// Allocates: never.
/// Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
struct clip_norm {
  static constexpr bool changes_gradients = true;

  double limit = 1;

  template <class Scalar>
  void operator()(column_vector<Scalar>& gradients, double norm) const noexcept {
    if (norm > limit) gradients *= static_cast<Scalar>(limit / norm);
  }
};

/// Brings each gradient into [-limit, limit]. Allocates: never.
struct clip_value {
  static constexpr bool changes_gradients = true;

  double limit = 1;

  template <class Scalar>
  void operator()(column_vector<Scalar>& gradients, double) const noexcept {
    gradients = gradients.cwiseMin(static_cast<Scalar>(limit)).cwiseMax(static_cast<Scalar>(-limit));
  }
};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_CLIP_HPP
