#ifndef MILLRACE_MODEL_TO_GRAPH_CLUSTERS_HPP
#define MILLRACE_MODEL_TO_GRAPH_CLUSTERS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/cluster/k_means.hpp>
#include <millrace/model/cluster/mini_batch_k_means.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

template <class M>
concept made_of_centres = std::same_as<M, k_means> || std::same_as<M, mini_batch_k_means>;

namespace detail {

/// The squared distances, rows x clusters.
template <made_of_centres M>
graph_builder::value add_squared_distances(graph_builder& to, const M& model, graph_builder::value rows) {
  if constexpr (requires { model.fitted(); })
    if (!model.fitted()) {
      to.refuse("centres of a model that has seen no row");
      return rows;
    }
  std::vector<double> centres;
  for (std::size_t k = 0; k < model.clusters(); ++k)
    for (std::size_t j = 0; j < model.inputs(); ++j) centres.push_back(model.centre(k, j));
  const graph_builder::value table =
      to.numbers(centres, {1, static_cast<std::int64_t>(model.clusters()), static_cast<std::int64_t>(model.inputs())});
  const graph_builder::value apart = to.call("Unsqueeze", {to.real(rows), to.integers({1})});
  const graph_builder::value off = to.call("Sub", {apart, table});
  const graph_builder::value counted = to.call("Where", {to.call("IsNaN", {off}), to.number(0), off});
  const graph_builder::value squares = to.call("Mul", {counted, counted});
  return to.call("ReduceSum", {squares, to.integers({2})}, {{"keepdims", std::int64_t{0}}});
}
inline graph_builder::value add_nearest(graph_builder& to, graph_builder::value squared_distances) {
  return to.cast(to.call("ArgMin", {squared_distances}, {{"axis", std::int64_t{1}}}), to.element());
}

}  // namespace detail

// Models of centres as graphs: the distances of a row from all centres, in which a missing feature does not count, and
// the number of the nearest, the first of several.

template <made_of_centres M>
graph_builder::value add_outputs(graph_builder& to, const M& model, graph_builder::value rows) {
  return detail::add_nearest(to, detail::add_squared_distances(to, model, rows));
}

/// A model of centres as a graph, with the `distances` from all centres, rows x clusters, as a second output.
template <made_of_centres M>
result<graph> to_graph(const M& model, const graph_options& with = {}) {
  graph_builder to(with);
  const graph_builder::value squares =
      detail::add_squared_distances(to, model, to.add_input("rows", tensor::dtype::f32, model.inputs()));
  to.add_output("outputs", detail::add_nearest(to, squares), 1);
  to.add_output("distances", to.call("Sqrt", {squares}), model.clusters());
  return std::move(to).finish();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_CLUSTERS_HPP
