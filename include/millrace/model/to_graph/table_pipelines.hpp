#ifndef MILLRACE_MODEL_TO_GRAPH_TABLE_PIPELINES_HPP
#define MILLRACE_MODEL_TO_GRAPH_TABLE_PIPELINES_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/table_pipeline.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/to_graph/detail/pipeline_operators.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

namespace millrace {
inline namespace v0 {
namespace model {

/// A pipeline as a graph with its features inside: from the columns of a table, each an input of its name, to
/// `outputs`, rows x outputs, calibrated as the pipeline's. Which features can be in it, and what inputs hold, says
/// `add_features`. The header of the model's family, such as to_graph/trees.hpp, is included beside this one.
///
///     auto made = mr::model::to_graph(pipeline, {.name = "fraud"});  // its inputs: amount, country, at
///     auto bytes = mr::model::write_onnx(*made);
///
/// Guarantee: that of `add_features` and of `to_graph` of the model. A row that a rule refuses has NaN for outputs.
/// Errors: unsupported: all that the graph cannot have, each feature with its name and type.
/// Allocates: the graph.
template <predictor Model, class Calibration>
result<graph> to_graph(const table_pipeline<Model, Calibration>& of, const graph_options& with = {}) {
  return detail::pipeline_graph(of.features().fitted_specifications(), of.features().inputs(), of.model(),
                                of.calibration(), with);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_TABLE_PIPELINES_HPP
