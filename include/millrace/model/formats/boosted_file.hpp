#ifndef MILLRACE_MODEL_FORMATS_BOOSTED_FILE_HPP
#define MILLRACE_MODEL_FORMATS_BOOSTED_FILE_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/catboost.hpp>
#include <millrace/model/formats/lightgbm.hpp>
#include <millrace/model/formats/xgboost.hpp>
#include <millrace/model/fwd.hpp>
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

/// Whether a JSON object's first member is one of CatBoost's.
inline bool begins_as_catboost(std::string_view text) noexcept {
  millrace::detail::json_reader from(text);
  return from.next() == json_token::object && from.next() == json_token::key && catboost_file::has_member(from.raw());
}

/// Whether bytes begin as an ONNX model: with field 1, a small number, which is the version of the format.
inline bool begins_as_onnx(std::string_view text) noexcept {
  return text.size() > 2 && text[0] == '\x08' && text[1] > 0 && text[1] < ' ';
}

}  // namespace detail

/// Reads a model of LightGBM, XGBoost or CatBoost, or what `boosted_model::save` wrote, whichever the first bytes say.
/// Errors: as read_lightgbm, read_xgboost, read_catboost and boosted_model::load; unsupported, if the bytes are none of
/// these.
template <class = void>
result<boosted_model> read_boosted_model(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("MRAG")) return boosted_model::load(bytes);
  if (text.starts_with("tree\n") || text.starts_with("tree\r\n")) return read_lightgbm(bytes);
  if (detail::begins_as_catboost(text)) return read_catboost(bytes);
  if (text.find_first_not_of(" \t\r\n") < text.size() && text[text.find_first_not_of(" \t\r\n")] == '{')
    return read_xgboost(bytes);
  const char* const hint = detail::begins_as_onnx(text) ? "; an ONNX model is read by load_onnx" : "";
  return error(errc::unsupported,
               std::string("boosted model: neither LightGBM's text, nor XGBoost's JSON or UBJSON, nor CatBoost's JSON, "
                           "nor a saved boosted_model") +
                   hint);
}

/// Reads a file so. Errors: those of files and of `read_boosted_model`, with the path.
template <class = void>
result<boosted_model> load_boosted_model(const std::string& path, store::file_access how = store::file_access::read) {
  const auto content = store::file_bytes::open(path, how);
  if (!content) return content.error();
  auto made = read_boosted_model(content->bytes());
  if (!made) return std::move(made).error().wrap(path);
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_BOOSTED_FILE_HPP
