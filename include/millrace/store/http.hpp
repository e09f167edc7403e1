#ifndef MILLRACE_STORE_HTTP_HPP
#define MILLRACE_STORE_HTTP_HPP

#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/http_stream.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// Requests and responses of HTTP as plain values, so that whoever handles requests knows no library that carries them,
// and the other way around.

/// A line of a header: `Content-Type`, `application/json`. Names are equal whatever case their letters have.
struct http_header {
  std::string name;
  std::string value;

  friend bool operator==(const http_header&, const http_header&) = default;
};

/// The value of the first header of a name, or null.
inline const std::string* find_header(const std::vector<http_header>& headers, std::string_view name) noexcept {
  for (const http_header& each : headers)
    if (millrace::detail::same_but_case(each.name, name)) return &each.value;
  return nullptr;
}

/// A request, as a transport sends it.
struct http_request {
  std::string method = "GET";
  std::string target = "/";  // the path and its query as they were sent, with their escapes
  std::vector<http_header> headers = {};
  std::string body = {};
};

/// What came back for a request. Where it has a stream, that makes the rest of the body.
struct http_response {
  int status = 200;
  std::vector<http_header> headers = {};
  std::string body = {};
  http_stream stream = {};
};

/// What handles requests: `handle(request)` returns the response, whatever the request is. The laws: any number of
/// threads call it at once; what it cannot do it says by the response's status; a server may call it with requests of
/// any method, and with bodies up to the size that the server takes.
template <class H>
concept http_handler = requires(const H& handler, const http_request& request) {
  { handler.handle(request) } -> std::same_as<http_response>;
};

/// What carries requests to one server and brings its responses back: `send(request)`. A request's target is a path
/// and its query; where the server is, what it wants of everybody (a token), how safe the way there is and how long it
/// may take are the transport's. The laws:
///
/// - A response of any status is a result, 404 and 503 among them, and a redirect too, which nobody follows; an error
///   means that no whole response came.
/// - The code of an error says what has become of the request. `unavailable`: the server was not reached, and has
///   nothing of it. `timeout` and `io`: the server may have it, and may have done what it asks for. All others: it
///   would fail again.
/// - A request is sent once, because only who made it knows whether it may be sent again.
/// - The text of an error has nothing of the token, of the headers and of the bodies.
/// - Any number of threads call it at once.
template <class T>
concept http_transport = requires(T& transport, const http_request& request) {
  { transport.send(request) } -> std::same_as<result<http_response>>;
};

/// Whether a request can be sent as it is: for transports, so that no text in it becomes a header or another request.
/// Errors: invalid_argument: what is wrong with it, without its content: the method, the target, a header, or one that
/// is the transport's to set.
inline result<void> check_request(const http_request& request) {
  const auto wrong = [](const char* why) {
    return error(errc::invalid_argument, std::string("a request that cannot be sent: ") + why);
  };
  if (request.method.empty()) return wrong("it has no method");
  for (const char each : request.method)
    if (each < 'A' || each > 'Z') return wrong("its method has other than capital letters");
  if (request.target.empty() || request.target.front() != '/') return wrong("its target does not begin with a slash");
  for (const char each : request.target)
    if (each <= ' ' || each >= 0x7f) return wrong("its target has a character that must be escaped");
  for (const http_header& each : request.headers) {
    if (each.name.empty()) return wrong("a header has no name");
    for (const char letter : each.name)
      if (letter <= ' ' || letter >= 0x7f || letter == ':' || letter == ';') return wrong("a header's name is none");
    for (const char letter : each.value)
      if (letter == '\r' || letter == '\n' || letter == '\0') return wrong("a header has a line break or a zero");
    for (const std::string_view own : {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"})
      if (millrace::detail::same_but_case(each.name, own)) return wrong("it has a header that is the transport's");
  }
  return {};
}

/// What refers to a handler asks for this where it is given one that is gone when its line is over: it does not
/// compile, and says why.
template <class Handler>
struct temporary_handler {
  static_assert(
      millrace::detail::requirement<false, Handler>,
      "millrace[HTTP-1]: the handler of requests is referred to, and outlives what is made around it: make it "
      "a variable");
};

/// Carries requests to a handler in the same process: for tests, and for a client and a server of one program.
///
///     mr::store::handler_transport server(api);
///     auto response = server.send({.target = "/health"});
///
/// The handler outlives it. Errors: none.
template <http_handler Handler>
class handler_transport {
 public:
  explicit handler_transport(const Handler& handler) noexcept : handler_(&handler) {}
  explicit handler_transport(const Handler&& handler) noexcept : handler_(&handler) {
    static_cast<void>(sizeof(temporary_handler<Handler>));
  }

  result<http_response> send(const http_request& request) const { return handler_->handle(request); }

 private:
  const Handler* handler_;
};

/// What kind of failure a status from 300 on is, where the response itself does not say it better.
/// Source: RFC 9110, section 15.
constexpr errc errc_of_status(int status) noexcept {
  switch (status) {
    case 401:
    case 403:
    case 407: return errc::permission_denied;
    case 404:
    case 410: return errc::not_found;
    case 409:
    case 412: return errc::conflict;
    case 408:
    case 504: return errc::timeout;
    case 425:
    case 429:
    case 502:
    case 503: return errc::unavailable;
    case 405:
    case 415:
    case 501: return errc::unsupported;
    case 413:
    case 414: return errc::out_of_range;
    case 507: return errc::no_space;
    default: return status >= 500 ? errc::io : status >= 400 ? errc::invalid_argument : errc::unsupported;
  }
}

/// How long a response asks to wait before the next request; 0: it does not say so in seconds. A date, which it may
/// say instead, is one of a clock that nobody here knows. Source: RFC 9110, section 10.2.3.
inline duration retry_after(const http_response& response) noexcept {
  const std::string* const told = find_header(response.headers, "Retry-After");
  if (told == nullptr || told->empty() || told->size() > 9) return duration(0);
  std::int64_t seconds = 0;
  for (const char each : *told) {
    if (each < '0' || each > '9') return duration(0);
    seconds = seconds * 10 + (each - '0');
  }
  return duration(seconds * 1'000'000'000);
}

/// A parameter of a query: `?key=value`.
struct http_parameter {
  std::string key;
  std::string value;

  friend bool operator==(const http_parameter&, const http_parameter&) = default;
};

/// The most parameters that a query has.
inline constexpr std::size_t max_http_parameters = 1000;

namespace detail {

constexpr int http_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = lower_case(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Why a decoded text is refused, or null. `any_lines`: it may have control characters other than zero and DEL.
constexpr const char* fault_of_decoded(std::string_view text, bool any_lines) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0 || c == 0x7f || (c < 0x20 && !any_lines)) return "it has a control character";
    const std::size_t length = utf8_sequence(text.substr(i));
    if (length == 0) return "it is not UTF-8";
    i += length;
  }
  return nullptr;
}

}  // namespace detail

/// Replaces each `%HH` by its byte, once: `%2520` becomes `%20`. `plus_is_space`: `+` is a space, as in queries.
/// Errors: invalid_argument: a `%` without two digits behind it, a control character, or what is not UTF-8, all of it
/// looked for in what comes out, so that no escape hides it.
inline result<std::string> percent_decoded(std::string_view text, bool plus_is_space = false) {
  const auto fault = [&](const char* why) {
    return error(errc::invalid_argument, "not a text with percent-escapes: " + detail::quoted_text(text) + ": " + why);
  };
  std::string made;
  made.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? detail::http_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? detail::http_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fault("a `%` needs two hexadecimal digits behind it");
    made += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (const char* why = detail::fault_of_decoded(made, plus_is_space); why != nullptr) return fault(why);
  return made;
}

/// Replaces each byte that a path or a query could not have as it is by `%HH`: all but letters, digits and `-._~`.
/// `keep_slashes`: `/` stays, which parts a path. What it returns, `percent_decoded` makes the text again, if that
/// takes it at all. Source: RFC 3986, section 2.3.
inline std::string percent_encoded(std::string_view text, bool keep_slashes = false) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string made;
  for (const char each : text) {
    const char lower = detail::lower_case(each);
    if ((lower >= 'a' && lower <= 'z') || (each >= '0' && each <= '9') || each == '-' || each == '.' || each == '_' ||
        each == '~' || (each == '/' && keep_slashes)) {
      made += each;
      continue;
    }
    const auto byte = static_cast<unsigned char>(each);
    ((made += '%') += digits[byte >> 4]) += digits[byte & 15U];
  }
  return made;
}

/// A request's target, decoded.
struct http_target {
  std::string path;
  std::vector<http_parameter> query;  // in the order in which they came; a key may come again

  /// The text to send, which `parse` reads as this again. A slash in the path parts it, and is sent as it is.
  std::string text() const {
    std::string made = percent_encoded(path, true);
    char sign = '?';
    for (const http_parameter& each : query) {
      ((made += sign) += percent_encoded(each.key)) += '=';
      made += percent_encoded(each.value);
      sign = '&';
    }
    return made;
  }

  /// Takes `/path?key=value&other`; a path that was sent with a scheme and a host is refused.
  /// Errors: invalid_argument: it does not begin with a slash, has an escape that is none, or too many parameters.
  static result<http_target> parse(std::string_view text) {
    text = text.substr(0, text.find('#'));
    const std::size_t mark = text.find('?');
    if (text.empty() || text.front() != '/')
      return error(errc::invalid_argument, "the target of a request begins with a slash: " + detail::quoted_text(text));
    http_target made;
    auto path = percent_decoded(text.substr(0, mark));
    if (!path) return std::move(path).error();
    made.path = *std::move(path);
    std::string_view rest = mark == text.npos ? std::string_view() : text.substr(mark + 1);
    while (!rest.empty()) {
      const std::size_t end = rest.find('&');
      const std::string_view each = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
      if (each.empty()) continue;
      if (made.query.size() == max_http_parameters)
        return error(errc::invalid_argument, "a query has more than 1,000 parameters");
      const std::size_t sign = each.find('=');
      auto key = percent_decoded(each.substr(0, sign), true);
      if (!key) return std::move(key).error();
      auto value = percent_decoded(sign == each.npos ? std::string_view() : each.substr(sign + 1), true);
      if (!value) return std::move(value).error();
      made.query.push_back({*std::move(key), *std::move(value)});
    }
    return made;
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_HTTP_HPP
