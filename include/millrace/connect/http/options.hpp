#ifndef MILLRACE_CONNECT_HTTP_OPTIONS_HPP
#define MILLRACE_CONNECT_HTTP_OPTIONS_HPP

#include <millrace/connect/http/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {

/// Where a server listens, how, and how much it takes from anybody.
struct server_options {
  /// The address to listen at. This one is reached from the same machine alone.
  std::string address = "127.0.0.1";
  /// 0: any that is free, which `port()` tells.
  std::uint16_t port = 0;
  /// The names, without a port, by which clients may ask for the server, as their `Host` says: another one is status
  /// 421, and a request from a web page of another host (`Origin`) 403. Without it any page that somebody on this
  /// machine opens could read what the server says, by a name of its own that leads here (DNS rebinding). Empty: of a
  /// server at an address of loopback that address, `localhost`, `127.0.0.1` and `[::1]`; of another, any. `*`: any,
  /// such as behind a proxy that passes on the name that it was asked by.
  std::vector<std::string> hosts = {};
  /// The files of a certificate, with those that it leads to, and of its key, both as PEM: with them the server speaks
  /// TLS, from version 1.2 on, and nothing else. Empty: plain HTTP.
  std::string certificate = {};
  std::string key = {};
  /// How many connections are served at a time. Each has a thread while it is open, which is made when it is needed.
  /// Beyond that many others wait, and while they do each response is the last one of its connection.
  std::size_t threads = 256;
  /// How many connections there may be, with and without a thread; one more gets status 503 at once.
  std::size_t max_connections = 1024;
  /// How many responses may be streams, which need no thread; one more gets status 503.
  std::size_t max_streams = 64;
  /// The most bytes of what comes before a request's body, and the most headers; longer is status 431.
  /// Newer releases of cpp-httplib take no more headers than their CPPHTTPLIB_HEADER_MAX_COUNT, 100 unless it is set.
  std::size_t max_head = std::size_t{64} << 10;
  std::size_t max_headers = 100;
  /// The most bytes of a request's body, also after decompression; a longer one gets status 413.
  std::size_t max_body = std::size_t{256} << 20;
  /// The most bytes of a request's path, without its query; a longer one gets status 414.
  std::size_t max_path = 2000;
  /// How long a connection is kept that asks for nothing.
  std::uint32_t idle_seconds = 5;
  /// How long a client may take between two pieces of a request, or of a response.
  std::uint32_t io_seconds = 30;
  /// How long a client may take for all that comes before a body, and for the whole of a request, as often as it sends
  /// a byte; longer is status 408. It may take as long for the response.
  std::uint32_t head_seconds = 10;
  std::uint32_t request_seconds = 300;
  /// What `Retry-After` says where a response of status 429 or 503 does not say it.
  std::uint32_t retry_seconds = 1;
};

}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_OPTIONS_HPP
