#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_ORIGIN_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_ORIGIN_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Who may send a browser here. A page of somebody else's can make a browser ask this server in two ways: by a name of
// its own that it lets lead to this address (DNS rebinding), which the request's Host shows; and from its own address,
// which Origin shows.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// `host:port` without its port; brackets of an IPv6 address stay.
constexpr std::string_view host_without_port(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.substr(0, host.find(']') == host.npos ? host.npos : host.find(']') + 1);
  return host.substr(0, host.find(':'));
}
/// Whether a host is an address and no name, so that nobody can have let it lead elsewhere.
constexpr bool is_address(std::string_view host) noexcept {
  if (host.starts_with('[')) return host.ends_with(']');
  std::size_t dots = 0;
  for (const char c : host) {
    if (c != '.' && (c < '0' || c > '9')) return false;
    dots += c == '.';
  }
  return dots == 3;
}
constexpr bool is_this_machine(std::string_view host) noexcept {
  return same_but_case(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}
inline bool is_among(const std::vector<std::string>& all, std::string_view host) noexcept {
  for (const std::string& each : all)
    if (same_but_case(each, host)) return true;
  return false;
}

/// Whether a request's `Host` is this machine, an address, or one of `hosts`.
inline bool has_own_host(const store::http_request& request, const std::vector<std::string>& hosts) noexcept {
  const std::string* const host = store::find_header(request.headers, "Host");
  if (host == nullptr) return true;  // no browser leaves it out
  const std::string_view name = host_without_port(*host);
  return is_this_machine(name) || is_address(name) || is_among(hosts, name);
}
/// Whether a request that may change something comes from a page of this server's, of this machine's, or of one of
/// `hosts`, or from no page at all.
inline bool has_own_origin(const store::http_request& request, const std::vector<std::string>& hosts) noexcept {
  const std::string* const origin = store::find_header(request.headers, "Origin");
  if (origin == nullptr || request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS")
    return true;
  std::string_view place = *origin;
  for (const std::string_view scheme : {"http://", "https://"})
    if (place.starts_with(scheme)) {
      place.remove_prefix(scheme.size());
      const std::string* const host = store::find_header(request.headers, "Host");
      const std::string_view name = host_without_port(place);
      return (host != nullptr && same_but_case(*host, place)) || is_this_machine(name) || is_among(hosts, name);
    }
  return false;
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_ORIGIN_HPP
