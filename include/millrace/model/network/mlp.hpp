#ifndef MILLRACE_MODEL_NETWORK_MLP_HPP
#define MILLRACE_MODEL_NETWORK_MLP_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/linked_scores.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/network/activation.hpp>
#include <millrace/model/network/detail/column_scales.hpp>
#include <millrace/model/network/detail/dense_layers.hpp>
#include <millrace/model/network/detail/network_checks.hpp>
#include <millrace/model/network/detail/network_fit.hpp>
#include <millrace/model/network/detail/network_outputs.hpp>
#include <millrace/model/network/mlp_options.hpp>
#include <millrace/model/trees/losses.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A layer that was trained elsewhere: its weights, inputs x units, row by row, and a bias for each unit.
struct mlp_layer {
  std::span<const float> weights;
  std::span<const float> bias;
  activation function = activation::identity;
};

/// A multi-layer perceptron: layers that each compute function(inputs * weights + bias). It is fitted by mini-batches
/// with AdamW, or made from weights that were trained elsewhere.
///
///     auto fitted = mr::model::mlp<>::fit(rows, labels, {.hidden = {64, 32}, .patience = 5});
///     double probability = (*fitted)(row);
///
/// `Loss`: those of boosted trees: logistic_loss, softmax_loss, squared_loss, quantile_loss, poisson_loss, or your own,
/// as losses.hpp says. It makes a row's outputs of its scores, which are the last layer's.
///
/// Shapes: rows x columns, 4,096 columns and units of a layer at the most; `outputs` numbers a row.
/// Guarantee: the same seed and data give the same weights, with every set of a CPU's instructions: products are always
/// added without being rounded in between (on x86-64 before AVX2, where that takes doubles, a hundred times slower),
/// and in an order that depends on the shapes alone. A row's outputs have the same bits alone and in any batch.
/// Missing values: refused by `fit`; the outputs for a row with NaN are NaN. Infinities asked about give NaN or a
/// number. Complexity: asking, a fused product for each weight; an epoch, about three for each weight and row.
/// Allocates: while fitting, four numbers for each weight, and the values of a batch; asking, never. It takes 33 KiB of
/// the stack.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
/// Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
template <class Loss = logistic_loss>
class mlp : public detail::linked_scores<mlp<Loss>> {
 public:
  using options_type = mlp_options;

  /// `targets` and, if there are any, `weights`: one for each row; a row of weight 0 changes nothing.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// a target or a weight), out_of_range (a feature or target beyond 1e30, a target that is none of the loss's, a
  /// negative weight), invalid_data (every weight is 0, or the rate is so high that weights leave the range of floats).
  static result<mlp> fit(const matrix_view& rows, std::span<const float> targets, const mlp_options& with = {},
                         std::span<const float> weights = {}, const Loss& loss = {}) {
    if (auto right = detail::check_network_fit(rows, targets, with, weights, loss); !right)
      return std::move(right).error();
    detail::network_fit<Loss> learning(loss, rows, targets, weights, with);
    if (auto done = learning.run(); !done) return std::move(done).error();
    mlp fitted;
    fitted.loss_ = loss;
    fitted.scales_ = std::move(learning.scales());
    fitted.offset_ = learning.offset();
    fitted.spread_ = learning.spread();
    fitted.layers_ = learning.layers();
    return fitted;
  }

  /// From layers in their order; the first has `inputs` inputs. Weights must be finite. Where the last layer has its
  /// own function and its outputs are what is wanted, `Loss` is squared_loss, which leaves them as they are. Errors:
  /// invalid_argument (no layers, too many or too large, or an unknown function), shape_mismatch (weights, or outputs
  /// that are not the loss's), not_finite (a weight, with its layer).
  static result<mlp> make(std::size_t inputs, std::span<const mlp_layer> layers, const Loss& loss = {}) {
    if (auto right = detail::check_loss_parameter(loss); !right) return std::move(right).error();
    auto made_layers = detail::layers_of(inputs, layers, loss.outputs());
    if (!made_layers) return std::move(made_layers).error();
    mlp made;
    made.loss_ = loss;
    made.offset_.resize(loss.outputs());
    made.layers_ = std::move(*made_layers);
    return made;
  }
  /// From a network such as `train::network<float>`, which this header need not know: it has inputs(), layer_count(),
  /// and for each layer weights(k) and bias(k), contiguous, and layer(k) with `units` and a `function` that `to_string`
  /// names. Errors: those of `make`.
  template <class Network>
  static result<mlp> of_network(const Network& network, const Loss& loss = {}) {
    std::vector<mlp_layer> layers;
    auto inputs = static_cast<std::size_t>(network.inputs());
    for (std::size_t k = 0; k < network.layer_count(); ++k) {
      const auto layer = network.layer(k);
      const auto units = static_cast<std::size_t>(layer.units);
      const auto function = parse_activation(to_string(layer.function));
      if (!function)
        return error(errc::invalid_argument, "mlp: layer " + std::to_string(k) + " has a function unknown here");
      layers.push_back({{network.weights(k).data(), inputs * units}, {network.bias(k).data(), units}, *function});
      inputs = units;
    }
    return make(static_cast<std::size_t>(network.inputs()), layers, loss);
  }

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return layers_.inputs(); }
  std::size_t outputs() const noexcept { return layers_.outputs(); }
  std::size_t layers() const noexcept { return layers_.count(); }
  /// Units and function of a layer. Precondition: layer < layers().
  std::size_t units(std::size_t layer) const noexcept { return layers_.place(layer).units; }
  activation function(std::size_t layer) const noexcept { return layers_.place(layer).function; }
  const Loss& loss() const noexcept { return loss_; }
  /// The weight of an input in a unit of a layer, and a unit's bias. Precondition: layer < layers(), and so on.
  float weight(std::size_t layer, std::size_t input, std::size_t unit) const noexcept {
    return layers_.weight(layer, input, unit);
  }
  float bias(std::size_t layer, std::size_t unit) const noexcept { return layers_.bias(layer, unit); }
  /// What is subtracted from each input, and what the difference is multiplied by; empty where they are taken as they
  /// are.
  std::span<const float> means() const noexcept { return scales_.means(); }
  std::span<const float> factors() const noexcept { return scales_.factors(); }
  /// A score is offsets()[output] + spread() * the last layer's.
  std::span<const double> offsets() const noexcept { return offset_; }
  double spread() const noexcept { return spread_; }

  /// A row's scores, before the loss makes outputs of them: for logistic_loss the log odds. A row of fewer columns than
  /// the model's has NaN for every score. Precondition: out.size() == outputs(), or nothing is written.
  void score(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() == outputs()) score_rows(row.data(), row.size(), row.size(), 1, out.data());
  }
  /// All rows' scores, row after row, as far as `out` has room: rows.rows() * outputs().
  void score(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t room = out.size() / outputs();
    score_rows(rows.data(), rows.stride(), rows.columns(), rows.rows() < room ? rows.rows() : room, out.data());
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const;
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<mlp> load(std::span<const std::byte> bytes);

 private:
  mlp() = default;
  static std::string type() { return "mlp<" + std::string(Loss::name) + ">"; }

  void score_rows(const float* rows, std::size_t stride, std::size_t columns, std::size_t count,
                  double* out) const noexcept {
    const std::size_t width = outputs();
    if (columns < inputs()) {
      for (std::size_t i = 0; i < count * width; ++i) out[i] = detail::math::nan;
      return;
    }
    detail::run_on(detail::best_lane_cpu(), detail::network_outputs{layers_, scales_.view(), rows, stride, count, out});
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < width; ++k) {
        double part = spread_ * out[i * width + k];
        detail::rounded(part);
        const double score = offset_[k] + part;
        out[i * width + k] = detail::math::is_nan(score) ? detail::math::nan : score;  // one NaN, of one sign
      }
  }

  Loss loss_{};
  detail::column_scales scales_;  // of the inputs; none where they are taken as they are
  std::vector<double> offset_;    // a score is offset + spread * the network's output
  double spread_ = 1;
  detail::dense_layers layers_;
};

template <class Loss>
std::vector<std::byte> mlp<Loss>::save() const {
  const std::string name = type();
  envelope_writer to(name);
  if constexpr (requires { loss_.parameter(); }) to.f64(loss_.parameter());
  to.u64(scales_.means().size());
  for (const float x : scales_.means()) detail::write_float(to, x);
  for (const float x : scales_.factors()) detail::write_float(to, x);
  to.u64(offset_.size());
  for (const double x : offset_) to.f64(x);
  to.f64(spread_);
  detail::save_layers(to, layers_);
  return std::move(to).finish();
}

template <class Loss>
result<mlp<Loss>> mlp<Loss>::load(std::span<const std::byte> bytes) {
  const std::string name = type();
  auto from = envelope_reader::open(bytes, name);
  if (!from) return std::move(from).error();
  mlp loaded;
  if constexpr (requires { loaded.loss_.parameter(); }) loaded.loss_ = Loss::of_parameter(from->f64());
  const std::size_t scaled = from->count(8);
  std::vector<float> means(scaled);
  std::vector<float> factors(scaled);
  for (float& x : means) x = detail::read_float(*from);
  for (float& x : factors) x = detail::read_float(*from);
  loaded.scales_ = detail::column_scales(means, factors);
  loaded.offset_.resize(from->count(8));
  for (double& x : loaded.offset_) x = from->f64();
  loaded.spread_ = from->f64();
  bool valid = detail::all_finite(means) && detail::all_finite(factors);
  for (const double x : loaded.offset_) valid = valid && detail::math::is_finite(x);
  valid = valid && detail::math::is_finite(loaded.spread_) && detail::load_layers(*from, loaded.layers_);
  valid = valid && (scaled == 0 || scaled == loaded.inputs()) && loaded.offset_.size() == loaded.outputs() &&
          detail::check_loss_parameter(loaded.loss_).has_value() && loaded.loss_.outputs() == loaded.outputs();
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_MLP_HPP
