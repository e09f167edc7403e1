#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_SOURCE_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_SOURCE_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Where a version says that its files are. A registry keeps the address and does not open it; those who load the
// version do, so that what leads out of the place that it names is refused, as by MLflow's server.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// The most bytes of a source.
inline constexpr std::size_t max_model_source = 10'000;

constexpr int hexadecimal_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = lower_case(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Replaces escapes until there are none left, also those that come out of others. What is no escape stays as it is.
inline std::string fully_unescaped(std::string_view text) {
  std::string made;
  for (const char c : text) {
    made += c;
    for (std::size_t end = made.size(); end >= 3 && made[end - 3] == '%'; end = made.size()) {
      const int high = hexadecimal_digit(made[end - 2]), low = hexadecimal_digit(made[end - 1]);
      if (high < 0 || low < 0) break;
      made.resize(end - 3);
      made += static_cast<char>(high * 16 + low);
    }
  }
  return made;
}

/// An address, `scheme://host/a/b`, taken apart.
struct model_source {
  std::string scheme;  // of lower case; empty: a path of this machine
  std::string host;    // of lower case
  std::string path;    // with its slash, if it has one; without escapes, query and fragment

  static model_source parse(std::string_view text) {
    model_source made;
    std::size_t colon = 0;
    while (colon < text.size() && is_of_scheme(text[colon])) ++colon;
    if (colon > 0 && colon < text.size() && text[colon] == ':') {
      made.scheme = lower(text.substr(0, colon));
      text.remove_prefix(colon + 1);
    }
    if (text.starts_with("//")) {
      const std::size_t end = text.find_first_of("/?#", 2);
      made.host = lower(text.substr(2, end == text.npos ? end : end - 2));
      text = end == text.npos ? std::string_view() : text.substr(end);
    }
    made.path = fully_unescaped(text.substr(0, text.find_first_of("?#")));
    return made;
  }

  bool is_local() const noexcept { return scheme.empty() || scheme == "file"; }
  /// Whether it is among the artifacts that a server of MLflow's API has.
  bool is_served() const noexcept {
    return scheme == "mlflow-artifacts" ||
           ((scheme == "http" || scheme == "https") && path.find("/api/2.0/mlflow-artifacts/artifacts/") != path.npos);
  }
  /// The parts of the path that are not empty.
  std::vector<std::string_view> parts() const {
    std::vector<std::string_view> made;
    for (std::string_view rest = path; !rest.empty();) {
      const std::size_t slash = rest.find('/');
      if (slash != 0) made.push_back(rest.substr(0, slash));
      rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
    }
    return made;
  }
  bool is_within(const model_source& root) const {
    const auto own = parts(), of_root = root.parts();
    if (is_local() != root.is_local() || of_root.empty() || own.size() < of_root.size()) return false;
    if (!is_local() && (scheme != root.scheme || host != root.host)) return false;
    for (std::size_t i = 0; i < of_root.size(); ++i)
      if (own[i] != of_root[i]) return false;
    return true;
  }
  /// Whether its path is absolute and without `.` and `..`.
  bool is_plain() const {
    if (!path.starts_with('/') || path.find('\0') != path.npos) return false;
    const auto all = parts();
    for (const std::string_view each : all)
      if (each == "." || each == "..") return false;
    return !all.empty();
  }

 private:
  static constexpr bool is_of_scheme(char c) noexcept {
    const char low = lower_case(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  }
  static std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) c = lower_case(c);
    return made;
  }
};

inline error bad_source(std::string_view source, const char* why) {
  return error(errc::invalid_argument, "Invalid model version source: " + quoted_text(source) + ": " + why);
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_SOURCE_HPP
