#ifndef MILLRACE_CORE_PROBLEM_DETAILS_HPP
#define MILLRACE_CORE_PROBLEM_DETAILS_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/json_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// The media type of what `to_json(error)` returns, for a response's Content-Type.
inline constexpr std::string_view problem_content_type = "application/problem+json";

/// The HTTP status that fits an error's code: 4xx where the caller can do something about it, 5xx where the server can.
/// Codes about data count as the caller's, because a table cannot know whose data it was: where it was the server's
/// own, such as a damaged model file, set `problem_options::status`. Source: RFC 9110, section 15; RFC 4918,
/// section 11.5 (507).
constexpr unsigned http_status(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
    case errc::out_of_range: return 400;
    case errc::not_found: return 404;
    case errc::already_exists:
    case errc::conflict: return 409;
    case errc::unsupported: return 501;
    case errc::invalid_data:
    case errc::not_finite:
    case errc::shape_mismatch:
    case errc::type_mismatch:
    case errc::corrupt:
    case errc::truncated:
    case errc::checksum_mismatch: return 422;
    case errc::not_authentic:
    case errc::permission_denied:
    case errc::vetoed: return 403;
    case errc::io:
    case errc::event_failed:
    case errc::event_threw:
    case errc::completed_with_failures: return 500;
    case errc::no_space: return 507;
    case errc::timeout: return 504;
    case errc::unavailable:
    case errc::closed:
    case errc::cancelled: return 503;
  }
  return 500;
}

/// How much of an error a problem document tells. Messages name paths, hosts and what a caller sent, so a client is
/// told the code alone unless the program says otherwise.
enum class problem_disclosure : std::uint8_t {
  code,     // type, title, status and code
  message,  // and the error's own message, as `detail`
  causes,   // and the messages of all causes, as `causes`
};

/// What a problem document says besides the error.
struct problem_options {
  problem_disclosure disclose = problem_disclosure::code;
  /// What the code's name is put behind to make `type`: `https://example.org/problems/` gives
  /// `https://example.org/problems/not_found`. Empty: the type is `about:blank`, and the title that of the status.
  std::string_view type_base = {};
  std::string_view instance = {};  ///< A URI reference of this occurrence, such as a request's; empty: none.
  unsigned status = 0;             ///< The HTTP status; 0: `http_status` of the code.
};

namespace detail {

/// The reason phrase of the statuses that `http_status` returns, and of few others. Source: RFC 9110, section 15.
constexpr std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return status >= 500 ? "Server Error" : "Client Error";
  }
}

/// A code's name as words: `Not found`.
inline std::string title_of(errc code) {
  std::string words(to_string(code));
  for (char& c : words)
    if (c == '_') c = ' ';
  words[0] = static_cast<char>(words[0] - 'a' + 'A');  // codes are of lower-case letters
  return words;
}

}  // namespace detail

/// The error as a problem document, for a response with `problem_content_type`:
///
///     {"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}
///
/// `code` is the error's own, and `causes` a list of objects with `code` and `detail`, from the error that led to this
/// one to the first. Guarantee: the text is strict JSON whatever the messages hold, and has no message that
/// `options.disclose` does not ask for.
/// Source: RFC 9457.
inline std::string to_json(const error& failure, const problem_options& options = {}) {
  const unsigned status = options.status != 0 ? options.status : http_status(failure.code());
  std::string text;
  json_writer json(text);
  json.begin_object();
  if (options.type_base.empty()) {
    json.member("type", "about:blank").member("title", detail::reason_phrase(status));
  } else {
    std::string type(options.type_base);
    type += to_string(failure.code());
    json.member("type", type).member("title", detail::title_of(failure.code()));
  }
  json.member("status", status);
  if (options.disclose != problem_disclosure::code) json.member("detail", failure.message());
  if (!options.instance.empty()) json.member("instance", options.instance);
  json.member("code", to_string(failure.code()));
  if (options.disclose == problem_disclosure::causes && failure.cause() != nullptr) {
    json.key("causes").begin_array();
    for (const error* next = failure.cause(); next != nullptr; next = next->cause())
      json.begin_object().member("code", to_string(next->code())).member("detail", next->message()).end_object();
    json.end_array();
  }
  json.end_object();
  return text;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_PROBLEM_DETAILS_HPP
