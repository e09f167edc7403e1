#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_GRAPH_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_GRAPH_HPP

#include "model_files.hpp"

#include <millrace/core/result.hpp>
#include <millrace/model/formats/graph.hpp>

#include <string_view>

namespace lifecycle {

/// The model's file for other engines.
inline constexpr std::string_view onnx_file_name = "model.onnx";

/// A model with its encoder, its calibration and its target's unit as one graph. It has an input of rows x 1 for each
/// column, by its name: doubles, of which a missing one is NaN and a date is days since 1970, or texts, of which a
/// missing one is empty. Its output is `probability`, of the positive class, `probabilities`, of every class, or
/// `value`; its metadata say which classes, and from which probability on a row counts as positive.
/// Errors: errc::unsupported, with all that the graph cannot have.
mr::result<mr::model::graph> graph_of(const trained_model& model);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_GRAPH_HPP
