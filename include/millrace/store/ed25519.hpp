#ifndef MILLRACE_STORE_ED25519_HPP
#define MILLRACE_STORE_ED25519_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/store/signature.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <climits>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// Leaves OpenSSL's queue of errors as it was, and says what a call has put there.
class openssl_errors {
 public:
  openssl_errors() noexcept { ::ERR_set_mark(); }
  openssl_errors(const openssl_errors&) = delete;
  openssl_errors& operator=(const openssl_errors&) = delete;
  ~openssl_errors() { ::ERR_pop_to_mark(); }

  error made(errc code, const char* what) const {
    std::string message(what);
    if (const unsigned long last = ::ERR_peek_last_error(); last != 0)
      if (const char* const why = ::ERR_reason_error_string(last); why != nullptr) (message += ": ") += why;
    return error(code, std::move(message));
  }
};

/// A key of OpenSSL's; copies share it. It is not changed once it is made, so any number of threads may use it.
class openssl_key {
 public:
  explicit openssl_key(EVP_PKEY* made = nullptr) noexcept : key_(made) {}
  openssl_key(const openssl_key& other) noexcept : key_(other.key_) {
    if (key_ != nullptr) ::EVP_PKEY_up_ref(key_);
  }
  openssl_key(openssl_key&& other) noexcept : key_(std::exchange(other.key_, nullptr)) {}
  openssl_key& operator=(openssl_key other) noexcept {
    std::swap(key_, other.key_);
    return *this;
  }
  ~openssl_key() { ::EVP_PKEY_free(key_); }

  EVP_PKEY* get() const noexcept { return key_; }

 private:
  EVP_PKEY* key_;
};

/// The error for a text that is no key. The text is not repeated, since it may be a secret.
inline error no_pem(std::string_view text, const openssl_errors& errors, const char* what) {
  if (text.find("-----BEGIN ") != text.npos) return errors.made(errc::invalid_data, what);
  return error(errc::invalid_data, std::string(what) +
                                       ", as no \"-----BEGIN \" is in it: from_pem takes the text of a "
                                       "key, and not the path of its file");
}

/// Reads a key from a text; `read(bio)` is one of OpenSSL's functions.
template <class Read>
EVP_PKEY* read_pem(std::string_view text, const Read& read) noexcept {
  if (text.size() > INT_MAX) return nullptr;
  BIO* const from = ::BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  if (from == nullptr) return nullptr;
  EVP_PKEY* const made = read(from);
  ::BIO_free(from);
  return made;
}

/// Puts what `write(bio)`, one of OpenSSL's functions, writes into a text that has been empty. Returns false if OpenSSL
/// cannot. OpenSSL overwrites its own copies of what it has written.
template <class Write>
bool write_pem(std::string& text, const Write& write) {
  struct owned_bio {
    BIO* at = ::BIO_new(::BIO_s_mem());
    ~owned_bio() { ::BIO_free(at); }
  } const to;
  if (to.at == nullptr || write(to.at) != 1) return false;
  char* bytes = nullptr;
  const long size = ::BIO_ctrl(to.at, BIO_CTRL_INFO, 0, &bytes);
  if (size <= 0) return false;
  text.assign(bytes, static_cast<std::size_t>(size));
  return true;
}

/// Writes a key with its content encrypted: PKCS #8 by AES-256 and a key that PBKDF2 with SHA-256 makes of the
/// passphrase.
inline int write_encrypted(BIO* to, EVP_PKEY* key, std::string_view passphrase) noexcept {
  // As OWASP's cheat sheet on the storage of passwords (2023) asks for; OpenSSL's own number is 2048.
  constexpr int rounds = 600'000;
  PKCS8_PRIV_KEY_INFO* const plain = ::EVP_PKEY2PKCS8(key);
  if (plain == nullptr) return 0;
  // -1: as the cipher needs it, by PBKDF2.
  X509_SIG* const hidden = ::PKCS8_encrypt(-1, ::EVP_aes_256_cbc(), passphrase.data(),
                                           static_cast<int>(passphrase.size()), nullptr, 0, rounds, plain);
  ::PKCS8_PRIV_KEY_INFO_free(plain);
  if (hidden == nullptr) return 0;
  const int done = ::PEM_write_bio_PKCS8(to, hidden);
  ::X509_SIG_free(hidden);
  return done;
}

}  // namespace detail

inline constexpr std::size_t ed25519_key_bytes = 32;
inline constexpr std::size_t ed25519_signature_bytes = 64;

/// The public key of a pair, by OpenSSL's libcrypto. Models: verifier. Allocates: OpenSSL's own for each call.
/// Threads: const calls from any number. Source: RFC 8032, section 5.1 (PureEdDSA).
class ed25519_public_key {
 public:
  /// The 32 bytes of RFC 8032. Errors: invalid_argument: there are not 32.
  static result<ed25519_public_key> make(std::span<const std::byte> raw) {
    const detail::openssl_errors errors;
    if (raw.size() != ed25519_key_bytes)
      return error(errc::invalid_argument,
                   "a public key of Ed25519 has 32 bytes, and not " + std::to_string(raw.size()));
    EVP_PKEY* const made = ::EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(raw.data()), raw.size());
    if (made == nullptr) return errors.made(errc::invalid_argument, "no public key of Ed25519");
    return ed25519_public_key(detail::openssl_key(made));
  }
  /// The text of a file, not its path: `-----BEGIN PUBLIC KEY-----`, as `openssl pkey -pubout` writes it. Errors:
  /// invalid_data: it is none, or another algorithm's.
  static result<ed25519_public_key> from_pem(std::string_view text) {
    const detail::openssl_errors errors;
    detail::openssl_key made(
        detail::read_pem(text, [](BIO* from) { return ::PEM_read_bio_PUBKEY(from, nullptr, nullptr, nullptr); }));
    if (made.get() == nullptr) return detail::no_pem(text, errors, "this is no public key as PEM");
    if (::EVP_PKEY_id(made.get()) != EVP_PKEY_ED25519)
      return error(errc::invalid_data, "the public key is not of Ed25519");
    return ed25519_public_key(std::move(made));
  }

  /// The text that `from_pem` reads, and `openssl pkey -pubin`. Errors: unavailable.
  result<std::string> to_pem() const {
    const detail::openssl_errors errors;
    std::string text;
    if (!detail::write_pem(text, [&](BIO* to) { return ::PEM_write_bio_PUBKEY(to, key_.get()); }))
      return errors.made(errc::unavailable, "OpenSSL cannot write a public key as PEM");
    return text;
  }

  static std::string algorithm() { return "ed25519"; }
  /// The key itself, in 64 hexadecimal digits.
  std::string key_id() const {
    std::byte raw[ed25519_key_bytes] = {};
    std::size_t size = sizeof raw;
    ::EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw), &size);
    std::string text;
    detail::append_hex(text, raw);
    return text;
  }

  /// Errors: not_authentic: the signature is not this key's for these bytes; unavailable: OpenSSL cannot tell.
  result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) const {
    const detail::openssl_errors errors;
    EVP_MD_CTX* const work = ::EVP_MD_CTX_new();
    int status = work == nullptr ? -1 : ::EVP_DigestVerifyInit(work, nullptr, nullptr, nullptr, key_.get());
    if (status == 1) {
      const auto* given = reinterpret_cast<const unsigned char*>(signature.data());
      const auto* signed_bytes = reinterpret_cast<const unsigned char*>(message.data());
      // Of another length it would be an error of OpenSSL's, and not a wrong signature.
      status = signature.size() != ed25519_signature_bytes
                   ? 0
                   : ::EVP_DigestVerify(work, given, signature.size(), signed_bytes, message.size());
    } else {
      status = -1;
    }
    ::EVP_MD_CTX_free(work);
    if (status < 0) return errors.made(errc::unavailable, "OpenSSL cannot verify an Ed25519 signature");
    if (status != 1) return error(errc::not_authentic, "the Ed25519 signature was not made with the key " + key_id());
    return {};
  }

 private:
  explicit ed25519_public_key(detail::openssl_key key) noexcept : key_(std::move(key)) {}

  detail::openssl_key key_;
};

/// A pair of keys. Models: signer. OpenSSL overwrites the private one when the last copy is destroyed.
/// Allocates: OpenSSL's own for each call. Threads: const calls from any number.
class ed25519_private_key {
 public:
  /// The 32 bytes that RFC 8032 calls the private key (other libraries: the seed). Errors: invalid_argument: there are
  /// not 32.
  static result<ed25519_private_key> make(std::span<const std::byte> raw) {
    const detail::openssl_errors errors;
    if (raw.size() != ed25519_key_bytes)
      return error(errc::invalid_argument,
                   "a private key of Ed25519 has 32 bytes, and not " + std::to_string(raw.size()));
    return owned(detail::openssl_key(::EVP_PKEY_new_raw_private_key(
                     EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(raw.data()), raw.size())),
                 errors);
  }
  /// A new pair, of the system's randomness. Errors: unavailable.
  template <class = void>
  static result<ed25519_private_key> generate() {
    const detail::openssl_errors errors;
    EVP_PKEY* made = nullptr;
    EVP_PKEY_CTX* const work = ::EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr);
    if (work != nullptr && ::EVP_PKEY_keygen_init(work) == 1) ::EVP_PKEY_keygen(work, &made);
    ::EVP_PKEY_CTX_free(work);
    return owned(detail::openssl_key(made), errors);
  }
  /// The text of a file, not its path: `-----BEGIN PRIVATE KEY-----`, as `openssl genpkey -algorithm ed25519` writes
  /// it, or encrypted with a passphrase. Errors: invalid_data: it is none, another algorithm's, or encrypted with
  /// another passphrase.
  static result<ed25519_private_key> from_pem(std::string_view text, std::string_view passphrase = {}) {
    const detail::openssl_errors errors;
    // With a function of ours OpenSSL never asks at the terminal.
    const auto say = [](char* out, int room, int, void* from) -> int {
      const auto& word = *static_cast<const std::string_view*>(from);
      if (word.size() > static_cast<std::size_t>(room)) return -1;
      if (!word.empty()) std::memcpy(out, word.data(), word.size());
      return static_cast<int>(word.size());
    };
    detail::openssl_key made(
        detail::read_pem(text, [&](BIO* from) { return ::PEM_read_bio_PrivateKey(from, nullptr, say, &passphrase); }));
    if (made.get() == nullptr) return detail::no_pem(text, errors, "this is no private key as PEM");
    if (::EVP_PKEY_id(made.get()) != EVP_PKEY_ED25519)
      return error(errc::invalid_data, "the private key is not of Ed25519");
    return owned(std::move(made), errors);
  }

  /// The text that `from_pem` reads, and `openssl pkey`: the key for whoever has it, so that it goes to
  /// `write_secret(path, *pem)` (store/secret_file.hpp) or another place that its owner alone reads.
  /// Errors: unavailable.
  result<secret<std::string>> to_pem() const {
    return private_pem([&](BIO* to) {
      return ::PEM_write_bio_PKCS8PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  /// The same encrypted, for who has the passphrase: some tenths of a second of work, here and in `from_pem`, so that a
  /// guess is not cheap. Errors: invalid_argument: the passphrase is empty, or longer than the 1024 bytes that OpenSSL
  /// reads; unavailable.
  result<secret<std::string>> to_pem(std::string_view passphrase) const {
    if (passphrase.empty() || passphrase.size() > PEM_BUFSIZE)
      return error(errc::invalid_argument, "a passphrase has 1 to " + std::to_string(PEM_BUFSIZE) + " bytes, and not " +
                                               std::to_string(passphrase.size()));
    return private_pem([&](BIO* to) { return detail::write_encrypted(to, key_.get(), passphrase); });
  }

  static std::string algorithm() { return "ed25519"; }
  std::string key_id() const { return public_.key_id(); }
  const ed25519_public_key& public_key() const noexcept { return public_; }

  /// 64 bytes; the same message has the same signature. Errors: unavailable.
  result<std::vector<std::byte>> sign(std::span<const std::byte> message) const {
    const detail::openssl_errors errors;
    std::vector<std::byte> made(ed25519_signature_bytes);
    std::size_t size = made.size();
    EVP_MD_CTX* const work = ::EVP_MD_CTX_new();
    const bool done = work != nullptr && ::EVP_DigestSignInit(work, nullptr, nullptr, nullptr, key_.get()) == 1 &&
                      ::EVP_DigestSign(work, reinterpret_cast<unsigned char*>(made.data()), &size,
                                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
    ::EVP_MD_CTX_free(work);
    if (!done || size != made.size()) return errors.made(errc::unavailable, "OpenSSL cannot sign by Ed25519");
    return made;
  }

 private:
  ed25519_private_key(detail::openssl_key key, ed25519_public_key its_public) noexcept
      : key_(std::move(key)), public_(std::move(its_public)) {}
  static result<ed25519_private_key> owned(detail::openssl_key made, const detail::openssl_errors& errors) {
    std::byte raw[ed25519_key_bytes] = {};
    std::size_t size = sizeof raw;
    if (made.get() == nullptr ||
        ::EVP_PKEY_get_raw_public_key(made.get(), reinterpret_cast<unsigned char*>(raw), &size) != 1)
      return errors.made(errc::unavailable, "OpenSSL cannot make a pair of Ed25519's keys");
    auto its_public = ed25519_public_key::make(raw);
    if (!its_public) return std::move(its_public).error();
    return ed25519_private_key(std::move(made), *std::move(its_public));
  }

  template <class Write>
  static result<secret<std::string>> private_pem(const Write& write) {
    const detail::openssl_errors errors;
    std::string text;
    const bool done = detail::write_pem(text, write);
    secret<std::string> made(std::move(text));
    if (!done) return errors.made(errc::unavailable, "OpenSSL cannot write a private key as PEM");
    return made;
  }

  detail::openssl_key key_;
  ed25519_public_key public_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_ED25519_HPP
