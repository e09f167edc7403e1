#ifndef MILLRACE_CONNECT_DATABRICKS_UNITY_NAME_HPP
#define MILLRACE_CONNECT_DATABRICKS_UNITY_NAME_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

namespace detail {

/// Why a text cannot be a part of a name, or null.
inline const char* fault_of_part(std::string_view part) noexcept {
  if (part.empty()) return "it is empty";
  if (part.size() > 255) return "it has more than 255 bytes";
  for (std::size_t i = 0; i < part.size();) {
    const auto c = static_cast<unsigned char>(part[i]);
    if (c <= 0x20 || c == 0x7f || c == '.' || c == '/')
      return "it has a period, a slash, a space or a control character";
    const std::size_t length = utf8_sequence(part.substr(i));
    if (length == 0) return "it is not UTF-8";
    i += length;
  }
  return nullptr;
}

}  // namespace detail

/// The name of something in Unity Catalog, a model or a volume, in its three parts: `main.ml.churn`.
///
/// Guarantee: a part is not empty, has at most 255 bytes of UTF-8, and no period, slash, space or control character; so
/// it is one part of a path, too.
/// Source: Databricks, "Names", limits of Unity Catalog's object names.
class unity_name {
 public:
  /// Reads `catalog.schema.object`. Errors: invalid_argument, with the text.
  static result<unity_name> make(std::string_view text) {
    const std::size_t first = text.find('.');
    const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
    if (second == text.npos)
      return error(errc::invalid_argument,
                   "a name of Unity Catalog has three parts, as in main.ml.churn: " + detail::quoted_text(text));
    return make(text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1));
  }
  static result<unity_name> make(std::string_view catalog, std::string_view schema, std::string_view object) {
    for (const std::string_view part : {catalog, schema, object})
      if (const char* why = detail::fault_of_part(part); why != nullptr)
        return error(errc::invalid_argument,
                     "not a part of a name of Unity Catalog: " + detail::quoted_text(part) + ": " + why);
    unity_name made;
    made.catalog_ = catalog;
    made.schema_ = schema;
    made.object_ = object;
    return made;
  }

  const std::string& catalog() const noexcept { return catalog_; }
  const std::string& schema() const noexcept { return schema_; }
  const std::string& object() const noexcept { return object_; }
  /// `main.ml.churn`
  std::string text() const { return catalog_ + '.' + schema_ + '.' + object_; }
  /// `main/ml/churn`
  std::string path() const { return catalog_ + '/' + schema_ + '/' + object_; }

  friend bool operator==(const unity_name&, const unity_name&) = default;

 private:
  unity_name() = default;

  std::string catalog_;
  std::string schema_;
  std::string object_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_UNITY_NAME_HPP
