#ifndef MILLRACE_TRAIN_LOSS_HPP
#define MILLRACE_TRAIN_LOSS_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/detail/loss_kernels.hpp>
#include <millrace/train/fields.hpp>

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace train {

/// A loss that compares a batch's outputs with the rows' classes. It returns the mean loss and, with a third argument,
/// writes the gradient of the mean with respect to the outputs. Law: both are finite if the outputs are; if an output
/// is NaN, the loss is NaN and so is the gradient of its row, where `validation` finds it.
template <class Loss, class Scalar>
concept class_loss = requires(const Loss& loss, const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels,
                              row_major_matrix<Scalar>& gradient) {
  { loss(output, labels) } -> std::same_as<result<double>>;
  { loss(output, labels, gradient) } -> std::same_as<result<double>>;
};

/// The same for a loss that compares outputs with target numbers.
template <class Loss, class Scalar>
concept target_loss = requires(const Loss& loss, const row_major_matrix<Scalar>& output,
                               const row_major_matrix<Scalar>& targets, row_major_matrix<Scalar>& gradient) {
  { loss(output, targets) } -> std::same_as<result<double>>;
  { loss(output, targets, gradient) } -> std::same_as<result<double>>;
};

/// Mean squared error: the mean of (output - target)^2 over rows and outputs.
/// Models: target_loss.
/// Allocates: when the gradient's shape changes.
/// Threads: any.
/// Errors: shape_mismatch: outputs and targets; invalid_argument: no rows.
struct mse {
  static constexpr std::string_view name = "mse";

  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets) const {
    if (auto fit = detail::same_shape(output, targets); !fit) return std::move(fit.error());
    return detail::squared_distance(output, targets) / static_cast<double>(output.size());
  }
  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets,
                            row_major_matrix<Scalar>& gradient) const {
    if (auto fit = detail::same_shape(output, targets); !fit) return std::move(fit.error());
    gradient = (output - targets) * static_cast<Scalar>(2.0 / static_cast<double>(output.size()));
    return detail::squared_distance(output, targets) / static_cast<double>(output.size());
  }
};

/// Cross-entropy of two classes, for a model with one output, the logit z of class 1. With y the label, 0 or 1, the
/// loss of a row is -log of the probability of its class, log(1 + exp(z)) - y z. It is computed in a form that neither
/// overflows nor cancels.
/// Models: class_loss.
/// Allocates: when the gradient's shape changes.
/// Threads: any.
/// Errors: shape_mismatch: number of outputs or labels; out_of_range: a label or a weight, with its place;
/// invalid_argument: no rows.
struct binary_cross_entropy {
  static constexpr std::string_view name = "binary_cross_entropy";

  /// The weights of a row of class 0 and of one of class 1 in the mean. Empty: all rows weigh the same.
  std::vector<double> class_weights{};

  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels) const {
    return evaluate<Scalar>(output, labels, nullptr);
  }
  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels,
                            row_major_matrix<Scalar>& gradient) const {
    gradient.resize(output.rows(), output.cols());
    return evaluate(output, labels, gradient.data());
  }

 private:
  template <class Scalar>
  result<double> evaluate(const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels,
                          Scalar* gradient) const {
    if (output.cols() != 1)
      return error(errc::shape_mismatch,
                   "output: binary cross-entropy wants 1 column, there are " + std::to_string(output.cols()));
    const auto total = detail::total_weight(output.rows(), labels, 2, class_weights);
    if (!total) return total.error();
    return detail::logistic_loss<Scalar>(
        output.data(), output.rows(), [&](Eigen::Index i) { return static_cast<Scalar>(labels[i]); },
        [&](Eigen::Index i) { return detail::weight_of(class_weights, labels[i]); }, *total, gradient);
  }
};

/// Cross-entropy of several independent yes-or-no outputs, each a logit; the mean over rows and outputs.
/// Models: target_loss.
/// Shapes: targets are rows x outputs, probabilities in [0, 1].
/// Allocates: when the gradient's shape changes.
/// Threads: any.
/// Errors: shape_mismatch: outputs and targets; out_of_range: a target, with its row and column; invalid_argument: no
/// rows.
struct multilabel_cross_entropy {
  static constexpr std::string_view name = "multilabel_cross_entropy";

  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets) const {
    return evaluate<Scalar>(output, targets, nullptr);
  }
  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets,
                            row_major_matrix<Scalar>& gradient) const {
    gradient.resize(output.rows(), output.cols());
    return evaluate(output, targets, gradient.data());
  }

 private:
  template <class Scalar>
  result<double> evaluate(const row_major_matrix<Scalar>& output, const row_major_matrix<Scalar>& targets,
                          Scalar* gradient) const {
    if (auto fit = detail::same_shape(output, targets); !fit) return std::move(fit.error());
    for (Eigen::Index i = 0; i < targets.size(); ++i)
      if (!(targets.data()[i] >= 0 && targets.data()[i] <= 1))
        return error(errc::out_of_range, "targets: row " + std::to_string(i / targets.cols()) + ", column " +
                                             std::to_string(i % targets.cols()) + " is no probability");
    return detail::logistic_loss<Scalar>(
        output.data(), output.size(), [&](Eigen::Index i) { return targets.data()[i]; },
        [](Eigen::Index) { return 1.0; }, static_cast<double>(output.size()), gradient);
  }
};

/// Cross-entropy of one class among several, for a model with one output, a logit z, for each class. The loss of a row
/// is -log of the probability of its class, log(sum of exp(z)) - z[label]. The row's largest logit is subtracted before
/// exp, so that nothing overflows.
/// Models: class_loss.
/// Allocates: when the gradient's shape changes.
/// Threads: any.
/// Errors: shape_mismatch: number of labels; out_of_range: a label or a weight, with its place; invalid_argument: no
/// rows.
struct softmax_cross_entropy {
  static constexpr std::string_view name = "softmax_cross_entropy";

  /// The weights of a row of each class in the mean. Empty: all rows weigh the same.
  std::vector<double> class_weights{};

  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels) const {
    const auto total = detail::total_weight(output.rows(), labels, output.cols(), class_weights);
    if (!total) return total.error();
    if (!(*total > 0)) return 0.0;
    double sum = 0;
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
      const auto logits = output.row(i).array();
      const Scalar largest = logits.maxCoeff();
      const double partition = static_cast<double>((logits - largest).exp().sum());
      sum += detail::weight_of(class_weights, labels[i]) *
             (std::log(partition) + static_cast<double>(largest - logits[labels[i]]));
    }
    return sum / *total;
  }
  template <class Scalar>
  result<double> operator()(const row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels,
                            row_major_matrix<Scalar>& gradient) const {
    gradient.resize(output.rows(), output.cols());
    const auto total = detail::total_weight(output.rows(), labels, output.cols(), class_weights);
    if (!total) return total.error();
    if (!(*total > 0)) {
      gradient.setZero();
      return 0.0;
    }
    double sum = 0;
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
      const auto logits = output.row(i).array();
      auto row = gradient.row(i).array();
      const Scalar largest = logits.maxCoeff();
      row = (logits - largest).exp();
      const Scalar partition = row.sum();
      const double weight = detail::weight_of(class_weights, labels[i]);
      const auto scale = static_cast<Scalar>(weight / *total);
      row *= scale / partition;
      row[labels[i]] -= scale;
      sum += weight * (std::log(static_cast<double>(partition)) + static_cast<double>(largest - logits[labels[i]]));
    }
    return sum / *total;
  }
};

/// Turns logits into probabilities, in place: by the logistic function if there is one output, else by the softmax of
/// each row.
template <class Scalar>
void to_probabilities(row_major_matrix<Scalar>& output) {
  if (output.cols() == 1) {
    output = output.array().logistic().matrix();
    return;
  }
  for (Eigen::Index i = 0; i < output.rows(); ++i) {
    auto row = output.row(i).array();
    const Scalar largest = row.maxCoeff();
    row = (row - largest).exp();
    row /= row.sum();
  }
}

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_LOSS_HPP
