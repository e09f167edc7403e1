#ifndef MILLRACE_MODEL_NETWORK_DETAIL_DENSE_LAYERS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_DENSE_LAYERS_HPP

#include <millrace/core/detail/dense_products.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/activation.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The most inputs of a row, and units of a layer: the memory for one row stands on the stack.
inline constexpr std::size_t most_units = 4'096;
inline constexpr std::size_t most_layers = 64;

/// One layer of a network that is asked, and where its numbers stand.
struct dense_layer_place : dense_shape<float> {
  activation function = activation::identity;
  std::size_t weights = 0;
  std::size_t bias = 0;

  std::size_t weight(std::size_t input, std::size_t unit) const noexcept {
    return weights + dense_shape<float>::weight(input, unit);
  }
  dense_view<float> view(const float* numbers) const noexcept {
    return {*this, numbers + weights, numbers + bias, function == activation::relu};
  }
  /// Whether the values of the view are those of the function.
  bool is_done() const noexcept { return function == activation::relu || function == activation::identity; }
};

/// The layers of a network, stored as the kernels that ask read them, padded with zeros.
class dense_layers {
 public:
  dense_layers() = default;
  /// Layers of which all weights are 0: units and function of each.
  dense_layers(std::size_t inputs, const std::vector<std::pair<std::size_t, activation>>& shape) : inputs_(inputs) {
    std::size_t size = 0;
    for (const auto& [units, function] : shape) {
      dense_layer_place at{{inputs, units}, function, size, 0};
      at.bias = size + at.weight_count();
      size = at.bias + whole_blocks(units);
      places_.push_back(at);
      widest_ = whole_blocks(inputs) > widest_ ? whole_blocks(inputs) : widest_;
      widest_ = whole_blocks(units) > widest_ ? whole_blocks(units) : widest_;
      inputs = units;
    }
    numbers_ = line_floats(size);
  }

  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return places_.empty() ? 0 : places_.back().units; }
  std::size_t count() const noexcept { return places_.size(); }
  /// Of the inputs and all layers, in whole blocks.
  std::size_t widest() const noexcept { return widest_; }
  const dense_layer_place& place(std::size_t index) const noexcept { return places_[index]; }
  const float* numbers() const noexcept { return numbers_.data(); }

  float& weight(std::size_t index, std::size_t input, std::size_t unit) noexcept {
    return numbers_.data()[places_[index].weight(input, unit)];
  }
  float weight(std::size_t index, std::size_t input, std::size_t unit) const noexcept {
    return numbers_.data()[places_[index].weight(input, unit)];
  }
  float& bias(std::size_t index, std::size_t unit) noexcept { return numbers_.data()[places_[index].bias + unit]; }
  float bias(std::size_t index, std::size_t unit) const noexcept { return numbers_.data()[places_[index].bias + unit]; }

 private:
  std::size_t inputs_ = 0;
  std::size_t widest_ = 0;
  std::vector<dense_layer_place> places_;
  line_floats numbers_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_DENSE_LAYERS_HPP
