#ifndef MILLRACE_TESTS_SUPPORT_RAW_CLIENT_HPP
#define MILLRACE_TESTS_SUPPORT_RAW_CLIENT_HPP

// A client of HTTP for what no library sends.

#include <support/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace support {

/// A client that sends whatever it is told.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) ::close(std::exchange(socket_, -1));
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;
  ~raw_client() { ::close(socket_); }

  /// Whether they were taken.
  bool try_send(std::string_view bytes) { return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0; }
  void send(std::string_view bytes) { CHECK(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0); }
  /// What comes until `end`, or until the server ends the connection; of one that does not end in time with "<late>".
  std::string receive(std::string_view end = "<never>") {
    std::string made;
    char piece[4096];
    while (made.find(end) == made.npos) {
      const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
      if (got < 0) return made + "<late>";
      if (got == 0) break;
      made.append(piece, static_cast<std::size_t>(got));
    }
    return made;
  }

  /// What has come by now, at least a byte; nothing: the server has ended the connection, or nothing comes.
  std::string receive_some() {
    std::string made(65'536, '\0');
    const ssize_t got = ::recv(socket_, made.data(), made.size(), 0);
    made.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return made;
  }

 private:
  int socket_;
};

inline std::string request_of(std::string_view line, std::string_view rest) {
  return std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(rest);
}
inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_RAW_CLIENT_HPP
