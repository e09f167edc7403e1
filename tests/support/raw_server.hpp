#ifndef MILLRACE_TESTS_SUPPORT_RAW_SERVER_HPP
#define MILLRACE_TESTS_SUPPORT_RAW_SERVER_HPP

// A server for tests of what speaks HTTP over real connections.

#include <support/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

/// A server that does to each connection what a test says: it need not speak HTTP well.
class raw_server {
 public:
  explicit raw_server(std::function<void(int connection)> use) : use_(std::move(use)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&place), size) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size) == 0);
    port_ = ::ntohs(place.sin_port);
    thread_ = std::thread([this] {
      std::vector<std::thread> connections;
      for (;;) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) break;
        connections.emplace_back([this, connection] {
          use_(connection);
          ::close(connection);
        });
      }
      for (std::thread& each : connections) each.join();
    });
  }
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;
  ~raw_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

 private:
  std::function<void(int)> use_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A request up to its empty line, and as many bytes of its body as it says; what came before the connection ended.
inline std::string read_request(int connection) {
  std::string all;
  char bytes[4096];
  std::size_t whole = ~std::size_t{0};
  while (all.size() < whole) {
    const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return all;
    all.append(bytes, static_cast<std::size_t>(count));
    const std::size_t head = all.find("\r\n\r\n");
    if (head == all.npos) continue;
    const std::size_t length = all.find("Content-Length: ");
    whole = head + 4 + (length < head ? std::stoul(all.substr(length + 16)) : 0);
  }
  return all;
}
inline void say(int connection, std::string_view text) {
  static_cast<void>(::send(connection, text.data(), text.size(), MSG_NOSIGNAL));
}
}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_RAW_SERVER_HPP
