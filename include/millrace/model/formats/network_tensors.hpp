#ifndef MILLRACE_MODEL_FORMATS_NETWORK_TENSORS_HPP
#define MILLRACE_MODEL_FORMATS_NETWORK_TENSORS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/safetensors.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/mlp.hpp>
#include <millrace/tensor/view.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How tensors of a network are called, and the functions between its layers, which files do not say. Layers are
/// `<prefix><number>.weight`, units x inputs, and `<prefix><number>.bias`, as PyTorch has them: `layers.0.weight` with
/// the prefix `layers.`, `fc1.weight` with `fc`, and without one `0.weight`, `2.weight` of an `nn.Sequential`.
struct network_names {
  std::string_view prefix{};
  activation hidden = activation::relu;
  activation last = activation::identity;
};

namespace detail {

/// A layer's numbers, as mlp takes them.
struct stored_layer {
  std::uint64_t number = 0;
  std::size_t inputs = 0;
  std::vector<float> weights;
  std::vector<float> bias;
};

inline error in_network(std::string_view name, const std::string& what, errc code) {
  return error(code, "network: \"" + std::string(name.substr(0, 80)) + "\": " + what);
}

/// The numbers of a tensor of floats, of whatever size, as floats.
inline result<std::vector<float>> floats_of(const named_tensor& from) {
  std::vector<float> made(from.values.size());
  const bool floating = tensor::visit_dtype(from.values.dtype(), [&]<class T>(tensor::element_tag<T>) {
    if constexpr (!tensor::is_floating(tensor::dtype_of<T>)) return false;
    const T* const numbers = static_cast<const T*>(from.values.data());
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<float>(numbers[i]);
    return true;
  });
  if (!floating)
    return in_network(from.name,
                      "its numbers are of type " + std::string(to_string(from.values.dtype())) + ", and no floats",
                      errc::type_mismatch);
  return made;
}

inline result<void> add_to_layer(const named_tensor& from, bool weight, stored_layer& to) {
  if (from.values.rank() != (weight ? 2U : 1U))
    return in_network(from.name, "it has " + std::to_string(from.values.rank()) + " axes", errc::shape_mismatch);
  auto numbers = floats_of(from);
  if (!numbers) return std::move(numbers).error();
  if (!weight) {
    to.bias = std::move(*numbers);
    return {};
  }
  const std::size_t units = from.values.shape()[0];
  to.inputs = from.values.shape()[1];
  to.weights.resize(numbers->size());
  for (std::size_t n = 0; n < units; ++n)
    for (std::size_t i = 0; i < to.inputs; ++i) to.weights[i * units + n] = (*numbers)[n * to.inputs + i];
  return {};
}

/// The layers in the order of their numbers. A tensor of the prefix that is no weight of a layer is an error: what it
/// does to rows would be left out.
inline result<std::vector<stored_layer>> stored_layers(const safetensors& file, std::string_view prefix) {
  std::vector<stored_layer> made;
  for (const named_tensor& each : file.tensors()) {
    std::string_view rest = each.name;
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const bool padded = rest.starts_with('0') && read.ptr != rest.data() + 1;  // "00.weight" beside "0.weight"
    rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
    if (read.ec != std::errc() || padded || (rest != ".weight" && rest != ".bias"))
      return in_network(
          each.name, "it is neither <number>.weight nor <number>.bias behind the prefix \"" + std::string(prefix) + '"',
          errc::unsupported);
    auto at = std::find_if(made.begin(), made.end(), [&](const stored_layer& layer) { return layer.number == number; });
    if (at == made.end()) {
      if (made.size() == most_layers) return error(errc::unsupported, "network: more than 64 layers");
      at = made.insert(at, stored_layer{number, 0, {}, {}});
    }
    if (auto done = add_to_layer(each, rest == ".weight", *at); !done) return std::move(done).error();
  }
  if (made.empty())
    return error(errc::invalid_argument, "network: no tensor's name begins with \"" + std::string(prefix) + '"');
  std::sort(made.begin(), made.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (stored_layer& layer : made) {
    if (layer.inputs == 0 || layer.weights.empty())
      return error(errc::invalid_data, "network: layer " + std::to_string(layer.number) + " has no weights");
    if (layer.bias.empty()) layer.bias.assign(layer.weights.size() / layer.inputs, 0.0F);
  }
  return made;
}

}  // namespace detail

/// Makes an mlp of a file's tensors, of floats of any size; a layer without a bias has zeros.
///
///     auto file = mr::model::load_safetensors("network.safetensors");
///     auto model = mr::model::network_of<>(*file, {.prefix = "layers."});
///
/// Allocates: three times the weights. Errors: invalid_argument (no such tensor), unsupported (a tensor of the prefix
/// that is no layer's, by its name), shape_mismatch, type_mismatch, invalid_data, and those of `mlp::make`.
template <class Loss = logistic_loss>
result<mlp<Loss>> network_of(const safetensors& file, const network_names& names = {}, const Loss& loss = {}) {
  auto stored = detail::stored_layers(file, names.prefix);
  if (!stored) return std::move(stored).error();
  std::vector<mlp_layer> layers;
  for (const detail::stored_layer& each : *stored) layers.push_back({each.weights, each.bias, names.hidden});
  layers.back().function = names.last;
  return mlp<Loss>::make(stored->front().inputs, layers, loss);
}

/// Writes a network's weights so, as floats of 32 bits, layers numbered from 0 on. What `fit` measured of columns and
/// targets becomes part of the first and last layer's, rounded anew, so that these take rows as the network does. Loss
/// and functions are not in the file.
/// Guarantee: what `network_of` made is written to the bit, but for the sign of a zero.
/// Allocates: the bytes, and once more the weights.
template <class Loss>
result<std::vector<std::byte>> write_safetensors(const mlp<Loss>& network, std::string_view prefix = "layers.") {
  std::vector<std::vector<float>> numbers;
  std::vector<named_tensor> tensors;
  std::size_t inputs = network.inputs();
  for (std::size_t k = 0; k < network.layers(); ++k) {
    const std::size_t units = network.units(k);
    const bool last = k + 1 == network.layers();
    const bool scaled = k == 0 && !network.means().empty();
    std::vector<float>& weights = numbers.emplace_back(units * inputs);
    std::vector<float> biases(units);
    for (std::size_t n = 0; n < units; ++n) {
      double bias = double{network.bias(k, n)};
      for (std::size_t i = 0; i < inputs; ++i) {
        double weight = double{network.weight(k, i, n)};
        if (scaled) weight *= double{network.factors()[i]};
        if (scaled) bias -= double{network.means()[i]} * weight;
        weights[n * inputs + i] = static_cast<float>(last ? network.spread() * weight : weight);
      }
      biases[n] = static_cast<float>(last ? network.offsets()[n] + network.spread() * bias : bias);
    }
    const std::string name = std::string(prefix) + std::to_string(k);
    tensors.push_back({name + ".weight",
                       tensor::basic_tensor_view<const float>(weights.data(), tensor::tensor_shape{units, inputs})});
    numbers.push_back(std::move(biases));
    tensors.push_back(
        {name + ".bias", tensor::basic_tensor_view<const float>(numbers.back().data(), tensor::tensor_shape{units})});
    inputs = units;
  }
  return write_safetensors(tensors);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_NETWORK_TENSORS_HPP
