#ifndef MILLRACE_OBSERVE_EXPORT_UDP_SENDER_HPP
#define MILLRACE_OBSERVE_EXPORT_UDP_SENDER_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>

#include <netdb.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Sends datagrams to one address. No receiver replies, so success only means that the system accepted the datagram.
/// Threads: any number at once.
/// Fork: parent and child may both send; datagrams stay whole.
class udp_sender {
 public:
  /// `host` is an address or a name; of a name with both, the IPv4 address is used. Looking up a name may block.
  /// Errors: not_found (no such name); those of the system.
  static result<udp_sender> open(const std::string& host, std::uint16_t port) {
    const std::string address = host + ":" + std::to_string(port);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found); status != 0)
      return error(errc::not_found, "cannot send to \"" + address + "\": " + ::gai_strerror(status));
    auto opened = connect_to(found, address);
    ::freeaddrinfo(found);
    return opened;
  }

  /// Sends one datagram.
  /// Errors: `unavailable` if an earlier datagram was refused because nobody listens there; those of the system.
  result<void> operator()(std::string_view datagram) const {
    for (;;) {
      if (::send(socket_.descriptor(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return {};
      if (errno == EINTR) continue;
      if (errno == ECONNREFUSED)
        return error(errc::unavailable, "cannot send to \"" + socket_.path() + "\": nobody listens there");
      return store::system_error(errno, "send to", socket_.path());
    }
  }

 private:
  /// The first address, IPv4 before others.
  static result<udp_sender> connect_to(const addrinfo* found, const std::string& address) {
    const addrinfo* chosen = found;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
      if (each->ai_family == AF_INET) {
        chosen = each;
        break;
      }
    const int descriptor = ::socket(chosen->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return store::system_error(errno, "send to", address);
    store::file socket(descriptor, address);
    if (::connect(descriptor, chosen->ai_addr, chosen->ai_addrlen) != 0)
      return store::system_error(errno, "send to", address);
    return udp_sender(std::move(socket));
  }

  explicit udp_sender(store::file socket) noexcept : socket_(std::move(socket)) {}

  store::file socket_;  // a socket is closed like a file; its path is the address
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_UDP_SENDER_HPP
