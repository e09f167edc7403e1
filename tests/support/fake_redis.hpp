#ifndef MILLRACE_TESTS_SUPPORT_FAKE_REDIS_HPP
#define MILLRACE_TESTS_SUPPORT_FAKE_REDIS_HPP

// A server on a unix socket that says what a test tells it to, however wrong: for each connection a text, or what a
// function makes of what came.

#include <millrace/connect/redis/address.hpp>

#include <support/temp_dir.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <atomic>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace support {

class fake_redis {
 public:
  /// What to send after `received` came on the connection of this number; `closes` ends the connection then.
  struct told {
    std::string bytes{};
    bool closes = false;
  };
  using speech = std::function<told(int connection, std::string_view received)>;

  explicit fake_redis(speech says) : says_(std::move(says)), path_(folder_ / "s") {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path_.data(), path_.size());
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 64) != 0)
      throw std::runtime_error("the fake server cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  fake_redis(const fake_redis&) = delete;
  fake_redis& operator=(const fake_redis&) = delete;
  ~fake_redis() {
    is_over_ = true;
    thread_.join();
    ::close(listener_);
  }

  millrace::connect::redis::endpoint at() const { return {"", 0, path_}; }
  millrace::connect::redis::address address() const {
    millrace::connect::redis::address made;
    made.at = at();
    return made;
  }
  int connections() const noexcept { return connections_; }
  int received() const noexcept { return received_; }

 private:
  bool has_come(int file) const {
    while (!is_over_) {
      pollfd one{file, POLLIN, 0};
      if (::poll(&one, 1, 5) > 0) return true;
    }
    return false;
  }
  void serve() {
    while (has_come(listener_)) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      const int number = connections_++;
      std::string chunk(1 << 16, '\0');
      while (has_come(peer)) {
        const ssize_t size = ::recv(peer, chunk.data(), chunk.size(), 0);
        if (size <= 0) break;
        ++received_;
        const told now = says_(number, std::string_view(chunk).substr(0, static_cast<std::size_t>(size)));
        for (std::string_view left = now.bytes; !left.empty();) {
          const ssize_t sent = ::send(peer, left.data(), left.size(), MSG_NOSIGNAL);
          if (sent <= 0) break;
          left.remove_prefix(static_cast<std::size_t>(sent));
        }
        if (now.closes) break;
      }
      ::close(peer);
    }
  }

  temp_dir folder_;
  speech says_;
  std::string path_;
  int listener_ = -1;
  std::atomic<bool> is_over_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> received_{0};
  std::thread thread_;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FAKE_REDIS_HPP
