#ifndef MILLRACE_TESTS_SUPPORT_UDP_RECEIVER_HPP
#define MILLRACE_TESTS_SUPPORT_UDP_RECEIVER_HPP

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace support {

/// Listens on a free UDP port of 127.0.0.1.
class udp_receiver {
 public:
  udp_receiver() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const timeval patience{5, 0};
    const int room = 4 << 20;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen on 127.0.0.1");
    port_ = ntohs(address.sin_port);
  }
  udp_receiver(const udp_receiver&) = delete;
  udp_receiver& operator=(const udp_receiver&) = delete;
  ~udp_receiver() { ::close(socket_); }

  std::uint16_t port() const { return port_; }

  /// The next datagram; throws when none comes for five seconds.
  std::string receive() {
    std::string datagram(65536, '\0');
    const auto size = ::recv(socket_, datagram.data(), datagram.size(), 0);
    if (size < 0) throw std::runtime_error("no datagram came");
    datagram.resize(static_cast<std::size_t>(size));
    return datagram;
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_UDP_RECEIVER_HPP
