#ifndef MILLRACE_CONNECT_DATABRICKS_CREDENTIALS_HPP
#define MILLRACE_CONNECT_DATABRICKS_CREDENTIALS_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/secret.hpp>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// `localhost`, `127.0.0.1`, `[::1]`: what does not leave the machine.
constexpr bool is_loopback(std::string_view name) noexcept {
  if (name == "localhost" || name == "[::1]") return true;
  if (!name.starts_with("127.")) return false;
  std::size_t dots = 0;
  for (const char c : name) {
    if (c == '.')
      ++dots;
    else if (!is_digit(c))
      return false;
  }
  return dots == 3;
}

/// A host as `https://name[:port]`, in lower case. No error quotes the text, in which a secret may stand by mistake.
inline result<std::string> read_host(std::string_view text, std::string_view called) {
  const auto fault = [&](const char* why) { return error(errc::invalid_argument, std::string(called) + ": " + why); };
  std::string low;
  for (const char c : text) low += lower_case(c);
  std::string_view rest = low;
  bool is_safe = true;
  if (const std::size_t mark = rest.find("://"); mark != rest.npos) {
    is_safe = rest.substr(0, mark) == "https";
    if (!is_safe && rest.substr(0, mark) != "http") return fault("the scheme of a workspace is https");
    rest.remove_prefix(mark + 3);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t inside = rest.starts_with('[') ? rest.find(']') : 0;
  const std::size_t colon = inside == rest.npos ? rest.npos : rest.find(':', inside);
  const std::string_view name = rest.substr(0, colon);
  const std::string_view port = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
  if (name.empty()) return fault("it names no host");
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.') && name != "[::1]")
      return fault("a host is expected, such as https://adb-1234567890.1.azuredatabricks.net, and nothing behind it");
  for (const char c : port)
    if (!is_digit(c) || port.size() > 5) return fault("its port is no number");
  if (colon != rest.npos && port.empty()) return fault("its port is no number");
  if (!is_safe && !is_loopback(name))
    return fault("a token is sent by https alone; http is for a server on this machine");
  std::string made = is_safe ? "https://" : "http://";
  made += is_safe && port == "443" ? name : rest;
  return made;
}

/// A token as a header can have it: so that none of its bytes ends the header.
inline result<void> check_token(const store::secret<std::string>& token, std::string_view called) {
  if (token.expose().empty()) return error(errc::invalid_argument, std::string(called) + ": it is empty");
  for (const char c : token.expose())
    if (c <= 0x20 || c >= 0x7f)
      return error(errc::invalid_argument,
                   std::string(called) + ": it has a space, a line's end or another character that no token has");
  return {};
}

}  // namespace detail

/// Where a workspace is, and the token of who asks it.
///
///     auto who = mr::connect::databricks::credentials::from_environment();  // DATABRICKS_HOST, DATABRICKS_TOKEN
///     if (!who) return std::move(who).error();
///
/// Guarantee: the token goes out by https, or to this machine; no error has a character of host or token. It cannot be
/// copied, as the secret in it.
class credentials {
 public:
  /// From DATABRICKS_HOST and DATABRICKS_TOKEN, as Databricks' own programs are told.
  /// Errors: not_found: one of them is not set, or empty; those of `make`. Each names the variable.
  static result<credentials> from_environment() {
    const char* const host = std::getenv("DATABRICKS_HOST");
    if (host == nullptr || *host == '\0')
      return error(errc::not_found, std::string("the environment variable DATABRICKS_HOST is ") +
                                        (host == nullptr ? "not set" : "empty"));
    auto token = store::environment_secret("DATABRICKS_TOKEN");
    if (!token) return std::move(token).error();
    return make(host, *std::move(token), "DATABRICKS_HOST", "DATABRICKS_TOKEN");
  }
  /// `host`: `https://name`, or the name alone; with `http://` only what is on this machine.
  /// Errors: invalid_argument: a host with a path, a user or another scheme; a token that no header can have.
  static result<credentials> make(std::string_view host, store::secret<std::string> token) {
    return make(host, std::move(token), "the host of a workspace", "the token of a workspace");
  }

  /// `https://adb-1234567890.1.azuredatabricks.net`: for a transport, which goes there.
  const std::string& host() const noexcept { return host_; }
  const store::secret<std::string>& token() const noexcept { return token_; }

 private:
  static result<credentials> make(std::string_view host, store::secret<std::string> token, std::string_view host_called,
                                  std::string_view token_called) {
    auto place = detail::read_host(host, host_called);
    if (!place) return std::move(place).error();
    if (auto fine = detail::check_token(token, token_called); !fine) return std::move(fine).error();
    return credentials(*std::move(place), std::move(token));
  }
  credentials(std::string host, store::secret<std::string> token) noexcept
      : host_(std::move(host)), token_(std::move(token)) {}

  std::string host_;
  store::secret<std::string> token_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_CREDENTIALS_HPP
