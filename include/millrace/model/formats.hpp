#ifndef MILLRACE_MODEL_FORMATS_HPP
#define MILLRACE_MODEL_FORMATS_HPP

/// formats: models that were made elsewhere, and models of ours for others. model.hpp leaves this room out.
///
/// - `graph`: operators and the values between them: what a file is read into, and what an engine runs
/// - `read_onnx`, `load_onnx`, `write_onnx`: graphs as ONNX models

#include <millrace/model/formats/graph.hpp>
#include <millrace/model/formats/onnx.hpp>

#endif  // MILLRACE_MODEL_FORMATS_HPP
