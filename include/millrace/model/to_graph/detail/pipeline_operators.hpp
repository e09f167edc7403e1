#ifndef MILLRACE_MODEL_TO_GRAPH_DETAIL_PIPELINE_OPERATORS_HPP
#define MILLRACE_MODEL_TO_GRAPH_DETAIL_PIPELINE_OPERATORS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/detail/model_scores.hpp>
#include <millrace/model/pipeline/steps.hpp>
#include <millrace/model/to_graph/calibration.hpp>
#include <millrace/model/to_graph/features.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

template <class M>
concept adds_scores =
    requires(const M& model, graph_builder& to, graph_builder::value rows) { add_scores(to, model, rows); };

/// As `write_scores`.
template <class Model>
graph_builder::value add_raw_scores(graph_builder& to, const Model& model, graph_builder::value rows) {
  if constexpr (adds_scores<Model>)
    return add_scores(to, model, rows);
  else
    return add_outputs(to, model, rows);
}
/// As `write_class_odds`, in doubles, of which 1 - 1e-15 is one.
inline graph_builder::value add_class_odds(graph_builder& to, graph_builder::value probabilities) {
  using value = graph_builder::value;
  const auto constant = [&](double x) { return to.doubles({&x, 1}, {}); };
  const value p = to.is_double() ? probabilities : to.cast(probabilities, tensor::dtype::f64);
  const value low = constant(1e-15);
  const value high = constant(1 - 1e-15);
  const value not_above = to.call("Where", {to.call("Greater", {p, high}), high, p});
  const value kept = to.call("Where", {to.call("Less", {p, low}), low, not_above});
  const value odds = to.call("Sub", {to.call("Log", {kept}), add_log1p(to, to.call("Neg", {kept}))});
  return to.is_double() ? odds : to.cast(odds, to.element());
}

/// A model and what calibrates it: from rows of floats to outputs.
template <class Model, class Calibration>
graph_builder::value add_calibrated(graph_builder& to, const Model& model, const Calibration& by,
                                    graph_builder::value rows) {
  if constexpr (std::is_same_v<Calibration, uncalibrated>)
    return add_outputs(to, model, rows);
  else if constexpr (class_calibrator<Calibration>)
    return add_calibration(to, by, add_class_odds(to, add_outputs(to, model, rows)));
  else
    return add_calibration(to, by, add_raw_scores(to, model, rows));
}

/// A pipeline as a graph: from the columns that its features read to `outputs`, which are NaN in rows that a rule
/// refuses.
template <class Model, class Calibration>
result<graph> pipeline_graph(const std::vector<feature::specification>& fitted,
                             const std::vector<feature::declared_column>& columns, const Model& model,
                             const Calibration& calibration, const graph_options& with) {
  static_assert(
      !calibrator<Calibration> || adds_scores<Model> || !(scores_rows<Model> || scores_one<Model>),
      "millrace[GRAPH-2]: a calibration is of the model's scores, and no add_scores(builder, model, rows) says "
      "how they become a graph");
  graph_builder to(with);
  if constexpr (is_said_how<Model>()) {
    const added_features features = add_features(to, fitted, columns);
    graph_builder::value outputs = add_calibrated(to, model, calibration, features.rows);
    if (features.refused) outputs = to.call("Where", {*features.refused, to.number(math::nan), outputs});
    to.add_output("outputs", outputs, model.outputs());
  }
  return std::move(to).finish();
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_DETAIL_PIPELINE_OPERATORS_HPP
