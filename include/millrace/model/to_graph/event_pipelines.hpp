#ifndef MILLRACE_MODEL_TO_GRAPH_EVENT_PIPELINES_HPP
#define MILLRACE_MODEL_TO_GRAPH_EVENT_PIPELINES_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/specification/specifications_of.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/fitted_pipeline.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/to_graph/detail/pipeline_operators.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

namespace millrace {
inline namespace v0 {
namespace model {

/// A pipeline of events as a graph with its features inside, as that of a `table_pipeline`. Accessors have no names, so
/// each feature reads an input that is called as the feature: `amount_z` takes the amount. A category that is a number
/// in the event is its decimal digits here.
///
/// Guarantee, errors: those of `to_graph` of a `table_pipeline`. Allocates: the graph.
template <class Features, predictor Model, class Calibration>
result<graph> to_graph(const pipeline<Features, Model, Calibration>& of, const graph_options& with = {}) {
  return detail::pipeline_graph(feature::specifications_of(of.features()), feature::columns_of(of.features()),
                                of.model(), of.calibration(), with);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_EVENT_PIPELINES_HPP
