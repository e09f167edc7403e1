#ifndef MILLRACE_MODEL_FORMATS_ONNX_HPP
#define MILLRACE_MODEL_FORMATS_ONNX_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/onnx_reader.hpp>
#include <millrace/model/formats/detail/onnx_writer.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/file_bytes.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Reads an ONNX model from bytes. Operators are not looked at: an engine says which it lacks.
///
/// Read are constants in the model's bytes, of all types of numbers but complex ones and those of 8 and 4 bits of
/// floating point, and texts; attributes of numbers, texts and tensors. Of other attributes (a graph) only the name and
/// kind are kept, so that an operator that takes none does not mind.
/// Guarantee: no byte beyond the span is read, and no length that the bytes claim is believed before they are there.
/// Complexity: linear in the bytes. Allocates: at most about 16 times the bytes.
/// Errors: corrupt, invalid_data (a graph that contradicts itself), unsupported (sparse or external constants,
/// functions), out_of_range (beyond the limits). Source: onnx/onnx.proto3, IR versions 3 to 14.
inline result<graph> read_onnx(std::span<const std::byte> bytes, const graph_limits& limits = {}) {
  const auto nowhere = [](const detail::onnx::external_place& place) -> result<std::vector<std::byte>> {
    return error(errc::unsupported, '"' + place.path + "\" is only read by load_onnx, beside the model's file");
  };
  return detail::onnx::reader(nowhere, limits).read(bytes);
}

/// Reads an ONNX model from a file, with the constants that it keeps in files of the same folder.
/// Guarantee: of other files it opens those alone whose path the model gives relative to its folder, below that folder
/// and not through a symbolic link. The graph holds no reference to the file, mapped or read.
/// Errors: those of `read_onnx`, and those of files.
inline result<graph> load_onnx(const std::string& path, const graph_limits& limits = {},
                               store::file_access how = store::file_access::read) {
  const auto content = store::file_bytes::open(path, how);
  if (!content) return content.error();
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
  const auto beside = [&](const detail::onnx::external_place& place) -> result<std::vector<std::byte>> {
    return store::read_beneath(folder, place.path, place.offset, place.has_length ? place.length : store::whole_file);
  };
  auto made = detail::onnx::reader(beside, limits).read(content->bytes());
  if (!made) return std::move(made).error().wrap(path);
  return made;
}

/// Writes a graph as an ONNX model of IR version 10, with every constant in it. `read_onnx` of it gives the same graph,
/// but for attributes that were not read.
/// Errors: unsupported (an attribute that was not read).
/// Allocates: the bytes, and once more those of the graph.
inline result<std::vector<std::byte>> write_onnx(const graph& made) { return detail::onnx::write(made); }

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_ONNX_HPP
