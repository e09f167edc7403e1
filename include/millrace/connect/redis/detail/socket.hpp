#ifndef MILLRACE_CONNECT_REDIS_DETAIL_SOCKET_HPP
#define MILLRACE_CONNECT_REDIS_DETAIL_SOCKET_HPP

#include <millrace/connect/redis/address.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {
namespace detail {

/// A moment of the monotonic clock by which something is over.
using moment = std::uint64_t;

inline moment now() noexcept { return steady_clock().ticks(); }

/// A connected socket on which nothing waits but `wait`. hiredis' own would be written to by write(), whose SIGPIPE
/// ends the program when the server has gone, and would bound each read by itself, not the whole.
class socket {
 public:
  socket() noexcept = default;
  explicit socket(int file) noexcept : file_(file) {}
  socket(socket&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  socket& operator=(socket&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~socket() {
    if (file_ >= 0) ::close(file_);
  }
  int file() const noexcept { return file_; }

  /// Waits until there is something to read (POLLIN) or room to write (POLLOUT). Returns what, or 0 when time is over.
  short wait(short events, moment until) const noexcept {
    for (;;) {
      const moment at = now();
      const std::uint64_t left = until > at ? (until - at) / 1'000'000U + 1 : 0;
      pollfd one{file_, events, 0};
      const int ready = ::poll(&one, 1, left > 86'400'000U ? 86'400'000 : static_cast<int>(left));
      if (ready > 0) return one.revents;
      if (ready < 0 && errno != EINTR) return POLLERR;
      if (now() >= until) return 0;
    }
  }
  /// Whether the other side has sent nothing that was not asked for, and has not gone.
  bool is_quiet() const noexcept {
    pollfd one{file_, POLLIN, 0};
    return ::poll(&one, 1, 0) == 0;
  }

 private:
  int file_ = -1;
};

inline error failed_to_reach(const endpoint& at, const char* why) {
  return error(errc::unavailable, "Redis at " + to_string(at) + " is not reached: " + why);
}

/// A socket to one of the addresses that a name may have.
inline result<socket> connect_to(const endpoint& at, const sockaddr* where, socklen_t size, moment until) {
  socket made(::socket(where->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.file() < 0) return failed_to_reach(at, std::strerror(errno));
  if (::connect(made.file(), where, size) != 0) {
    if (errno != EINPROGRESS) return failed_to_reach(at, std::strerror(errno));
    if (made.wait(POLLOUT, until) == 0)
      return error(errc::timeout, "Redis at " + to_string(at) + " is not reached in time");
    int fault = 0;
    socklen_t length = sizeof fault;
    ::getsockopt(made.file(), SOL_SOCKET, SO_ERROR, &fault, &length);
    if (fault != 0) return failed_to_reach(at, std::strerror(fault));
  }
  return made;
}

inline result<socket> connect_unix(const endpoint& at, moment until) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (at.path.size() >= sizeof where.sun_path) return failed_to_reach(at, "the path is too long");
  std::memcpy(where.sun_path, at.path.data(), at.path.size());
  return connect_to(at, reinterpret_cast<const sockaddr*>(&where), sizeof where, until);
}

/// Whether a connection was made to itself, as happens on a port of the system's choice on which nobody listens.
inline bool is_connected_to_itself(int file) noexcept {
  sockaddr_storage own{};
  sockaddr_storage other{};
  socklen_t own_size = sizeof own;
  socklen_t other_size = sizeof other;
  return ::getsockname(file, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
         ::getpeername(file, reinterpret_cast<sockaddr*>(&other), &other_size) == 0 && own_size == other_size &&
         std::memcmp(&own, &other, own_size) == 0;
}

/// A socket to the first of a name's addresses that takes it.
inline result<socket> connect_to_any(const endpoint& at, const addrinfo* found, moment until) {
  error last = failed_to_reach(at, "its name has no address");
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    result<socket> made = connect_to(at, one->ai_addr, one->ai_addrlen, until);
    if (!made) {
      last = made.error();
    } else if (is_connected_to_itself(made->file())) {
      last = failed_to_reach(at, "nobody listens");
    } else {
      return made;
    }
    if (now() >= until) break;
  }
  return last;
}

inline result<socket> connect_tcp(const endpoint& at, moment until) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int fault = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &wanted, &found); fault != 0)
    return failed_to_reach(at, ::gai_strerror(fault));
  result<socket> made = connect_to_any(at, found, until);
  ::freeaddrinfo(found);
  if (!made) return made;
  const int on = 1;
  ::setsockopt(made->file(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(made->file(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return made;
}

inline result<socket> connect_socket(const endpoint& at, moment until) {
  return at.path.empty() ? connect_tcp(at, until) : connect_unix(at, until);
}

}  // namespace detail
}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_DETAIL_SOCKET_HPP
