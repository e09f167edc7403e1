#ifndef MILLRACE_CONNECT_HTTP_DETAIL_CHANNEL_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_CHANNEL_HPP

#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/uninterrupted.hpp>

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// Now, in nanoseconds of the monotonic clock.
inline std::uint64_t moment() noexcept {
  const steady_clock clock;
  return clock.nanoseconds(clock.ticks());
}
constexpr std::uint64_t seconds(std::uint64_t count) noexcept { return count * 1'000'000'000U; }

/// Waits for one of these events of a descriptor, until this moment. False: it has not come.
inline bool wait_for(int descriptor, short events, std::uint64_t until) noexcept {
  for (;;) {
    const std::uint64_t now = moment();
    if (now >= until) return false;
    pollfd one{descriptor, events, 0};
    const std::uint64_t left = (until - now) / 1'000'000U + 1;
    const int found = ::poll(&one, 1, left > 60'000 ? 60'000 : static_cast<int>(left));
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return false;
  }
}

/// One end of a connection: bytes there and back, by TLS if there is a context for it, and never a byte later than its
/// caller waits. It does not block by itself.
class channel {
 public:
  /// What a read or a write has come to, where it is no number of bytes.
  static constexpr ssize_t ended = 0;
  static constexpr ssize_t failed = -1;
  static constexpr ssize_t late = -2;

  /// Takes the socket over.
  explicit channel(int socket) noexcept : socket_(socket) {
    if (socket >= 0) static_cast<void>(::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK));
  }
  channel(channel&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), tls_(std::exchange(other.tls_, nullptr)) {}
  channel& operator=(channel&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(tls_, other.tls_);
    return *this;
  }
  ~channel() { close(); }

  int socket() const noexcept { return socket_; }

  /// Begins TLS, as its server.
  bool begin_tls(::SSL_CTX* context, std::uint64_t until) noexcept {
    tls_ = ::SSL_new(context);
    if (tls_ == nullptr || ::SSL_set_fd(tls_, socket_) != 1) return false;
    return tls_call(until, [&] { return ::SSL_accept(tls_); }) > 0;
  }

  /// Reads what there is, at least a byte, and waits for it until then.
  ssize_t read(char* into, std::size_t room, std::uint64_t until) noexcept {
    if (tls_ != nullptr)
      return tls_call(until,
                      [&] { return ::SSL_read(tls_, into, room > 1U << 20 ? 1 << 20 : static_cast<int>(room)); });
    for (;;) {
      const ssize_t got = uninterrupted([&] { return ::recv(socket_, into, room, 0); });
      if (got >= 0) return got;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed;
      if (!wait_for(socket_, POLLIN, until)) return late;
    }
  }
  /// Writes a part of it, at least a byte, and waits until then that there is room.
  ssize_t write(const char* bytes, std::size_t count, std::uint64_t until) noexcept {
    if (tls_ != nullptr)
      return tls_call(until,
                      [&] { return ::SSL_write(tls_, bytes, count > 1U << 20 ? 1 << 20 : static_cast<int>(count)); });
    for (;;) {
      const ssize_t put = uninterrupted([&] { return ::send(socket_, bytes, count, MSG_NOSIGNAL); });
      if (put >= 0) return put;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return failed;
      if (!wait_for(socket_, POLLOUT, until)) return late;
    }
  }
  bool write_all(std::string_view bytes, std::uint64_t until) noexcept {
    while (!bytes.empty()) {
      const ssize_t put = write(bytes.data(), bytes.size(), until);
      if (put <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
  /// Whether there is something to read that the socket itself does not show.
  bool has_unread() const noexcept { return tls_ != nullptr && ::SSL_pending(tls_) > 0; }

  /// Whether something has come that nobody has read.
  bool is_readable() const noexcept {
    char one = 0;
    return has_unread() || (socket_ >= 0 && ::recv(socket_, &one, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
  }
  /// Ends the connection so that the last response reaches a client that is still sending: what comes is passed over,
  /// until this moment, because closing a socket with bytes that nobody has read tears down what was sent.
  void close_gently(std::uint64_t until) noexcept {
    if (socket_ < 0) return;
    if (tls_ != nullptr) static_cast<void>(::SSL_shutdown(tls_));
    if (::shutdown(socket_, SHUT_WR) == 0) {
      char passed_over[16384];
      for (;;) {
        const ssize_t got = uninterrupted([&] { return ::recv(socket_, passed_over, sizeof passed_over, 0); });
        if (got == 0 || (got < 0 && ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for(socket_, POLLIN, until))))
          break;
        if (moment() >= until) break;
      }
    }
    close();
  }
  void close() noexcept {
    if (tls_ != nullptr) ::SSL_free(std::exchange(tls_, nullptr));
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  template <class Call>
  ssize_t tls_call(std::uint64_t until, const Call& call) noexcept {
    for (;;) {
      ::ERR_clear_error();
      const int done = call();
      if (done > 0) return done;
      switch (::SSL_get_error(tls_, done)) {
        case SSL_ERROR_WANT_READ:
          if (!wait_for(socket_, POLLIN, until)) return late;
          break;
        case SSL_ERROR_WANT_WRITE:
          if (!wait_for(socket_, POLLOUT, until)) return late;
          break;
        case SSL_ERROR_ZERO_RETURN: return ended;
        default: return failed;
      }
    }
  }

  int socket_;
  ::SSL* tls_ = nullptr;
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_CHANNEL_HPP
