#ifndef MILLRACE_TRAIN_NETWORK_HPP
#define MILLRACE_TRAIN_NETWORK_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/train/activation.hpp>
#include <millrace/train/detail/network_bytes.hpp>
#include <millrace/train/detail/product.hpp>
#include <millrace/train/fields.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace train {

/// A layer to build: how many units it has, and the function that they apply to their weighted sums.
struct dense {
  Eigen::Index units = 1;
  activation function = activation::identity;
};

template <class Scalar>
class network;

/// The memory that a forward and a backward pass through a network need besides its parameters: the hidden layers'
/// outputs, and gradients with respect to them. Each thread has its own. It grows to the largest batch so far.
template <class Scalar = float>
class network_workspace {
 public:
  /// How many rows the last forward pass had.
  Eigen::Index rows() const noexcept { return rows_; }

 private:
  friend class network<Scalar>;

  column_vector<Scalar> hidden_;    // outputs: rows x units for each layer but the last
  column_vector<Scalar> sums_;      // weighted sums: rows x units for each layer whose derivative needs them
  column_vector<Scalar> gradient_;  // two buffers of rows x the widest layer
  Eigen::Index rows_ = 0;
};

/// A network of dense layers: each computes function(input * weights + bias).
///
/// The parameters are one contiguous vector, layer by layer: the weights (inputs x units, row by row), then the bias.
/// So optimizers, clipping and saving need not know the layers.
///
/// Models: layered_model.
/// Shapes: a batch is rows x inputs(), its output rows x outputs().
/// Guarantee: the same seed and layers give the same initial parameters. Results agree bit for bit between compilers on
/// one machine; Eigen sums products in an order that depends on the CPU's caches, so other machines may round
/// differently.
/// Threads: const members may run on any number of threads, each with its own workspace.
template <class Scalar = float>
class network {
 public:
  using scalar_type = Scalar;
  using matrix_type = row_major_matrix<Scalar>;
  using vector_type = column_vector<Scalar>;
  using workspace_type = network_workspace<Scalar>;
  using weights_view = Eigen::Map<const matrix_type>;
  using bias_view = Eigen::Map<const Eigen::Matrix<Scalar, 1, Eigen::Dynamic>>;

  /// A network with random weights, uniform in [-r, r] with r = sqrt(6 / inputs) in layers of relu, leaky_relu and gelu
  /// (He) and r = sqrt(6 / (inputs + units)) in the others (Glorot). Biases start at 0.
  /// Precondition: `inputs` and every layer's units are at least 1, and there is at least one layer.
  /// Source: He et al., ICCV 2015, eq. 10; Glorot, Bengio, AISTATS 2010, eq. 16.
  network(Eigen::Index inputs, std::vector<dense> layers, std::uint64_t seed = 0);

  Eigen::Index inputs() const noexcept { return layers_.front().inputs; }
  Eigen::Index outputs() const noexcept { return layers_.back().units; }
  std::size_t layer_count() const noexcept { return layers_.size(); }
  /// Units and function of a layer; 0 is the first layer after the inputs.
  dense layer(std::size_t index) const noexcept { return {layers_[index].units, layers_[index].function}; }
  /// Calls use(name, value) with what it is made of, for those who keep a record of a training: `inputs`, and `layers`
  /// such as `32 tanh, 1 identity`.
  template <class Use>
  void for_each_setting(Use&& use) const {
    std::string layers;
    for (const auto& each : layers_) {
      if (!layers.empty()) layers += ", ";
      ((layers += std::to_string(each.units)) += ' ') += to_string(each.function);
    }
    use("inputs", inputs());
    use("layers", std::string_view(layers));
  }

  /// All weights and biases. The numbers may be changed, the size may not.
  vector_type& parameters() noexcept { return parameters_; }
  const vector_type& parameters() const noexcept { return parameters_; }
  Eigen::Index parameter_count() const noexcept { return parameters_.size(); }

  /// A layer's weights, inputs x units, in the parameters or in a vector laid out like them, such as the gradients.
  weights_view weights(std::size_t index) const noexcept { return weights_of(index, parameters_); }
  weights_view weights_of(std::size_t index, const vector_type& like_parameters) const noexcept {
    const place& at = layers_[index];
    return {like_parameters.data() + at.weights, at.inputs, at.units};
  }
  /// A layer's bias, one number for each unit.
  bias_view bias(std::size_t index) const noexcept {
    return {parameters_.data() + layers_[index].bias, layers_[index].units};
  }

  /// The network as bytes, the same on every machine; `store::save_file` writes them to a file.
  std::vector<std::byte> save() const;

  /// The network that was saved, bit for bit. Reads what earlier versions wrote, too.
  /// Allocates: no more than about the length of the bytes, whatever they claim.
  /// Errors: corrupt: no network, or numbers that contradict each other; truncated; unsupported: a later version, an
  /// unknown activation; type_mismatch: the other precision, another type; checksum_mismatch.
  static result<network> load(std::span<const std::byte> bytes);

  /// A workspace for `predict` with up to `rows` rows.
  workspace_type make_workspace(Eigen::Index rows) const {
    workspace_type space;
    reserve(space, rows);
    return space;
  }

  /// Computes the outputs of every row of `batch`, and keeps in `space` what `backward` needs.
  /// Precondition: `batch` has inputs() columns.
  /// Allocates: in `space` if it has been used for fewer rows, in `output` if its shape changes. Uses up to 256 KiB of
  /// stack.
  void forward(const matrix_type& batch, workspace_type& space, matrix_type& output) const {
    reserve(space, batch.rows());
    output.resize(batch.rows(), outputs());
    run_forward(batch.data(), batch.rows(), space, output.data());
  }

  /// Computes d loss / d parameters from d loss / d output.
  /// Precondition: `forward` was called last with this batch, output and workspace, and the parameters are the same.
  /// Allocates: as `forward` does, and `gradients` if their size changes.
  void backward(const matrix_type& batch, const matrix_type& output, const matrix_type& output_gradient,
                workspace_type& space, vector_type& gradients) const;

  /// A hidden layer's outputs in the last forward pass: rows x units.
  /// Precondition: index < layer_count() - 1.
  weights_view hidden(std::size_t index, const workspace_type& space) const noexcept {
    const place& at = layers_[index];
    return {space.hidden_.data() + space.rows_ * at.hidden, space.rows_, at.units};
  }

  /// Computes the outputs of rows that lie one after the other in `features`, into `out`, one row after the other.
  /// Precondition: with rows = features.size() / inputs(), `space` is from make_workspace for at least so many rows,
  /// and `out` has room for rows * outputs() numbers.
  /// Allocates: never; uses up to 256 KiB of stack.
  void predict(std::span<const Scalar> features, workspace_type& space, std::span<Scalar> out) const noexcept {
    const Eigen::Index rows = static_cast<Eigen::Index>(features.size()) / inputs();
    eigen_assert(space.hidden_.size() >= rows * hidden_units_ &&
                 static_cast<Eigen::Index>(out.size()) >= rows * outputs());
    run_forward(features.data(), rows, space, out.data());
  }

 private:
  struct place {
    Eigen::Index inputs;
    Eigen::Index units;
    activation function;
    Eigen::Index weights;  // offsets into the parameters
    Eigen::Index bias;
    Eigen::Index hidden;  // offsets into a workspace, for one row
    Eigen::Index sums;
  };
  using matrix_map = Eigen::Map<matrix_type>;
  using array_map = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

  void reserve(workspace_type& space, Eigen::Index rows) const {
    if (space.hidden_.size() < rows * hidden_units_) space.hidden_.resize(rows * hidden_units_);
    if (space.sums_.size() < rows * sum_units_) space.sums_.resize(rows * sum_units_);
  }
  void run_forward(const Scalar* batch, Eigen::Index rows, workspace_type& space, Scalar* output) const;
  const Scalar* seen_by_activation(std::size_t index, const matrix_type& output, const workspace_type& space) const;
  void write_gradients(const place& at, const weights_view& from, const weights_view& sums_gradient,
                       vector_type& gradients) const;

  std::vector<place> layers_;
  vector_type parameters_;
  Eigen::Index hidden_units_ = 0;  // units of all layers but the last
  Eigen::Index sum_units_ = 0;     // units of all layers that keep their weighted sums
  Eigen::Index widest_ = 0;        // units of the widest hidden layer
};

template <class Scalar>
network<Scalar>::network(Eigen::Index inputs, std::vector<dense> layers, std::uint64_t seed) {
  eigen_assert(inputs > 0 && !layers.empty());
  Eigen::Index size = 0;
  layers_.reserve(layers.size());
  for (const dense& next : layers) {
    eigen_assert(next.units > 0);
    const Eigen::Index weights = size;
    const Eigen::Index bias = weights + inputs * next.units;
    layers_.push_back({inputs, next.units, next.function, weights, bias, hidden_units_, sum_units_});
    size = bias + next.units;
    if (layers_.size() < layers.size()) {
      hidden_units_ += next.units;
      widest_ = (std::max)(widest_, next.units);
    }
    if (needs_input(next.function)) sum_units_ += next.units;
    inputs = next.units;
  }

  parameters_.setZero(size);
  random_engine random(seed);
  for (const place& at : layers_) {
    const bool glorot =
        at.function == activation::identity || at.function == activation::tanh || at.function == activation::sigmoid;
    const auto fan = static_cast<double>(glorot ? at.inputs + at.units : at.inputs);
    const double limit = std::sqrt(6.0 / fan);
    for (Eigen::Index i = at.weights; i < at.bias; ++i)
      parameters_[i] = static_cast<Scalar>(limit * (2.0 * random.uniform() - 1.0));
  }
}

template <class Scalar>
std::vector<std::byte> network<Scalar>::save() const {
  detail::network_body body;
  body.number(static_cast<std::uint64_t>(inputs()));
  body.number(static_cast<std::uint32_t>(layer_count()));
  for (const place& at : layers_) {
    body.number(static_cast<std::uint64_t>(at.units));
    body.name(to_string(at.function));
  }
  body.number(static_cast<std::uint64_t>(parameter_count()));
  for (Eigen::Index i = 0; i < parameter_count(); ++i) body.real(parameters_[i]);
  return std::move(body).template finish<Scalar>();
}

template <class Scalar>
result<network<Scalar>> network<Scalar>::load(std::span<const std::byte> bytes) {
  const auto read = detail::read_network<Scalar>(bytes);
  if (!read) return read.error();
  std::vector<dense> layers;
  layers.reserve(read->layers.size());
  for (const detail::saved_layer& layer : read->layers)
    layers.push_back({static_cast<Eigen::Index>(layer.units), layer.function});
  network made(static_cast<Eigen::Index>(read->inputs), std::move(layers));
  detail::network_cursor in(read->parameters);
  for (Eigen::Index i = 0; i < made.parameter_count(); ++i) in.real(made.parameters_[i]);
  return made;
}

template <class Scalar>
void network<Scalar>::run_forward(const Scalar* batch, Eigen::Index rows, workspace_type& space, Scalar* output) const {
  space.rows_ = rows;
  const Scalar* from = batch;
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    const place& at = layers_[k];
    Scalar* to = k + 1 < layers_.size() ? space.hidden_.data() + rows * at.hidden : output;
    matrix_map sums(to, rows, at.units);
    sums.rowwise() = bias(k);
    detail::add_product(sums, weights_view(from, rows, at.inputs), weights(k));
    if (needs_input(at.function))
      array_map(space.sums_.data() + rows * at.sums, sums.size()) = array_map(to, sums.size());
    activate(at.function, to, sums.size());
    from = to;
  }
}

/// What a layer's derivative is taken from in the last forward pass: its sums if it needs them, else its outputs.
template <class Scalar>
const Scalar* network<Scalar>::seen_by_activation(std::size_t index, const matrix_type& output,
                                                  const workspace_type& space) const {
  const place& at = layers_[index];
  if (needs_input(at.function)) return space.sums_.data() + space.rows_ * at.sums;
  return index + 1 == layers_.size() ? output.data() : space.hidden_.data() + space.rows_ * at.hidden;
}

/// The gradients of one layer's weights and bias, from the one of its sums.
template <class Scalar>
void network<Scalar>::write_gradients(const place& at, const weights_view& from, const weights_view& sums_gradient,
                                      vector_type& gradients) const {
  matrix_map weights_gradient(gradients.data() + at.weights, at.inputs, at.units);
  weights_gradient.setZero();
  detail::add_product(weights_gradient, from.transpose(), sums_gradient);
  Eigen::Map<Eigen::Matrix<Scalar, 1, Eigen::Dynamic>>(gradients.data() + at.bias, at.units) =
      sums_gradient.colwise().sum();
}

template <class Scalar>
void network<Scalar>::backward(const matrix_type& batch, const matrix_type& output, const matrix_type& output_gradient,
                               workspace_type& space, vector_type& gradients) const {
  const Eigen::Index rows = batch.rows();
  eigen_assert(space.rows_ == rows && output_gradient.rows() == rows && output_gradient.cols() == outputs());
  gradients.resize(parameter_count());
  const Eigen::Index half = rows * (std::max)(widest_, outputs());
  if (space.gradient_.size() < 2 * half) space.gradient_.resize(2 * half);
  Scalar* here = space.gradient_.data();
  Scalar* there = here + half;

  const Scalar* gradient = output_gradient.data();  // with respect to this layer's outputs, then to its sums
  for (std::size_t k = layers_.size(); k-- > 0;) {
    const place& at = layers_[k];
    if (at.function != activation::identity) {
      if (k + 1 == layers_.size()) {
        array_map(here, output_gradient.size()) =
            Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>(gradient, output_gradient.size());
        gradient = here;
        std::swap(here, there);
      }
      // `gradient` points to the buffer that was written last, which the swap has named `there`.
      activate_backward(at.function, seen_by_activation(k, output, space), there, rows * at.units);
    }
    const weights_view sums_gradient(gradient, rows, at.units);
    const weights_view from(k > 0 ? space.hidden_.data() + rows * layers_[k - 1].hidden : batch.data(), rows,
                            at.inputs);
    write_gradients(at, from, sums_gradient, gradients);
    if (k > 0) {
      matrix_map from_gradient(here, rows, at.inputs);
      from_gradient.setZero();
      detail::add_product(from_gradient, sums_gradient, weights(k).transpose());
      gradient = here;
      std::swap(here, there);
    }
  }
}

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_NETWORK_HPP
