#include "outside_model.hpp"

#include "../format.hpp"

#include <millrace/store/file.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace lifecycle {

namespace {

/// A file that is no model which is read here, by how it begins, and what to do about it.
struct other_file {
  std::string_view begin;
  std::string_view says;
};

using namespace std::string_view_literals;

constexpr std::string_view as_onnx = "; save the model as ONNX (skl2onnx, onnxmltools) or in its library's own format";
constexpr std::array<other_file, 6> other_files{{
    {"\x80\x02"sv, "is a Python pickle, which Python alone can read"},
    {"\x80\x03"sv, "is a Python pickle, which Python alone can read"},
    {"\x80\x04"sv, "is a Python pickle, which Python alone can read"},
    {"\x80\x05"sv, "is a Python pickle, which Python alone can read"},
    {"PK\x03\x04"sv, "is a zip archive, as PyTorch and Keras write them"},
    {"\x89HDF"sv, "is an HDF5 file, as Keras wrote them"},
}};

bool is_boosted(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return text.starts_with("tree\n") || text.starts_with("tree\r\n") || text.starts_with("MRAG") ||
         (begin < text.size() && text[begin] == '{');
}

/// Whether these may be the first bytes of an ONNX file: the version of its format, a small number.
bool is_onnx(std::string_view text) { return text.size() > 2 && text[0] == '\x08' && text[1] > 0 && text[1] < 64; }

/// Whether the file begins as text: UTF-8 without control characters.
bool is_text(std::string_view text) {
  for (std::size_t at = 0; at < (std::min)(text.size(), std::size_t{512});) {
    const std::size_t length = character_length(text, at);
    const auto c = static_cast<unsigned char>(text[at]);
    if (length == 0 || (c < 0x20 && c != '\n' && c != '\r' && c != '\t')) return false;
    at += length;
  }
  return true;
}

}  // namespace

mr::result<outside_ptr> load_outside_model(const std::string& path) {
  auto bytes = mr::store::read_bytes(path);
  if (!bytes) return std::move(bytes).error();
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const auto refused = [&](std::string_view says) {
    return mr::error(mr::errc::unsupported, path + ' ' + std::string(says));
  };
  if (text.empty()) return refused("is empty");
  if (text.size() > 8 && text.substr(4, 4) == "TFL3") return load_tflite_file(path);
  if (is_boosted(text)) return load_boosted_file(path, *bytes);
  if (is_onnx(text)) return load_onnx_file(path);
  for (const other_file& one : other_files)
    if (text.starts_with(one.begin)) return refused(std::string(one.says) + std::string(as_onnx));
  constexpr std::string_view known =
      "; --model-file takes ONNX, XGBoost's JSON or UBJSON, LightGBM's text, CatBoost's JSON and TensorFlow Lite";
  return refused((is_text(text) ? "is a text and no model" : "is no model that is known here") + std::string(known));
}

}  // namespace lifecycle
