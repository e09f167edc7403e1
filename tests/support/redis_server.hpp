#ifndef MILLRACE_TESTS_SUPPORT_REDIS_SERVER_HPP
#define MILLRACE_TESTS_SUPPORT_REDIS_SERVER_HPP

// A real redis-server for a test, on a free port of loopback and a unix socket, that ends with the test.

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/detail/socket.hpp>

#include <support/temp_dir.hpp>

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

/// The server's program, or nothing. Debian's package redis-tools has it as redis-check-rdb: one program, which is the
/// server if it is called redis-server.
inline std::string redis_program() {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  std::string folder;
  std::vector<std::string> all;
  while (std::getline(folders, folder, ':')) all.push_back(folder);
  for (const char* const name : {"redis-server", "redis-check-rdb"})
    for (const std::string& each : all)
      if (::access((each + "/" + name).c_str(), X_OK) == 0) return each + "/" + name;
  return {};
}
/// Whether there is a server; says so if not, for the list of what was skipped.
inline bool has_redis() {
  static const bool has = !redis_program().empty();
  if (!has) std::cout << "skipped: there is no redis-server (Debian: redis-tools)" << std::endl;
  return has;
}

/// A port on which nobody listens, below those from which the system takes its own, so that nobody gets it meanwhile.
inline std::uint16_t free_port() {
  static unsigned next = 11'000 + static_cast<unsigned>(::getpid()) * 13 % 9'000;
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(next++ % 9'000 + 11'000);
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool is_free = ::bind(file, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(file);
    if (is_free) return port;
  }
  throw std::runtime_error("no port is free");
}

class redis_server {
 public:
  explicit redis_server(std::vector<std::string> more = {}) : port_(free_port()), more_(std::move(more)) { start(); }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;
  ~redis_server() { kill(); }

  std::uint16_t port() const noexcept { return port_; }
  std::string socket_path() const { return folder_ / "s"; }
  millrace::connect::redis::endpoint at() const { return {"127.0.0.1", port_, {}}; }
  millrace::connect::redis::endpoint at_socket() const { return {"", 0, socket_path()}; }
  millrace::connect::redis::address address() const {
    millrace::connect::redis::address made;
    made.at = at();
    return made;
  }

  /// Starts it, and waits until it listens.
  void start() {
    std::vector<std::string> words = {
        "redis-server", "--port",    std::to_string(port_),   "--bind",      "127.0.0.1", "--unixsocket",
        socket_path(),  "--dir",     folder_.path().string(), "--save",      "",          "--enable-debug-command",
        "yes",          "--logfile", folder_ / "log",         "--daemonize", "no"};
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> pointers;
    for (std::string& each : words) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    const std::string program = redis_program();
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      ::execv(program.c_str(), pointers.data());
      ::_exit(127);
    }
    for (int tries = 0; tries < 2000; ++tries) {
      if (auto reached = millrace::connect::redis::detail::connect_socket(
              at(), millrace::connect::redis::detail::now() + 1'000'000'000U);
          reached)
        return;
      if (::waitpid(process_, nullptr, WNOHANG) == process_) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::ifstream log(folder_ / "log");
    std::stringstream text;
    text << log.rdbuf();
    throw std::runtime_error("redis-server does not start: " + text.str());
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  void freeze() const { ::kill(process_, SIGSTOP); }
  void go_on() const { ::kill(process_, SIGCONT); }

 private:
  temp_dir folder_;
  std::uint16_t port_;
  std::vector<std::string> more_;
  pid_t process_ = -1;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_REDIS_SERVER_HPP
