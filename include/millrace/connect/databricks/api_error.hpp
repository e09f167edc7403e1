#ifndef MILLRACE_CONNECT_DATABRICKS_API_ERROR_HPP
#define MILLRACE_CONNECT_DATABRICKS_API_ERROR_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

namespace detail {

/// The members of an error's JSON, of whatever type: `error` is of version 1.2 of the API.
struct error_members {
  store::json_text code;
  store::json_text message;
  store::json_text legacy;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("error_code", self.code)("message", self.message)("error", self.legacy);
  }
};

/// A text without quotes and escapes; anything else as it is spelled, but null.
inline std::string plain_text(const store::json_text& json) {
  json_reader reader(json.text);
  if (json.text == "null") return {};
  return reader.next() == json_token::text ? json_unescaped(reader.raw()) : std::string(json.text);
}

constexpr bool is_code(std::string_view text) noexcept {
  for (const char c : text)
    if (!((c >= 'A' && c <= 'Z') || c == '_')) return false;
  return !text.empty();
}

/// What stands between two marks of a page in HTML; empty if they are not there.
constexpr std::string_view between(std::string_view text, std::string_view begin, std::string_view end) noexcept {
  const std::size_t from = text.find(begin);
  if (from == text.npos) return {};
  const std::size_t to = text.find(end, from);
  return to == text.npos ? std::string_view() : text.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace detail

/// What a response says went wrong.
struct api_error {
  std::string code;     // `RESOURCE_DOES_NOT_EXIST`; empty if the response has none
  std::string message;  // for people; may be empty

  /// Reads JSON with `error_code` and `message`, `CODE: message`, and the title of a page, as proxies send.
  static api_error read(const store::http_response& response) {
    const std::string_view body = response.body;
    api_error made;
    if (const auto members = store::read_message<detail::error_members>(body, "an error"); members) {
      made.code = detail::plain_text(members->code);
      made.message = detail::plain_text(members->message.text == "null" ? members->legacy : members->message);
    } else if (const std::size_t colon = body.find(": "); colon < 100 && detail::is_code(body.substr(0, colon))) {
      made.code = body.substr(0, colon);
      made.message = body.substr(colon + 2);
    } else {
      made.message = detail::between(body, "<pre>", "</pre>");
      if (made.message.empty()) made.message = detail::between(body, "<title>", "</title>");
    }
    if (made.code.size() > 100) made.code.resize(100);
    return made;
  }
};

/// What kind of failure an error is: by its code, where that is known, otherwise by the response's status.
/// Source: Databricks' API, error codes of platform and statements; `databricks.sdk.errors.platform`, version 0.162.
constexpr errc errc_of(std::string_view code, int status) noexcept {
  struct known {
    std::string_view code;
    errc kind;
  };
  constexpr known all[] = {
      {"BAD_REQUEST", errc::invalid_argument},
      {"INVALID_PARAMETER_VALUE", errc::invalid_argument},
      {"MALFORMED_REQUEST", errc::invalid_argument},
      {"INVALID_STATE", errc::conflict},
      {"ABORTED", errc::conflict},
      {"RESOURCE_CONFLICT", errc::conflict},
      {"NOT_FOUND", errc::not_found},
      {"ENDPOINT_NOT_FOUND", errc::unsupported},
      {"FEATURE_DISABLED", errc::unsupported},
      {"NOT_IMPLEMENTED", errc::unsupported},
      {"ALREADY_EXISTS", errc::already_exists},
      {"PERMISSION_DENIED", errc::permission_denied},
      {"UNAUTHENTICATED", errc::permission_denied},
      {"CANCELLED", errc::cancelled},
      {"DEADLINE_EXCEEDED", errc::timeout},
      {"RESOURCE_EXHAUSTED", errc::unavailable},
      {"REQUEST_LIMIT_EXCEEDED", errc::unavailable},
      {"SERVICE_UNDER_MAINTENANCE", errc::unavailable},
      {"TEMPORARILY_UNAVAILABLE", errc::unavailable},
      {"WORKSPACE_TEMPORARILY_UNAVAILABLE", errc::unavailable},
      {"QUOTA_EXCEEDED", errc::no_space},
      {"DATA_LOSS", errc::corrupt},
      {"INTERNAL_ERROR", errc::io},
      {"IO_ERROR", errc::io},
      {"UNKNOWN", errc::io},
  };
  for (const known& each : all)
    if (each.code == code) return each.kind;
  // RESOURCE_DOES_NOT_EXIST, CATALOG_DOES_NOT_EXIST, TABLE_OR_VIEW_NOT_FOUND, SCHEMA_ALREADY_EXISTS, ...
  if (code.ends_with("_DOES_NOT_EXIST") || code.ends_with("_NOT_FOUND")) return errc::not_found;
  if (code.ends_with("_ALREADY_EXISTS")) return errc::already_exists;
  return store::errc_of_status(status);
}

/// The response as an error of this library: `Databricks refuses GET /api/...: CODE: message (status 404)`.
/// Precondition: its status is none of success.
inline error to_error(const api_error& failed, const store::http_request& request, int status) {
  const std::string_view target = request.target;
  std::string text = "Databricks refuses " + request.method + ' ' + std::string(target.substr(0, target.find('?')));
  if (!failed.code.empty()) text += ": " + failed.code;
  if (!failed.message.empty()) text += ": " + failed.message.substr(0, 1000);
  text += " (status " + std::to_string(status) + ')';
  if (status >= 300 && status < 400) text += ", which sends elsewhere: is the host a workspace's, and the token valid?";
  return error(errc_of(failed.code, status), std::move(text));
}

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_API_ERROR_HPP
