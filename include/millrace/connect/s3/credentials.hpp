#ifndef MILLRACE_CONNECT_S3_CREDENTIALS_HPP
#define MILLRACE_CONNECT_S3_CREDENTIALS_HPP

#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/secret.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

namespace detail {

/// Whether a header can have the text, so that none of its bytes ends the header.
inline result<void> check_credential(const store::secret<std::string>& text, std::string_view called,
                                     bool may_be_empty = false) {
  if (text.expose().empty() && !may_be_empty)
    return error(errc::invalid_argument, std::string(called) + ": it is empty");
  for (const char c : text.expose())
    if (c <= 0x20 || c >= 0x7f || c == ',')
      return error(errc::invalid_argument, std::string(called) +
                                               ": it has a space, a line's end or another character "
                                               "that none has");
  return {};
}

}  // namespace detail

/// Who asks: the identifier of an access key, the key, and where they are of a session its token.
///
///     auto who = mr::connect::s3::credentials::from_environment();   // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
///     if (!who) return std::move(who).error();
///
/// Guarantee: the key itself is never sent; no error has a character of any of the three. It cannot be copied, as the
/// secrets in it.
class credentials {
 public:
  /// From AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where it is set, AWS_SESSION_TOKEN, as the programs of AWS are
  /// told; Google's HMAC keys go the same way. No file is read.
  /// Errors: not_found: one of the first two is not set, or empty; those of `make`. Each names the variable.
  static result<credentials> from_environment() {
    auto id = store::environment_secret("AWS_ACCESS_KEY_ID");
    if (!id) return std::move(id).error();
    auto key = store::environment_secret("AWS_SECRET_ACCESS_KEY");
    if (!key) return std::move(key).error();
    store::secret<std::string> token;
    if (auto found = store::environment_secret("AWS_SESSION_TOKEN"); found) token = *std::move(found);
    return make(*std::move(id), *std::move(key), std::move(token), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN");
  }
  /// Errors: invalid_argument: one of them cannot stand in a header, or the first two are empty.
  static result<credentials> make(store::secret<std::string> access_key_id, store::secret<std::string> secret_key,
                                  store::secret<std::string> session_token = {}) {
    return make(std::move(access_key_id), std::move(secret_key), std::move(session_token),
                "the access key's identifier", "the secret access key", "the session token");
  }

  const store::secret<std::string>& access_key_id() const noexcept { return id_; }
  const store::secret<std::string>& secret_key() const noexcept { return key_; }
  /// Empty: there is none.
  const store::secret<std::string>& session_token() const noexcept { return token_; }

 private:
  static result<credentials> make(store::secret<std::string> id, store::secret<std::string> key,
                                  store::secret<std::string> token, std::string_view id_called,
                                  std::string_view key_called, std::string_view token_called) {
    if (auto fine = detail::check_credential(id, id_called); !fine) return std::move(fine).error();
    if (auto fine = detail::check_credential(key, key_called); !fine) return std::move(fine).error();
    if (auto fine = detail::check_credential(token, token_called, true); !fine) return std::move(fine).error();
    return credentials(std::move(id), std::move(key), std::move(token));
  }
  credentials(store::secret<std::string> id, store::secret<std::string> key, store::secret<std::string> token) noexcept
      : id_(std::move(id)), key_(std::move(key)), token_(std::move(token)) {}

  store::secret<std::string> id_;
  store::secret<std::string> key_;
  store::secret<std::string> token_;
};

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_CREDENTIALS_HPP
