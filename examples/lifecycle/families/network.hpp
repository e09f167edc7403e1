#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_HPP

#include "family.hpp"
#include "network_options.hpp"

#include <millrace/tensor.hpp>
#include <millrace/tensor/eigen.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/loss.hpp>
#include <millrace/train/network.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

using network = mr::train::network<float>;
using matrix = mr::train::row_major_matrix<float>;
/// The training events' fields; the hidden layers' outputs are kept so that they can be compressed.
using learning = mr::train::training_fields<float, mr::tensor::compressible<matrix>>;

/// Its outputs are logits, or a number; the loss and the service put the link behind them.
inline network make_network(std::size_t inputs, const training_options& how, std::size_t outputs = 1) {
  std::vector<mr::train::dense> layers;
  for (const std::size_t units : how.hidden)
    layers.push_back({static_cast<Eigen::Index>(units), mr::train::activation::relu});
  layers.push_back({static_cast<Eigen::Index>(outputs), mr::train::activation::identity});
  return network(static_cast<Eigen::Index>(inputs), std::move(layers), how.seed);
}

/// The network of train/ as a family of models.
class network_model final : public fitted_model {
 public:
  network_model(network net, task_kind task)
      : net_(std::move(net)), task_(task), space_(net_.make_workspace(most_rows)) {
    outputs_.resize(most_rows, net_.outputs());
  }

  const network& net() const noexcept { return net_; }

  family kind() const noexcept override { return family::network; }
  std::size_t inputs() const noexcept override { return static_cast<std::size_t>(net_.inputs()); }
  std::size_t outputs() const noexcept override { return static_cast<std::size_t>(net_.outputs()); }
  void predict(std::span<const float> row, std::span<double> out) noexcept override { answer(row, 1, out); }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept override {
    for (std::size_t i = 0; i < rows.rows(); i += most_rows) {  // batches that stay in the cache
      const std::size_t count = (std::min)(std::size_t{most_rows}, rows.rows() - i);
      answer({rows.row(i).data(), count * inputs()}, count, out.subspan(i * outputs(), count * outputs()));
    }
  }
  std::vector<double> contributions(std::span<const float>, std::size_t) override { return {}; }
  mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                         mr::model::graph_builder::value rows) const override {
    mr::model::graph_builder::value x = to.real(rows);
    for (std::size_t i = 0; i < net_.layer_count(); ++i) {
      const auto weights = net_.weights(i);
      const auto bias = net_.bias(i);
      const auto numbers = [](const auto& of) {
        return std::span<const float>(of.data(), static_cast<std::size_t>(of.size()));
      };
      x = to.call("MatMul", {x, to.numbers(numbers(weights), {weights.rows(), weights.cols()})});
      x = to.call("Add", {x, to.numbers(numbers(bias), {1, bias.size()})});
      if (net_.layer(i).function == mr::train::activation::relu) x = to.call("Relu", {x});
    }
    if (task_ == task_kind::number) return x;
    return outputs() == 1 ? to.logistic(x) : to.softmax(x);
  }
  std::string shape() const override {
    std::vector<std::size_t> units;
    for (std::size_t i = 0; i < net_.layer_count(); ++i) units.push_back(static_cast<std::size_t>(net_.layer(i).units));
    return shape_text(inputs(), units);
  }
  std::vector<std::byte> save() const override { return net_.save(); }

 private:
  static constexpr Eigen::Index most_rows = 256;

  void answer(std::span<const float> features, std::size_t rows, std::span<double> out) noexcept {
    outputs_.resize(static_cast<Eigen::Index>(rows), net_.outputs());
    net_.predict(features, space_, {outputs_.data(), static_cast<std::size_t>(outputs_.size())});
    if (task_ != task_kind::number) mr::train::to_probabilities(outputs_);
    std::copy(outputs_.data(), outputs_.data() + outputs_.size(), out.begin());
  }

  network net_;
  task_kind task_;
  network::workspace_type space_;
  matrix outputs_;
};

/// The loss of whatever is learned, from one field of targets: a class's number, or a number to be met. So one chain
/// trains all three kinds of networks.
struct task_loss {
  static constexpr std::string_view name = "task_loss";
  task_kind task = task_kind::binary;

  template <class Scalar>  // deduced from both, so that labels are no targets
  mr::result<double> operator()(const mr::train::row_major_matrix<Scalar>& output,
                                const mr::train::row_major_matrix<Scalar>& targets) const {
    if (task == task_kind::number) return mr::train::mse{}(output, targets);
    if (task == task_kind::binary) return mr::train::multilabel_cross_entropy{}(output, targets);
    return mr::train::softmax_cross_entropy{}(output, Eigen::VectorXi(targets.col(0).template cast<int>()));
  }
  template <class Scalar>
  mr::result<double> operator()(const mr::train::row_major_matrix<Scalar>& output,
                                const mr::train::row_major_matrix<Scalar>& targets,
                                mr::train::row_major_matrix<Scalar>& gradient) const {
    if (task == task_kind::number) return mr::train::mse{}(output, targets, gradient);
    if (task == task_kind::binary) return mr::train::multilabel_cross_entropy{}(output, targets, gradient);
    return mr::train::softmax_cross_entropy{}(output, Eigen::VectorXi(targets.col(0).template cast<int>()), gradient);
  }
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_HPP
