#ifndef MILLRACE_MODEL_TO_GRAPH_TREES_HPP
#define MILLRACE_MODEL_TO_GRAPH_TREES_HPP

#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/detail/tree_operator.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/to_graph/links.hpp>
#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/trees/isolation_forest.hpp>
#include <millrace/model/trees/isolation_reasons.hpp>
#include <millrace/model/trees/random_forest.hpp>

#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Models of trees as graphs: an operator for trees, and what the model makes of their sums. Splits by categories and
// the side of missing values are in it. A forest of several classes has each tree once for each of them.

template <class Loss>
graph_builder::value add_scores(graph_builder& to, const boosted_trees<Loss>& model, graph_builder::value rows) {
  return detail::tree_operator(to, model.trees(), model.inputs(), model.start()).scores(rows);
}
template <class Loss>
graph_builder::value add_outputs(graph_builder& to, const boosted_trees<Loss>& model, graph_builder::value rows) {
  return add_link(to, model.loss(), add_scores(to, model, rows));
}

inline graph_builder::value add_outputs(graph_builder& to, const random_forest& model, graph_builder::value rows) {
  const std::vector<double> start(model.outputs());
  const graph_builder::value sums = detail::tree_operator(to, model.trees(), model.inputs(), start).scores(rows);
  return model.outputs() == 1 ? sums : to.call("Min", {sums, to.number(1)});
}

/// The score, in [-1, 0): the lower, the more unusual.
inline graph_builder::value add_outputs(graph_builder& to, const isolation_forest& model, graph_builder::value rows) {
  const auto trees = explained_trees(model);  // which add up to log2(-score)
  if (!trees) {
    to.refuse(trees.error().message());
    return rows;
  }
  const std::vector<double> start(1);
  const graph_builder::value sum = detail::tree_operator(to, *trees, model.inputs(), start).scores(rows);
  return to.call("Neg", {to.call("Pow", {to.number(2), sum})});
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_TREES_HPP
