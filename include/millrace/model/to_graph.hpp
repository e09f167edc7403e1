#ifndef MILLRACE_MODEL_TO_GRAPH_HPP
#define MILLRACE_MODEL_TO_GRAPH_HPP

/// to_graph: models that were trained or read here, as graphs for engines and for ONNX. model.hpp leaves this room out.
///
/// - `to_graph`: a model as a graph; `graph_builder` and `add_outputs` for one of your own
/// - boosted: models of LightGBM, XGBoost and CatBoost; trees: boosted trees, forests, isolation forests
/// - linear, bayes, clusters, decomposition: by products of matrices
/// - networks: layers of floats; combinations: voting, stacking
/// - calibration: probabilities corrected
/// - losses: what they make of scores
/// - table_pipelines, event_pipelines: pipelines with their features inside, from the raw columns on; features alone

#include <millrace/model/to_graph/bayes.hpp>
#include <millrace/model/to_graph/boosted.hpp>
#include <millrace/model/to_graph/calibration.hpp>
#include <millrace/model/to_graph/clusters.hpp>
#include <millrace/model/to_graph/combinations.hpp>
#include <millrace/model/to_graph/decomposition.hpp>
#include <millrace/model/to_graph/event_pipelines.hpp>
#include <millrace/model/to_graph/features.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/model/to_graph/links.hpp>
#include <millrace/model/to_graph/networks.hpp>
#include <millrace/model/to_graph/table_pipelines.hpp>
#include <millrace/model/to_graph/trees.hpp>

#endif  // MILLRACE_MODEL_TO_GRAPH_HPP
