#ifndef MILLRACE_MODEL_TO_GRAPH_DECOMPOSITION_HPP
#define MILLRACE_MODEL_TO_GRAPH_DECOMPOSITION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/decomposition/pca.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Principal components as a graph: a row's numbers along them, as `pca::transform` writes them.
inline graph_builder::value add_outputs(graph_builder& to, const pca& model, graph_builder::value rows) {
  std::vector<double> directions(model.inputs() * model.outputs());
  for (std::size_t k = 0; k < model.outputs(); ++k) {
    const double variance = model.explained_variance()[k];
    const double factor = !model.whitens() ? 1 : variance > 0 ? 1 / detail::math::sqrt(variance) : 0;
    for (std::size_t j = 0; j < model.inputs(); ++j)
      directions[j * model.outputs() + k] = model.component(k)[j] * factor;
  }
  const auto inputs = static_cast<std::int64_t>(model.inputs());
  const graph_builder::value off = to.call("Sub", {to.real(rows), to.numbers(model.means(), {1, inputs})});
  return to.call("MatMul", {off, to.numbers(directions, {inputs, static_cast<std::int64_t>(model.outputs())})});
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_DECOMPOSITION_HPP
