#ifndef MILLRACE_MODEL_TO_GRAPH_NETWORKS_HPP
#define MILLRACE_MODEL_TO_GRAPH_NETWORKS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/activation.hpp>
#include <millrace/model/network/mlp.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/to_graph/links.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A layer's function of floats.
inline graph_builder::value add_activation(graph_builder& to, activation function, graph_builder::value x) {
  using value = graph_builder::value;
  const auto number = [&](float of) { return to.floats({&of, 1}, {}); };
  switch (function) {
    case activation::identity: return x;
    case activation::relu: return to.call("Relu", {x});
    case activation::leaky_relu: return to.call("LeakyRelu", {x}, {{"alpha", 0.01F}});
    case activation::tanh: return to.call("Tanh", {x});
    case activation::sigmoid: return to.call("Sigmoid", {x});
    case activation::gelu: break;
  }
  const value cubic = to.call("Mul", {to.call("Mul", {to.call("Mul", {x, x}), x}), number(0.044715F)});
  const value bent = to.call("Tanh", {to.call("Mul", {to.call("Add", {x, cubic}), number(0.7978845608F)})});
  return to.call("Mul", {to.call("Mul", {x, number(0.5F)}), to.call("Add", {bent, number(1)})});
}

/// The values of a layer of rows, both floats.
template <class Loss>
graph_builder::value add_layer(graph_builder& to, const mlp<Loss>& model, std::size_t layer, graph_builder::value x) {
  const std::size_t inputs = layer == 0 ? model.inputs() : model.units(layer - 1);
  const std::size_t units = model.units(layer);
  std::vector<float> weights;
  std::vector<float> bias;
  for (std::size_t j = 0; j < inputs; ++j)
    for (std::size_t k = 0; k < units; ++k) weights.push_back(model.weight(layer, j, k));
  for (std::size_t k = 0; k < units; ++k) bias.push_back(model.bias(layer, k));
  const auto width = static_cast<std::int64_t>(units);
  const graph_builder::value sums =
      to.call("Gemm", {x, to.floats(weights, {static_cast<std::int64_t>(inputs), width}), to.floats(bias, {width})});
  return add_activation(to, model.function(layer), sums);
}

}  // namespace detail

// Networks as graphs: layers of floats, as the model has them, whatever the builder's element is; scores and what the
// loss makes of them are of the element. Engines add products up in orders of their own, which is about 1e-6 of the
// largest term.

template <class Loss>
graph_builder::value add_scores(graph_builder& to, const mlp<Loss>& model, graph_builder::value rows) {
  graph_builder::value x = rows;
  const auto inputs = static_cast<std::int64_t>(model.inputs());
  if (!model.means().empty()) {
    const graph_builder::value off = to.call("Sub", {x, to.floats(model.means(), {1, inputs})});
    x = to.call("Mul", {off, to.floats(model.factors(), {1, inputs})});
  }
  for (std::size_t layer = 0; layer < model.layers(); ++layer) x = detail::add_layer(to, model, layer, x);
  const graph_builder::value scaled = to.call("Mul", {to.real(x), to.number(model.spread())});
  const graph_builder::value scores =
      to.call("Add", {scaled, to.numbers(model.offsets(), {1, static_cast<std::int64_t>(model.outputs())})});
  return to.call("Where", {to.any_nan(rows), to.number(detail::math::nan), scores});
}
template <class Loss>
graph_builder::value add_outputs(graph_builder& to, const mlp<Loss>& model, graph_builder::value rows) {
  return add_link(to, model.loss(), add_scores(to, model, rows));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_NETWORKS_HPP
