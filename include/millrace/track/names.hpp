#ifndef MILLRACE_TRACK_NAMES_HPP
#define MILLRACE_TRACK_NAMES_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// A parameter or a tag.
struct key_value {
  std::string key;
  std::string value;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("value", self.value);
  }
  friend bool operator==(const key_value&, const key_value&) = default;
};

// Limits, in characters or in items, as MLflow has them.

/// Of the name of a metric, a parameter or a tag.
inline constexpr std::size_t max_name = 250;
/// Of a parameter's value.
inline constexpr std::size_t max_parameter_value = 6000;
/// Of a tag's value.
inline constexpr std::size_t max_tag_value = 8000;
/// Of an experiment's name.
inline constexpr std::size_t max_experiment_name = 500;

// Tags that mean something to MLflow's programs, and what they stand for here.

inline constexpr std::string_view run_name_tag = "mlflow.runName";
inline constexpr std::string_view parent_run_tag = "mlflow.parentRunId";
inline constexpr std::string_view user_tag = "mlflow.user";
inline constexpr std::string_view source_name_tag = "mlflow.source.name";
inline constexpr std::string_view description_tag = "mlflow.note.content";

/// What the experiment is called that runs are of which name none, and its id.
inline constexpr std::string_view default_experiment_name = "Default";
inline constexpr std::string_view default_experiment_id = "0";

/// How many bytes the first `most` characters of a text have: what a limit of characters lets through.
constexpr std::size_t size_of_characters(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text.size();
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && most-- == 0) break;  // begins a character
  return at;
}

namespace detail {

/// Why a text cannot be the name of a metric, a parameter or a tag, or null. The rule is MLflow's: letters, digits,
/// `_`, `-`, `.`, space, `:` and `/`, here with every letter that is not ASCII, and parts as a clean path has.
constexpr const char* fault_of_name(std::string_view name) noexcept {
  if (name.empty()) return "it is empty";
  if (size_of_characters(name, max_name) < name.size()) return "it has more than 250 characters";
  std::size_t part = 0;  // where the part between slashes begins
  for (std::size_t i = 0; i < name.size();) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c >= 0x80) {
      const std::size_t length = utf8_sequence(name.substr(i));
      if (length == 0) return "it is not UTF-8";
      i += length;
      continue;
    }
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '-' || c == '.' || c == ' ' || c == ':' || c == '/';
    if (!plain) return "it has a character other than letters, digits, `_`, `-`, `.`, `:`, `/` and spaces";
    ++i;
    if (c != '/' && i != name.size()) continue;
    const std::string_view between = name.substr(part, i - part - (c == '/' ? 1 : 0));
    if (between.empty() || between == "." || between == ".." || (c == '/' && i == name.size()))
      return "as a path it has an empty part, `.` or `..`";
    part = i;
  }
  return nullptr;
}

inline error bad_name(const char* what, std::string_view name, const char* fault) {
  return error(errc::invalid_argument,
               std::string("not the name of a ") + what + ": " + quoted_text(name) + ": " + fault);
}

/// Whether this can be the id of an experiment or a run: 1 to 64 letters, digits, `_` and `-`.
constexpr bool is_id(std::string_view text) noexcept {
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
      return false;
  return !text.empty() && text.size() <= 64;
}

/// The value of a key, or null.
inline const std::string* value_of(const std::vector<key_value>& all, std::string_view key) noexcept {
  for (const key_value& each : all)
    if (each.key == key) return &each.value;
  return nullptr;
}
/// Sets a key's value.
inline void set_value(std::vector<key_value>& all, std::string_view key, std::string_view value) {
  for (key_value& each : all)
    if (each.key == key) {
      each.value = value;
      return;
    }
  all.push_back({std::string(key), std::string(value)});
}
/// Removes a key; false: there is none of it.
inline bool remove_value(std::vector<key_value>& all, std::string_view key) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].key == key) {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
  return false;
}

}  // namespace detail

/// Says whether a text can be the name of a metric, a parameter or a tag. Allocates: for an error only.
/// Errors: invalid_argument, with the name and why.
inline result<void> check_name(std::string_view name) {
  if (const char* fault = detail::fault_of_name(name); fault != nullptr) [[unlikely]]
    return detail::bad_name("metric, parameter or tag", name, fault);
  return {};
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_NAMES_HPP
