#ifndef MILLRACE_TRAIN_DETAIL_LOSS_KERNELS_HPP
#define MILLRACE_TRAIN_DETAIL_LOSS_KERNELS_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace train {
namespace detail {

inline error no_rows() { return error(errc::invalid_argument, "output: the batch has no rows"); }

template <class Scalar>
result<void> same_shape(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets) {
  if (output.size() == 0) return no_rows();
  if (output.rows() == targets.rows() && output.cols() == targets.cols()) return {};
  return error(errc::shape_mismatch, "targets are " + std::to_string(targets.rows()) + " x " +
                                         std::to_string(targets.cols()) + ", output is " +
                                         std::to_string(output.rows()) + " x " + std::to_string(output.cols()));
}

/// The sum of squared differences. It is summed in pieces, so that a large batch in single precision loses no digits.
template <class Scalar>
double squared_distance(const row_major_matrix<Scalar>& a, const row_major_matrix<Scalar>& b) noexcept {
  using array = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
  constexpr Eigen::Index piece = 1024;
  double sum = 0;
  for (Eigen::Index i = 0; i < a.size(); i += piece) {
    const Eigen::Index length = (std::min)(piece, a.size() - i);
    sum += static_cast<double>((array(a.data() + i, length) - array(b.data() + i, length)).square().sum());
  }
  return sum;
}

inline double weight_of(const std::vector<double>& weights, int label) noexcept {
  return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(label)];
}

/// The sum of the rows' class weights, after checking that labels and weights fit.
inline result<double> total_weight(Eigen::Index rows, const Eigen::VectorXi& labels, Eigen::Index classes,
                                   const std::vector<double>& weights) {
  if (rows == 0 || classes == 0) return no_rows();
  if (labels.size() != rows)
    return error(errc::shape_mismatch,
                 "labels: " + std::to_string(labels.size()) + " for a batch of " + std::to_string(rows) + " rows");
  if (!weights.empty()) {
    if (static_cast<Eigen::Index>(weights.size()) != classes)
      return error(errc::shape_mismatch,
                   "class weights: " + std::to_string(weights.size()) + " for " + std::to_string(classes) + " classes");
    for (std::size_t k = 0; k < weights.size(); ++k)
      if (!(weights[k] >= 0 && weights[k] <= 1e30))
        return error(errc::out_of_range, "class weights: class " + std::to_string(k) + " has no weight from 0 to 1e30");
  }
  double total = 0;
  for (Eigen::Index i = 0; i < rows; ++i) {
    if (labels[i] < 0 || labels[i] >= classes)
      return error(errc::out_of_range, "labels: row " + std::to_string(i) + " is of class " +
                                           std::to_string(labels[i]) + ", outside 0 to " + std::to_string(classes - 1));
    total += weight_of(weights, labels[i]);
  }
  return total;
}

/// The sum of weight (log(1 + exp(z)) - y z) / total, and its gradient unless `gradient` is null. It is computed in
/// blocks of a constant length on the stack, for vector instructions; the last block is filled up with weights of 0.
template <class Scalar, class Target, class Weight>
double logistic_loss(const Scalar* logits, Eigen::Index size, Target target, Weight weight, double total,
                     Scalar* gradient) noexcept {
  constexpr Eigen::Index block = 32;
  using array = Eigen::Array<Scalar, block, 1>;
  const double per_weight = total > 0 ? 1.0 / total : 0.0;
  double sum = 0;
  for (Eigen::Index first = 0; first < size; first += block) {
    const Eigen::Index length = (std::min)(block, size - first);
    array z = array::Zero();
    array y = array::Zero();
    array w = array::Zero();
    for (Eigen::Index i = 0; i < length; ++i) {
      z[i] = logits[first + i];
      y[i] = target(first + i);
      w[i] = static_cast<Scalar>(weight(first + i) * per_weight);
    }
    // exp never sees a positive number: log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)).
    const array decay = (-z.abs()).exp();
    sum += static_cast<double>((w * ((z.max)(Scalar(0)) - z * y + decay.log1p())).sum());
    if (gradient == nullptr) continue;
    const array inverse = (Scalar(1) + decay).inverse();
    for (Eigen::Index i = 0; i < block; ++i) {
      const Scalar probability = z[i] >= 0 ? inverse[i] : decay[i] * inverse[i];
      // z - z is 0, or NaN where z is not finite: Eigen's exp returns finite numbers for NaN.
      w[i] *= (probability - y[i]) + (z[i] - z[i]);
    }
    std::copy(w.data(), w.data() + length, gradient + first);
  }
  return sum;
}

}  // namespace detail
}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_DETAIL_LOSS_KERNELS_HPP
