#ifndef MILLRACE_MODEL_FORMATS_TFLITE_HPP
#define MILLRACE_MODEL_FORMATS_TFLITE_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/tflite_builder.hpp>
#include <millrace/model/formats/detail/tflite_file.hpp>
#include <millrace/model/formats/detail/tflite_operators.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/store/file_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

namespace detail {
namespace tflite {

/// Says all operators, or lists those that are not known.
template <class = void>
result<void> say_all(const stored_model& from, builder& to) {
  std::string unknown;
  for (std::size_t i = 0; i < from.operators.size(); ++i) {
    const stored_operator& each = from.operators[i];
    to.take(i);
    if (each.custom.empty() && each.outputs.empty())
      return error(errc::corrupt, "TensorFlow Lite: operator " + std::to_string(i) + " has no output");
    if (!each.custom.empty() || !say_operator(to, each.code))
      unknown +=
          (unknown.empty() ? "" : ", ") + std::to_string(i) + " (" +
          (each.custom.empty() ? "number " + std::to_string(each.code) : "custom \"" + std::string(each.custom) + '"') +
          ')';
    else if (!to.problem().empty())
      return error(errc::unsupported,
                   "TensorFlow Lite: operator " + std::to_string(i) + " (" + to.name() + "): " + to.problem());
    if (unknown.size() > 2000) break;
  }
  if (!unknown.empty()) return error(errc::unsupported, "TensorFlow Lite: no operator for " + unknown);
  return {};
}

}  // namespace tflite
}  // namespace detail

/// Reads a TensorFlow Lite model (schema version 3) from bytes, as a graph of ONNX operators.
///
/// Read are models of one subgraph: about 70 operators on floats, and on whole numbers with scales. The latter are
/// computed as real numbers and rounded to the scales of where they are stored, so that a result is at most one step
/// of its scale from that of whole numbers alone. Where only weights have scales, what they are multiplied with keeps
/// its precision: results are nearer to those of the unquantised model than those of TensorFlow Lite's interpreter.
/// Images keep their channels last, as they are given.
/// Guarantee: no byte beyond the span is read, every offset is verified before it is followed.
/// Complexity: linear in the bytes. Allocates: in proportion to the bytes; constants that share bytes take at most 8
/// GiB. Errors: corrupt, invalid_data (a graph that contradicts itself), out_of_range (beyond the limits), unsupported:
/// control flow, sparse tensors, or one error that lists every operator that is not read, by its place and its number
/// in BuiltinOperator. Source: tensorflow/lite/schema/schema.fbs.
template <class = void>
result<graph> read_tflite(std::span<const std::byte> bytes, const graph_limits& limits = {}) {
  detail::tflite::file from(bytes);  // which the options of operators are read from
  auto stored = from.read(limits);
  if (!stored) return std::move(stored).error();
  graph made;
  made.name = "main";
  made.producer = "TensorFlow Lite";
  made.opsets.push_back({"", 21});
  detail::tflite::builder to(*stored, made);
  for (const std::int32_t in : stored->inputs)
    if (in >= 0) made.inputs.push_back(to.raw_value(static_cast<std::size_t>(in)));
  if (!to.problem().empty()) return error(errc::unsupported, "TensorFlow Lite: an input: " + to.problem());
  if (auto said = detail::tflite::say_all(*stored, to); !said) return std::move(said).error();
  for (const std::int32_t out : stored->outputs)
    if (out >= 0) made.outputs.push_back(to.raw_value(static_cast<std::size_t>(out)));
  if (auto done = complete(made, limits); !done) return std::move(done).error();
  return made;
}

/// Reads a TensorFlow Lite model from a file.
/// Errors: those of `read_tflite`, and those of files.
template <class = void>
result<graph> load_tflite(const std::string& path, const graph_limits& limits = {},
                          store::file_access how = store::file_access::read) {
  const auto content = store::file_bytes::open(path, how);
  if (!content) return content.error();
  auto made = read_tflite(content->bytes(), limits);
  if (!made) return std::move(made).error().wrap(path);
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_TFLITE_HPP
