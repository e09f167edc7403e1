#ifndef MILLRACE_CONNECT_HTTP_TRANSPORT_HPP
#define MILLRACE_CONNECT_HTTP_TRANSPORT_HPP

#include <millrace/connect/http/detail/no_broken_pipe.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <httplib.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {

struct transport_options {
  /// Where the server is. This one is the same machine.
  std::string address = "127.0.0.1";
  std::uint16_t port = 80;
  /// Sent with every request as `Authorization: Bearer TOKEN`, unless the request has that header; empty: none is.
  store::secret<std::string> token = {};
  /// Whether the token may go to another machine, where all on the way read it.
  bool allows_plain_token = false;
  /// How long it may take to reach the server.
  std::uint32_t connect_seconds = 10;
  /// How long no byte may come or go.
  std::uint32_t io_seconds = 60;
  /// The most bytes of a response's body.
  std::size_t max_response = std::size_t{256} << 20;
};

/// Carries requests to one server over plain HTTP, one at a time, by cpp-httplib: to a server of the same machine, or
/// where something else keeps the way safe. For others there is connect/curl.hpp, which has TLS.
///
///     auto server = mr::connect::http::transport::make({.port = 5000});
///     auto response = server->send({.target = "/health"});
///
/// Models: store::http_transport.
/// Guarantee: asks no other host: redirects are responses, and there is no proxy. A request is sent once.
/// Allocates: the response, at most `max_response` bytes of its body, and what cpp-httplib does.
/// Threads: any number, which wait for each other.
/// Errors: as of an http_transport, where `io` may also mean that no byte came in time; out_of_range: the response is
/// too large; invalid_argument: the request cannot be sent as it is.
class transport {
 public:
  /// Reaches for nothing yet. Errors: permission_denied: the token would go to another machine.
  static result<transport> make(transport_options options) {
    const std::string& address = options.address;
    const bool stays_here = address == "127.0.0.1" || address == "::1" || address == "localhost";
    if (!stays_here && !options.token.expose().empty() && !options.allows_plain_token)
      return error(errc::permission_denied, "the token would go to " + address +
                                                " over plain http, where all on the way read it: use connect/curl");
    return transport(millrace::detail::make_owning<state>(std::move(options)));
  }

  result<store::http_response> send(const store::http_request& request) const {
    if (auto fine = store::check_request(request); !fine)
      return std::move(fine).error().wrap("cannot ask " + self_->place());
    const transport_options& options = self_->options;
    ::httplib::Request asked;
    asked.method = request.method;
    asked.path = request.target;
    asked.body = request.body;
    for (const store::http_header& each : request.headers) asked.headers.emplace(each.name, each.value);
    if (!options.token.expose().empty() && !asked.has_header("Authorization"))
      asked.headers.emplace("Authorization", "Bearer " + options.token.expose());
    store::http_response made;
    bool is_large = false;
    asked.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t, std::uint64_t) {
      is_large = count > options.max_response - made.body.size();
      if (!is_large) made.body.append(bytes, count);
      return !is_large;
    };
    const detail::no_broken_pipe guard;
    const auto received = self_->http.send(asked);
    if (!received) return self_->failure(received.error(), request, is_large);
    made.status = received->status;
    for (const auto& [name, value] : received->headers) made.headers.push_back({name, value});
    return made;
  }

 private:
  struct state {
    transport_options options;
    mutable ::httplib::Client http;

    explicit state(transport_options&& asked) : options(std::move(asked)), http(options.address, options.port) {
      http.set_tcp_nodelay(true);
      http.set_keep_alive(true);
      keep_targets(http);
      http.set_decompress(false);
      http.set_follow_location(false);
      http.set_connection_timeout(static_cast<time_t>(options.connect_seconds));
      http.set_read_timeout(static_cast<time_t>(options.io_seconds));
      http.set_write_timeout(static_cast<time_t>(options.io_seconds));
    }
    /// The target has its escapes. The library's word for it was another up to 0.30.
    template <class Client>
    static void keep_targets(Client& of) {
      if constexpr (requires { of.set_url_encode(false); })
        of.set_url_encode(false);
      else
        of.set_path_encode(false);
    }
    std::string place() const { return options.address + ':' + std::to_string(options.port); }
    error failure(::httplib::Error why, const store::http_request& request, bool is_large) const {
      const std::string where = request.method + ' ' + place() + request.target.substr(0, request.target.find('?'));
      if (is_large)
        return error(errc::out_of_range,
                     where + ": the response is larger than " + std::to_string(options.max_response) + " bytes");
      switch (why) {
        case ::httplib::Error::Connection:
        case ::httplib::Error::ConnectionTimeout:
        case ::httplib::Error::BindIPAddress: return error(errc::unavailable, where + ": the server is not reached");
        default:
          return error(errc::io, where + ": the connection ended, or no byte came, before the response was whole");
      }
    }
  };

  explicit transport(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  millrace::detail::owning_pointer<state> self_;
};

}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_TRANSPORT_HPP
