#ifndef MILLRACE_MODEL_TO_GRAPH_BOOSTED_HPP
#define MILLRACE_MODEL_TO_GRAPH_BOOSTED_HPP

#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/detail/tree_operator.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// log(1 + exp(x)).
inline graph_builder::value add_softplus(graph_builder& to, graph_builder::value x) {
  if (!to.is_double()) return to.call("Softplus", {x});  // which engines have in floats only
  const graph_builder::value below = to.call("Exp", {to.call("Neg", {to.call("Abs", {x})})});
  const graph_builder::value bent = to.call("Log", {to.call("Add", {below, to.number(1)})});
  const graph_builder::value whole = to.call("Add", {to.call("Max", {x, to.number(0)}), bent});
  // Far below 0 it is exp(x), of which 1 + exp(x) keeps few digits.
  return to.call("Where", {to.call("Less", {x, to.number(-15)}), to.call("Exp", {x}), whole});
}

inline graph_builder::value add_score_link(graph_builder& to, const boosted_model& model, graph_builder::value x) {
  switch (model.link()) {
    case score_link::none: return x;
    case score_link::sigmoid:
      if (model.slope() != 1) x = to.call("Mul", {x, to.number(model.slope())});
      return to.logistic(x);
    case score_link::softmax: return to.softmax(x);
    case score_link::exponential: return to.call("Exp", {x});
    case score_link::square: return to.call("Mul", {x, to.call("Abs", {x})});
    case score_link::softplus: return add_softplus(to, x);
    case score_link::step: break;
  }
  const graph_builder::value is_one = to.cast(to.call("Greater", {x, to.number(0)}), to.element());
  return to.call("Where", {to.call("IsNaN", {x}), x, is_one});
}

}  // namespace detail

// Models of LightGBM, XGBoost and CatBoost, read here, as graphs: trees, or weights of columns, and the link. Linear
// leaves are refused, as ONNX's trees have none.

inline graph_builder::value add_scores(graph_builder& to, const boosted_model& model, graph_builder::value rows) {
  if (!model.weights().empty()) {
    const auto outputs = static_cast<std::int64_t>(model.outputs());
    const graph_builder::value x = to.real(rows);
    const graph_builder::value there = to.call("Where", {to.call("IsNaN", {x}), to.number(0), x});
    const graph_builder::value weights =
        to.numbers(model.weights(), {static_cast<std::int64_t>(model.inputs()), outputs});
    return to.call("Add", {to.call("MatMul", {there, weights}), to.numbers(model.start(), {1, outputs})});
  }
  if (!model.sums_trees()) to.refuse("linear leaves");
  return detail::tree_operator(to, model.trees(), model.inputs(), model.start()).scores(rows);
}
inline graph_builder::value add_outputs(graph_builder& to, const boosted_model& model, graph_builder::value rows) {
  return detail::add_score_link(to, model, add_scores(to, model, rows));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_BOOSTED_HPP
