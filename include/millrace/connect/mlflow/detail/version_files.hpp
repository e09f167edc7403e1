#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_FILES_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_FILES_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/records.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// The files of versions that a registry has itself, as a server of artifacts has them: `models/NAME/VERSION/PATH`.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

inline constexpr std::string_view version_folder = "models/";

/// A model's name within an address: each byte but letters, digits, `.`, `_` and `-` is `~HH`, which no client decodes,
/// neither once nor twice.
inline std::string address_part(std::string_view name) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string made;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      made += c;
    else
      made.append({'~', digits[byte >> 4], digits[byte & 15]});
  }
  return made;
}

struct version_file {
  std::string model;
  std::uint64_t version = 0;
  std::string path;  // empty: the folder of all of them

  /// Takes what stands behind `models/`. Errors: not_found: nothing can be there.
  static result<version_file> parse(std::string_view text) {
    const auto none = [&] { return error(errc::not_found, "no version of a model has files at " + quoted_text(text)); };
    version_file made;
    const std::size_t slash = text.find('/');
    if (slash == text.npos) return none();
    std::string_view rest = text.substr(slash + 1);
    const std::string_view number = rest.substr(0, rest.find('/'));
    rest.remove_prefix(number.size());
    const auto read = std::from_chars(number.data(), number.data() + number.size(), made.version);
    if (read.ec != std::errc() || read.ptr != number.data() + number.size() || made.version == 0) return none();
    for (std::size_t i = 0; i < slash; ++i) {
      if (text[i] != '~') {
        made.model += text[i];
        continue;
      }
      unsigned byte = 0;
      if (i + 2 >= slash) return none();
      const auto pair = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      if (pair.ec != std::errc() || pair.ptr != text.data() + i + 3) return none();
      made.model += static_cast<char>(byte);
      i += 2;
    }
    if (!rest.empty()) made.path = rest.substr(1);
    return made;
  }
};

inline std::string version_address(const registry::model_version& of) {
  return "mlflow-artifacts:/" + std::string(version_folder) + address_part(of.model) + '/' + std::to_string(of.version);
}

/// What a folder of a version's files has, by their last parts.
inline void put_version_files(json_writer& out, const registry::model_version& of, const std::string& folder) {
  const std::string prefix = folder.empty() ? std::string() : folder + '/';
  std::vector<std::string_view> folders;
  out.key("files").begin_array();
  for (const registry::artifact& each : of.artifacts) {
    std::string_view name = each.path;
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    const std::size_t slash = name.find('/');
    if (slash == name.npos) {
      out.begin_object().member("path", name).member("is_dir", false).member("file_size", each.size).end_object();
      continue;
    }
    name = name.substr(0, slash);
    bool is_known = false;
    for (const std::string_view before : folders) is_known = is_known || before == name;
    if (is_known) continue;
    folders.push_back(name);
    out.begin_object().member("path", name).member("is_dir", true).end_object();
  }
  out.end_array();
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_FILES_HPP
