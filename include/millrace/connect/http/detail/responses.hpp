#ifndef MILLRACE_CONNECT_HTTP_DETAIL_RESPONSES_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_RESPONSES_HPP

#include <millrace/connect/http/detail/connection.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/problem_details.hpp>
#include <millrace/store/http.hpp>

#include <httplib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// Whether there is no telling where a request's body ends, and so where the next one begins.
/// Source: RFC 9112, sections 6.1 and 6.3.
inline bool has_no_clear_end(const ::httplib::Request& request) {
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const std::size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (lengths + codings > 1) return true;
  if (codings == 1) return !same_but_case(request.get_header_value("Transfer-Encoding"), "chunked");
  if (lengths == 0) return false;
  const std::string length = request.get_header_value("Content-Length");
  return length.empty() || length.size() > 18 || length.find_first_not_of("0123456789") != length.npos;
}

/// Whether the library has refused a request because it knows no such method: not what it says is wrong then.
/// Source: RFC 9110, section 9.1.
inline bool has_unknown_method(const ::httplib::Request& request) {
  if (request.version != "HTTP/1.1" && request.version != "HTTP/1.0") return false;
  for (const char* each : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI"})
    if (request.method == each) return false;
  for (const char each : request.method)
    if (!(lower_case(each) >= 'a' && lower_case(each) <= 'z') && each != '-') return false;
  return !request.method.empty();
}

/// The length that a request says its body has; 0 if it does not say it.
inline std::uint64_t said_length(const ::httplib::Request& request) {
  std::uint64_t made = 0;
  for (const char each : request.get_header_value("Content-Length"))
    made = made * 10 + static_cast<unsigned>(each - '0');
  return made;
}

/// Has the library send a body. It is not one of a provider: of those the library sends no more once it stops, so that
/// a client would lack the response to a request that was served.
inline void send_body(::httplib::Response& to, const std::string& type, std::string body) {
  to.set_header("Content-Type", type);
  to.body = std::move(body);
}

/// Refuses a request, and ends the connection: what comes next is no request, but what is left of this one.
inline void refuse(connection& over, ::httplib::Response& to, int status, const char* why) {
  to.status = status;
  to.set_header("Connection", "close");
  send_body(to, "text/plain", why);
  over.cut_off();
}

/// A whole response that says no more than its status, and that the connection ends.
inline std::string bare_response(int status, std::uint32_t retry_seconds) {
  const std::string_view phrase = status == 408   ? "Request Timeout"
                                  : status == 414 ? "URI Too Long"
                                  : status == 431 ? "Request Header Fields Too Large"
                                                  : reason_phrase(static_cast<unsigned>(status));
  std::string body(phrase);
  body += '\n';
  std::string made = "HTTP/1.1 ";
  append_number(made, status);
  ((made += ' ') += phrase) += "\r\nContent-Type: text/plain\r\nConnection: close\r\n";
  if (status == 503) {
    made += "Retry-After: ";
    append_number(made, retry_seconds);
    made += "\r\n";
  }
  made += "Content-Length: ";
  append_number(made, body.size());
  (made += "\r\n\r\n") += body;
  return made;
}

/// What comes before the body of a response that is a stream.
inline std::string stream_head(const store::http_response& response, bool is_chunked) {
  std::string made = "HTTP/1.1 ";
  append_number(made, response.status);
  made += " OK\r\n";
  for (const store::http_header& each : response.headers) {
    if ((each.name + each.value).find_first_of("\r\n") != std::string::npos) continue;
    (((made += each.name) += ": ") += each.value) += "\r\n";
  }
  if (is_chunked) made += "Transfer-Encoding: chunked\r\n";
  return made += "Connection: close\r\n\r\n";
}

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_RESPONSES_HPP
