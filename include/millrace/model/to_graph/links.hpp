#ifndef MILLRACE_MODEL_TO_GRAPH_LINKS_HPP
#define MILLRACE_MODEL_TO_GRAPH_LINKS_HPP

#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/trees/losses.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {

// What a loss makes of scores, as operators: rows x outputs of the builder's element. A loss of your own has such a
// function beside it.

inline graph_builder::value add_link(graph_builder& to, const logistic_loss&, graph_builder::value scores) {
  return to.logistic(scores);
}
inline graph_builder::value add_link(graph_builder& to, const softmax_loss&, graph_builder::value scores) {
  return to.softmax(scores);
}
inline graph_builder::value add_link(graph_builder&, const squared_loss&, graph_builder::value scores) {
  return scores;
}
inline graph_builder::value add_link(graph_builder&, const quantile_loss&, graph_builder::value scores) {
  return scores;
}
inline graph_builder::value add_link(graph_builder& to, const poisson_loss&, graph_builder::value scores) {
  return to.call("Exp", {scores});
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_LINKS_HPP
