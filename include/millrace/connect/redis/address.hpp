#ifndef MILLRACE_CONNECT_REDIS_ADDRESS_HPP
#define MILLRACE_CONNECT_REDIS_ADDRESS_HPP

#include <millrace/connect/redis/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/secret.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// Where a server listens: a host and a port, or a unix socket.
struct endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  /// The unix socket's path; empty: there is none, and host and port say where.
  std::string path = {};

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// As messages have it: `127.0.0.1:6379`, or `unix:/run/redis.sock`.
inline std::string to_string(const endpoint& at) {
  if (!at.path.empty()) return "unix:" + at.path;
  const bool is_v6 = at.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + at.host + "]" : at.host) + ":" + std::to_string(at.port);
}

/// A server, who asks it, and for which of its databases.
struct address {
  endpoint at{};
  /// As the server's access list has it; empty: the default user.
  std::string user = {};
  /// Empty: nothing is said of who asks.
  store::secret<std::string> password{};
  std::uint32_t database = 0;
};

namespace detail {

inline error bad_address(const char* part) {
  return error(errc::invalid_argument, std::string("the address of Redis: ") + part);
}

inline int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Takes `%41` for `A`. Returns whether every `%` is followed by two digits, not both 0.
inline bool decode_percent(std::string_view text, std::string& out) {
  out.reserve(text.size());  // of a password no copy is left behind
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

template <class Number>
bool whole_number(std::string_view text, Number& out) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, out);
  return fault == std::errc() && stop == end && !text.empty();
}

inline result<void> parse_credentials(std::string_view text, address& out) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return bad_address("a user without a password; `user:password@` has both, `:password@` is the default user");
  std::string password;
  if (!decode_percent(text.substr(0, colon), out.user)) return bad_address("the user has a `%` that begins no byte");
  const bool is_whole = decode_percent(text.substr(colon + 1), password);
  out.password = store::secret<std::string>(std::move(password));
  if (!is_whole) return bad_address("the password has a `%` that begins no byte; a `%` itself is `%25`");
  if (out.password.expose().empty()) return bad_address("the password is empty");
  return {};
}

inline result<void> parse_host(std::string_view text, endpoint& out) {
  std::string_view port;
  bool has_port = false;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return bad_address("the host begins with `[` and has no `]`");
    out.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!text.empty() && text.front() != ':') return bad_address("after the host's `]` comes no port");
    has_port = !text.empty();
    if (has_port) port = text.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
  }
  if (out.host.empty()) return bad_address("the host is empty");
  for (const char c : out.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '%' || c == '\x7f')
      return bad_address("the host has a character that no host has");
  if (has_port && (!whole_number(port, out.port) || out.port == 0))
    return bad_address("the port is no number between 1 and 65535; in a password `@`, `/` and `:` are %40, %2F, %3A");
  return {};
}

}  // namespace detail

/// An address as programs are given it: `redis://user:password@host:port/database`, of which all but the host may be
/// left out, or `unix://user:password@/path/of/socket?db=database`. In user and password `%40` is `@`.
/// Errors: invalid_argument, naming the part at fault and quoting none, since a password that is not encoded may stand
/// in any of them; unsupported: `rediss://`, since the connection is not encrypted.
inline result<address> parse_address(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos) return detail::bad_address("it does not begin with `redis://` or `unix://`");
  const std::string_view scheme = url.substr(0, mark);
  if (scheme == "rediss")
    return error(
        errc::unsupported,
        "the address of Redis: `rediss://` is TLS, which is not spoken here: use a tunnel and its unix socket");
  const bool is_unix = scheme == "unix" || scheme == "redis+unix";
  if (scheme != "redis" && !is_unix) return detail::bad_address("it does not begin with `redis://` or `unix://`");
  std::string_view rest = url.substr(mark + 3);
  if (rest.find('#') != std::string_view::npos) return detail::bad_address("it has a `#`");
  std::string_view query;
  if (const std::size_t at = rest.find('?'); at != std::string_view::npos) {
    query = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (query.substr(0, 3) != "db=") return detail::bad_address("after `?` comes `db=` and a number, nothing else");
    query.remove_prefix(3);
  }

  address made;
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto done = detail::parse_credentials(authority.substr(0, at), made); !done) return std::move(done).error();
    authority.remove_prefix(at + 1);
  }
  if (is_unix) {
    if (!authority.empty()) return detail::bad_address("of a unix socket the path follows `unix://` and is absolute");
    if (path.size() < 2) return detail::bad_address("the path of the unix socket is empty");
    if (path.size() > 107) return detail::bad_address("the path of the unix socket has more than 107 bytes");
    made.at.host.clear();
    made.at.port = 0;
    made.at.path = path;
    path = {};
  } else if (auto done = detail::parse_host(authority, made.at); !done) {
    return std::move(done).error();
  }
  if (path.size() > 1) {
    if (!query.empty()) return detail::bad_address("the database is named twice");
    query = path.substr(1);
  }
  if (!query.empty() && !detail::whole_number(query, made.database))
    return detail::bad_address("the database is no number");
  return made;
}

/// The address in an environment variable. Errors: not_found: it is not set, or empty; those of `parse_address`, with
/// the variable's name.
inline result<address> environment_address(const char* variable = "REDIS_URL") {
  auto url = store::environment_secret(variable);
  if (!url) return std::move(url).error();
  auto made = parse_address(url->expose());
  if (!made) return error(made.error().code(), std::string(variable) + ": " + std::string(made.error().message()));
  return made;
}

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_ADDRESS_HPP
