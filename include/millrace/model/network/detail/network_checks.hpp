#ifndef MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_CHECKS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_CHECKS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/network/activation.hpp>
#include <millrace/model/network/detail/dense_layers.hpp>
#include <millrace/model/network/mlp_options.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

inline constexpr const char* mlp_name = "mlp";

template <class Loss>
result<void> check_loss_parameter(const Loss& loss) {
  if constexpr (requires { loss.check_parameter(); }) {
    if (auto right = loss.check_parameter(); !right) return right;
  }
  if (loss.outputs() >= 1 && loss.outputs() <= most_units) return {};
  return error(errc::invalid_argument, "mlp: a loss of " + std::to_string(loss.outputs()) + " outputs, outside 1 to " +
                                           std::to_string(most_units));
}

inline result<void> check_network_options(const mlp_options& with, std::size_t columns) {
  const auto is_price = [](double x) { return x >= 0 && math::is_finite(x); };
  if (columns > most_units)
    return error(errc::shape_mismatch, "mlp: the rows have " + std::to_string(columns) + " columns, more than 4096");
  if (with.hidden.size() >= most_layers) return wrong_option(mlp_name, "hidden", "of fewer than 64 layers");
  for (const std::size_t units : with.hidden)
    if (units < 1 || units > most_units) return wrong_option(mlp_name, "hidden", "of 1 to 4096 units a layer");
  if (!is_activation(with.function)) return wrong_option(mlp_name, "function", "an activation");
  if (with.epochs == 0) return wrong_option(mlp_name, "epochs", "above 0");
  if (with.batch == 0) return wrong_option(mlp_name, "batch", "above 0");
  if (!(with.rate > 0 && math::is_finite(with.rate))) return wrong_option(mlp_name, "rate", "finite and above 0");
  if (with.schedule > rate_schedule::cosine) return wrong_option(mlp_name, "schedule", "a rate_schedule");
  if (!is_price(with.l2)) return wrong_option(mlp_name, "l2", "finite and 0 or above");
  if (!is_price(with.weight_decay)) return wrong_option(mlp_name, "weight_decay", "finite and 0 or above");
  if (!(with.validation_share > 0 && with.validation_share < 1))
    return wrong_option(mlp_name, "validation_share", "in (0, 1)");
  return {};
}

/// All that `fit` refuses before it begins.
template <class Loss>
result<void> check_network_fit(const matrix_view& rows, std::span<const float> targets, const mlp_options& with,
                               std::span<const float> weights, const Loss& loss) {
  if (auto right = check_loss_parameter(loss); !right) return right;
  if (auto right = finite_rows(mlp_name, rows); !right) {
    if (right.error().code() != errc::not_finite) return right;
    return error(errc::not_finite, std::string(right.error().message()) + "; fill missing values first, by impute");
  }
  if (auto right = check_network_options(with, rows.columns()); !right) return right;
  if (auto same = one_each(mlp_name, "targets", targets.size(), rows.rows()); !same) return same;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (auto right = loss.check_target(targets[i], i); !right) return right;
  if (auto total = sum_of_weights(mlp_name, weights, rows.rows()); !total) return std::move(total).error();
  return {};
}

/// `Layers`: weights, bias and function of each, in their order.
template <class Layers>
result<dense_layers> layers_of(std::size_t inputs, const Layers& layers, std::size_t outputs) {
  const auto wrong = [](std::size_t k, const std::string& what) {
    return error(errc::shape_mismatch, "mlp: layer " + std::to_string(k) + ": " + what);
  };
  if (layers.empty() || layers.size() > most_layers)
    return error(errc::invalid_argument, "mlp: " + std::to_string(layers.size()) + " layers, outside 1 to 64");
  if (inputs < 1 || inputs > most_units)
    return error(errc::invalid_argument, "mlp: " + std::to_string(inputs) + " inputs, outside 1 to 4096");
  std::vector<std::pair<std::size_t, activation>> shape;
  for (std::size_t k = 0, before = inputs; k < layers.size(); ++k) {
    const std::size_t units = layers[k].bias.size();
    if (units < 1 || units > most_units || !is_activation(layers[k].function))
      return error(errc::invalid_argument,
                   "mlp: layer " + std::to_string(k) + ": not 1 to 4096 units, or an unknown function");
    if (layers[k].weights.size() != before * units)
      return wrong(k, std::to_string(layers[k].weights.size()) + " weights for " + std::to_string(before) +
                          " inputs and " + std::to_string(units) + " units");
    if (!all_finite(layers[k].weights) || !all_finite(layers[k].bias))
      return error(errc::not_finite, "mlp: layer " + std::to_string(k) + " has a weight that is not finite");
    shape.push_back({units, layers[k].function});
    before = units;
  }
  if (shape.back().first != outputs)
    return wrong(layers.size() - 1,
                 std::to_string(shape.back().first) + " units for a loss of " + std::to_string(outputs) + " outputs");
  dense_layers made(inputs, shape);
  for (std::size_t k = 0; k < layers.size(); ++k)
    for (std::size_t n = 0; n < shape[k].first; ++n) {
      made.bias(k, n) = layers[k].bias[n];
      for (std::size_t i = 0; i < made.place(k).inputs; ++i)
        made.weight(k, i, n) = layers[k].weights[i * shape[k].first + n];
    }
  return made;
}

inline void write_float(envelope_writer& to, float x) { to.u32(std::bit_cast<std::uint32_t>(x)); }
inline float read_float(envelope_reader& from) noexcept { return std::bit_cast<float>(from.u32()); }

/// Inputs, the number of layers, units and function of each, and then its weights and biases.
inline void save_layers(envelope_writer& to, const dense_layers& layers) {
  to.u64(layers.inputs());
  to.u64(layers.count());
  for (std::size_t l = 0; l < layers.count(); ++l) {
    to.u64(layers.place(l).units);
    to.u8(static_cast<std::uint8_t>(layers.place(l).function));
  }
  for (std::size_t l = 0; l < layers.count(); ++l) {
    for (std::size_t k = 0; k < layers.place(l).inputs; ++k)
      for (std::size_t n = 0; n < layers.place(l).units; ++n) write_float(to, layers.weight(l, k, n));
    for (std::size_t n = 0; n < layers.place(l).units; ++n) write_float(to, layers.bias(l, n));
  }
}
/// Whether the numbers can be a network. Allocates: no more than a few times the bytes that are left, whatever they
/// claim, and 64 bytes for each input.
inline bool load_layers(envelope_reader& from, dense_layers& layers) {
  const std::uint64_t inputs = from.u64();
  const std::size_t count = from.count(9);
  if (inputs < 1 || inputs > most_units || count < 1 || count > most_layers) return false;
  std::vector<std::pair<std::size_t, activation>> shape;
  std::uint64_t numbers = 0;
  std::uint64_t before = inputs;
  for (std::size_t l = 0; l < count; ++l) {
    const std::uint64_t units = from.u64();
    const auto function = static_cast<activation>(from.u8());
    if (units < 1 || units > most_units || !is_activation(function)) return false;
    shape.push_back({static_cast<std::size_t>(units), function});
    numbers += (before + 1) * units;
    before = units;
  }
  if (numbers > from.remaining() / 4) return false;
  layers = dense_layers(static_cast<std::size_t>(inputs), shape);
  bool finite = true;
  const auto take = [&](float& to) {
    to = read_float(from);
    finite = finite && math::is_finite(static_cast<double>(to));
  };
  for (std::size_t l = 0; l < count; ++l) {
    for (std::size_t k = 0; k < layers.place(l).inputs; ++k)
      for (std::size_t n = 0; n < layers.place(l).units; ++n) take(layers.weight(l, k, n));
    for (std::size_t n = 0; n < layers.place(l).units; ++n) take(layers.bias(l, n));
  }
  return finite;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_CHECKS_HPP
