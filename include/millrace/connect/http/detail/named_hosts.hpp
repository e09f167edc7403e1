#ifndef MILLRACE_CONNECT_HTTP_DETAIL_NAMED_HOSTS_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_NAMED_HOSTS_HPP

#include <millrace/connect/http/fwd.hpp>
#include <millrace/connect/http/options.hpp>
#include <millrace/core/detail/letter_case.hpp>

#include <httplib.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// An authority, `host` or `host:port`, without its port. An address of IPv6 keeps its brackets.
constexpr std::string_view host_of(std::string_view authority) noexcept {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  return authority.substr(0, colon);
}

/// Whether an address is reached from its own machine alone.
constexpr bool is_loopback(std::string_view address) noexcept {
  return address == "localhost" || address == "::1" || address.substr(0, 4) == "127.";
}

/// The names that a server goes by. A web page whose own name has been made to lead to this machine is of the same
/// origin as the server for its browser, which lets it read all that it asks for; but the browser says that name.
class named_hosts {
 public:
  explicit named_hosts(const server_options& options) : names_(options.hosts) {
    if (names_.empty() && is_loopback(options.address))
      names_ = {options.address, "localhost", "127.0.0.1", "[::1]"};
    else if (names_.empty())
      names_ = {"*"};
  }

  struct refusal {
    int status = 0;  // 0: there is none
    const char* why = "";
  };
  /// Source: RFC 9112, section 3.2; RFC 9110, section 15.5.20; RFC 6454, section 7.
  refusal check_request(const ::httplib::Request& request) const {
    const std::size_t count = request.get_header_value_count("Host");
    if (count > 1 || (count == 0 && request.version == "HTTP/1.1")) return {400, "a request has one Host\n"};
    if (count == 1 && !has(host_of(request.get_header_value("Host"))))
      return {421, "the server goes by other names (server_options::hosts)\n"};
    if (request.has_header("Origin") && !is_from_here(request.get_header_value("Origin")))
      return {403, "pages of other origins may not ask (server_options::hosts)\n"};
    return {};
  }

 private:
  bool has(std::string_view host) const noexcept {
    for (const std::string& each : names_)
      if (each == "*" || millrace::detail::same_but_case(each, host)) return true;
    return false;
  }
  bool is_from_here(std::string_view origin) const noexcept {
    const std::size_t slashes = origin.find("://");
    return has(slashes == origin.npos ? std::string_view() : host_of(origin.substr(slashes + 3)));
  }

  std::vector<std::string> names_;
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_NAMED_HOSTS_HPP
