#ifndef MILLRACE_MODEL_TO_GRAPH_COMBINATIONS_HPP
#define MILLRACE_MODEL_TO_GRAPH_COMBINATIONS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/combination/stacking.hpp>
#include <millrace/model/combination/voting.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What `ballot::majority` makes of a model's outputs: 1 for the class that it chooses, 0 for the others.
inline graph_builder::value add_votes(graph_builder& to, graph_builder::value outputs, std::size_t classes) {
  using value = graph_builder::value;
  if (classes == 1) {
    const value is_one = to.cast(to.call("GreaterOrEqual", {outputs, to.number(0.5)}), to.element());
    return to.call("Where", {to.call("IsNaN", {outputs}), outputs, is_one});
  }
  std::vector<std::int64_t> each;
  for (std::size_t k = 0; k < classes; ++k) each.push_back(static_cast<std::int64_t>(k));
  const value best = to.call("ArgMax", {outputs}, {{"axis", std::int64_t{1}}});  // the first of equal ones
  const value votes = to.cast(to.call("Equal", {best, to.integers(std::move(each))}), to.element());
  return to.call("Where", {to.any_nan(outputs), to.number(math::nan), votes});
}

}  // namespace detail

// Several models as one graph. The headers of their families are included beside this one.

template <class... Models>
requires(becomes_graph<Models> && ...)
graph_builder::value add_outputs(graph_builder& to, const voting<Models...>& model, graph_builder::value rows) {
  std::vector<graph_builder::value> parts;
  detail::for_each_model(model.models(), [&](const auto& one) {
    graph_builder::value outputs = add_outputs(to, one, rows);
    if (model.how() == ballot::majority) outputs = detail::add_votes(to, outputs, model.outputs());
    parts.push_back(to.call("Mul", {outputs, to.number(model.shares()[parts.size()])}));
  });
  graph_builder::value sum = parts[0];
  for (std::size_t k = 1; k < parts.size(); ++k) sum = to.call("Add", {sum, parts[k]});
  return sum;
}

template <class Last, class... Models>
requires(becomes_graph<Last> && (becomes_graph<Models> && ...))
graph_builder::value add_outputs(graph_builder& to, const stacking<Last, Models...>& model, graph_builder::value rows) {
  std::vector<graph_builder::value> columns;
  detail::for_each_model(model.models(),
                         [&](const auto& one) { columns.push_back(to.to_floats(add_outputs(to, one, rows))); });
  return add_outputs(to, model.last(), columns.size() == 1 ? columns[0] : to.beside(std::move(columns)));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_COMBINATIONS_HPP
