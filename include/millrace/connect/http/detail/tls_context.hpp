#ifndef MILLRACE_CONNECT_HTTP_DETAIL_TLS_CONTEXT_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_TLS_CONTEXT_HPP

#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/result.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// The certificate of a server and its key, or none.
class tls_context {
 public:
  tls_context() noexcept = default;
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;
  ~tls_context() {
    if (context_ != nullptr) ::SSL_CTX_free(context_);
  }

  ::SSL_CTX* get() const noexcept { return context_; }

  /// Errors: invalid_argument: one of the two files is not given; invalid_data: it cannot be read, is none, or the key
  /// is another certificate's. The message names the file, and nothing of its content.
  result<void> load(const std::string& certificate, const std::string& key) {
    if (certificate.empty() && key.empty()) return {};
    if (certificate.empty() || key.empty())
      return error(errc::invalid_argument, "TLS needs a certificate and its key, and one of the two is not given");
    context_ = ::SSL_CTX_new(::TLS_server_method());
    if (context_ == nullptr) return error(errc::io, "OpenSSL has no context to give for TLS");
    ::SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    ::SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ::SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // A key with a passphrase is refused, where OpenSSL would ask for it at the terminal.
    ::SSL_CTX_set_default_passwd_cb(context_, [](char*, int, int, void*) { return 0; });
    ::ERR_clear_error();
    if (::SSL_CTX_use_certificate_chain_file(context_, certificate.c_str()) != 1)
      return error(errc::invalid_data, "no certificate that OpenSSL reads is in \"" + certificate + '"');
    if (::SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_check_private_key(context_) != 1)
      return error(errc::invalid_data,
                   "\"" + key + "\" has no key, or not the one of the certificate in \"" + certificate + '"');
    return {};
  }

 private:
  ::SSL_CTX* context_ = nullptr;
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_TLS_CONTEXT_HPP
