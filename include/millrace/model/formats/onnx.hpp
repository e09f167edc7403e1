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
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace onnx {

/// What bytes are that are no ONNX model, if that is plain; a model begins with none of these.
[[gnu::cold]] inline std::string_view kind_of(std::span<const std::byte> bytes) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view begin = text.substr(0, 256);
  if (begin.starts_with("tree\n") || begin.starts_with("tree\r\n"))
    return "it is LightGBM's text, which load_boosted_model reads";
  if (begin.size() > 8 && begin.substr(4, 4) == "TFL3") return "it is TensorFlow Lite's, which load_tflite reads";
  for (const char c : begin)
    if (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\r' && c != '\n') return {};
  const std::size_t first = begin.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  if (begin[first] == '{') return "it is JSON; load_boosted_model reads that of XGBoost and CatBoost";
  return "it is text";
}

/// Reads a model, and says of what is none what it is instead.
template <class External>
result<graph> read_model(std::span<const std::byte> bytes, const External& external, const graph_limits& limits) {
  auto made = reader(external, limits).read(bytes);
  if (!made && made.error().code() == errc::corrupt)
    if (const std::string_view kind = kind_of(bytes); !kind.empty())
      return error(errc::corrupt, "ONNX: this is no model: " + std::string(kind));
  return made;
}

}  // namespace onnx
}  // namespace detail

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
  return detail::onnx::read_model(bytes, nowhere, limits);
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
  auto made = detail::onnx::read_model(content->bytes(), beside, limits);
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
