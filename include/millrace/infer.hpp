#ifndef MILLRACE_INFER_HPP
#define MILLRACE_INFER_HPP

/// infer: models at work.
///
/// - `graph_engine`, `graph_run`: run a graph of operators, such as an ONNX model that `model::load_onnx` reads
///
/// Standard library alone.

#include <millrace/infer/fwd.hpp>
#include <millrace/infer/graph_engine.hpp>

#endif  // MILLRACE_INFER_HPP
