#ifndef MILLRACE_INFER_HPP
#define MILLRACE_INFER_HPP

/// infer: models at work.
///
/// - `graph_engine`, `graph_run`: run a graph of operators, such as an ONNX model that `model::load_onnx` reads
/// - `bind`, `bound_graph`: a graph as a model of a shape that the compiler knows
/// - `onnxruntime_engine`: the same by ONNX Runtime, whose C header is the caller's
/// - infer/online.hpp: `online_learner`, a model that learns from a stream while it is in use
/// - infer/serving.hpp: `batcher`, one model for callers on many threads
///
/// Standard library alone.

#include <millrace/infer/bound_graph.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/graph_engine.hpp>
#include <millrace/infer/online.hpp>
#include <millrace/infer/onnxruntime.hpp>
#include <millrace/infer/serving.hpp>

#endif  // MILLRACE_INFER_HPP
