#ifndef MILLRACE_CONNECT_REDIS_CONNECTION_HPP
#define MILLRACE_CONNECT_REDIS_CONNECTION_HPP

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/commands.hpp>
#include <millrace/connect/redis/detail/reply_reader.hpp>
#include <millrace/connect/redis/detail/socket.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/secret.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

namespace detail {

inline bool contains(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}

/// What a server's failure means to who asked. Scripts' failures have the word that counts within them.
inline errc code_of_failure(std::string_view text) noexcept {
  const std::string_view word = text.substr(0, text.find(' '));
  for (const std::string_view one :
       {"LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "BUSY", "NOREPLICAS", "MOVED", "ASK"})
    if (word == one) return errc::unavailable;
  if (word == "WRONGTYPE" || contains(text, " WRONGTYPE ")) return errc::type_mismatch;
  if (word == "OOM" || word == "MISCONF" || contains(text, "OOM command not allowed")) return errc::no_space;
  if (word == "NOAUTH" || word == "WRONGPASS" || word == "NOPERM") return errc::permission_denied;
  if (contains(text, "max number of clients")) return errc::unavailable;
  if (contains(text, " READONLY ")) return errc::unavailable;
  return errc::invalid_argument;
}
/// Whether a failure says that the command was not done, and may be later or elsewhere.
inline bool is_passing(std::string_view text) noexcept { return code_of_failure(text) == errc::unavailable; }

}  // namespace detail

/// A failure that a server replied with as an error, which names the command's key.
inline error error_of(const reply& failure, std::string_view key) {
  return error(detail::code_of_failure(failure.text), "Redis refuses what was asked of the key " +
                                                          millrace::detail::quoted_text(key) + ": " +
                                                          millrace::detail::quoted_text(failure.text));
}

/// How long the parts of an exchange may take, and how large its replies may be.
struct connection_limits {
  /// Until the server is reached and has taken the password. The look-up of a host's name is the system's, and is
  /// not bounded by it.
  duration connect = seconds(2);
  /// From the first byte that is sent to the last that is received, however many commands there are.
  duration exchange = seconds(5);
  reply_limits replies{};
};

/// A connection to a server: commands are sent on it and replies received.
/// After an error it is of no use, since what comes next is unknown: the next one is opened anew.
/// Threads: one at a time.
class connection {
 public:
  /// Reaches the server, says who asks and chooses the database. `reads_replica`: a cluster's replica is told that old
  /// values are welcome.
  /// Errors: unavailable, timeout; permission_denied: the password is not taken. No message has user or password.
  static result<millrace::detail::owning_pointer<connection>> open(const endpoint& at, const address& who,
                                                                   const connection_limits& limits = {},
                                                                   bool reads_replica = false) {
    const detail::moment until = detail::now() + nanoseconds(limits.connect);
    auto reached = detail::connect_socket(at, until);
    if (!reached) return std::move(reached).error();
    auto made = millrace::detail::make_owning<connection>(private_key(), at, std::move(*reached), limits);
    if (auto done = made->greet(who, reads_replica, until); !done) return std::move(done).error();
    return made;
  }

  struct private_key {};
  connection(private_key, const endpoint& at, detail::socket&& reached, const connection_limits& limits)
      : at_(at), socket_(std::move(reached)), limits_(limits), reader_(limits.replies) {}

  const endpoint& at() const noexcept { return at_; }
  /// Whether the server has neither gone nor sent what nobody asked for, as far as this machine knows.
  bool is_quiet() const noexcept { return !is_over_ && reader_.waiting() == 0 && socket_.is_quiet(); }
  /// Whether a byte of the last exchange may have left: whether the server may have done what it failed to reply to.
  bool has_sent() const noexcept { return sent_ != 0; }

  /// Sends commands as `commands::bytes` has them, and calls `use(reply&&)` for each of the `count` replies in order.
  /// Errors: timeout; closed by the server: io; invalid_data: what came is no reply, or one larger than it may be.
  template <class Use>
  result<void> exchange(std::string_view bytes, std::size_t count, Use&& use) {
    return exchange_until(bytes, count, use, detail::now() + nanoseconds(limits_.exchange));
  }

 private:
  static std::uint64_t nanoseconds(duration length) noexcept {
    return length.nanoseconds > 0 ? static_cast<std::uint64_t>(length.nanoseconds) : 0;
  }

  error fault(errc code, std::string_view what) {
    is_over_ = true;
    return error(code, "Redis at " + to_string(at_) + ": " + std::string(what));
  }

  template <class Use>
  result<void> exchange_until(std::string_view bytes, std::size_t count, Use& use, detail::moment until) {
    sent_ = 0;
    if (is_over_) return fault(errc::io, "the connection has failed before");
    std::size_t received = 0;
    if (auto done = send(bytes); !done) return done;
    while (received < count || sent_ < bytes.size()) {
      const bool is_sending = sent_ < bytes.size();
      const short ready = socket_.wait(static_cast<short>(is_sending ? POLLIN | POLLOUT : POLLIN), until);
      if (ready == 0) return fault(errc::timeout, "no reply in time");
      if (is_sending && (ready & POLLOUT) != 0)
        if (auto done = send(bytes); !done) return done;
      if ((ready & ~POLLOUT) != 0)
        if (auto done = receive(received, count, use); !done) return done;
    }
    if (reader_.waiting() != 0) return fault(errc::invalid_data, "more replies came than commands were sent");
    return {};
  }

  result<void> send(std::string_view bytes) {
    while (sent_ < bytes.size()) {
      const ssize_t sent = ::send(socket_.file(), bytes.data() + sent_, bytes.size() - sent_, MSG_NOSIGNAL);
      if (sent >= 0)
        sent_ += static_cast<std::size_t>(sent);
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        return {};
      else if (errno != EINTR)
        return fault(errc::io, std::strerror(errno));
    }
    return {};
  }

  template <class Use>
  result<void> receive(std::size_t& received, std::size_t count, Use& use) {
    char chunk[16 * 1024];
    const ssize_t size = ::recv(socket_.file(), chunk, sizeof chunk, 0);
    if (size == 0) return fault(errc::io, "the server has closed the connection");
    if (size < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {};
      return fault(errc::io, std::strerror(errno));
    }
    if (auto done = reader_.update(chunk, static_cast<std::size_t>(size)); !done)
      return fault(done.error().code(), done.error().message());
    while (received < count) {
      reply next;
      auto has_come = reader_.next(next);
      if (!has_come) return fault(has_come.error().code(), has_come.error().message());
      if (!*has_come) return {};
      ++received;
      use(std::move(next));
    }
    return {};
  }

  /// The server's words are not repeated: of a command that it does not know it repeats the words, with the password.
  result<void> greet(const address& who, bool reads_replica, detail::moment until) {
    if (const std::string& password = who.password.expose(); !password.empty()) {
      std::string words;
      words.reserve(64 + who.user.size() + password.size());  // it does not grow, so no copy is left behind
      const auto add = [&](std::string_view word) {
        words.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
      };
      words += who.user.empty() ? "*2\r\n" : "*3\r\n";
      add("AUTH");
      if (!who.user.empty()) add(who.user);
      add(password);
      const store::secret<std::string> login(std::move(words));
      if (auto done = step(login.expose(), "the user and the password", until); !done) return done;
    }
    if (who.database != 0)
      if (auto done = step(commands().update("SELECT", who.database).bytes(), "the database's number", until); !done)
        return done;
    if (reads_replica) return step(commands().update("READONLY").bytes(), "a reader of replicas", until);
    return {};
  }
  result<void> step(std::string_view bytes, const char* what, detail::moment until) {
    reply got;
    const auto keep = [&](reply&& one) { got = std::move(one); };
    if (auto done = exchange_until(bytes, 1, keep, until); !done) return done;
    if (!got.is_failure()) return {};
    const errc meant = detail::code_of_failure(got.text);
    const errc code = meant == errc::unavailable ? errc::unavailable : errc::permission_denied;
    std::string word;
    for (const char c : got.failure_word().substr(0, 20))
      if (c >= 'A' && c <= 'Z') word += c;
    return fault(code, std::string("it does not take ") + what + " (" + word + ")");
  }

  endpoint at_;
  detail::socket socket_;
  connection_limits limits_;
  detail::reply_reader reader_;
  std::size_t sent_ = 0;
  bool is_over_ = false;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_CONNECTION_HPP
