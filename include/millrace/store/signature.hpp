#ifndef MILLRACE_STORE_SIGNATURE_HPP
#define MILLRACE_STORE_SIGNATURE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/detail/make_room.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/fwd.hpp>

#include <fcntl.h>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// A file's signature stands beside it, as a text of six lines in `<file>.sig`:
//
//   millrace signature 1
//   algorithm ed25519
//   key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
//   length 4213
//   sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
//   signature 92a009a9...
//
// Each line ends with a line feed, has one blank behind its first word ("signature" and "1" of the first line apart),
// and is as above to the byte. `key` is what the signer calls its key: of Ed25519 the public key, in hexadecimal
// digits. `length` is that of the file in bytes, in decimal digits; `sha256` is the SHA-256 of its bytes. What is
// signed are the first five lines with their line ends. All digits are of lower case.

/// Makes signatures: a key in memory, such as `ed25519_private_key`, or a device that keeps one. `algorithm` and
/// `key_id` are words without blanks; `key_id` is the same for both keys of a pair, and no other pair has it.
/// Law: what `sign(message)` returns passes `verify_signature(message, ...)` of the pair's other key, and of no other.
/// Messages begin with what they are ("millrace signature 1"), so that a signature of one kind is none of another.
template <class S>
concept signer = requires(const S& key, std::span<const std::byte> message) {
  { key.algorithm() } -> std::convertible_to<std::string>;
  { key.key_id() } -> std::convertible_to<std::string>;
  { key.sign(message) } -> std::same_as<result<std::vector<std::byte>>>;
};

/// Verifies signatures. `verify_signature` returns no truth value, which a caller could read from the result of a call
/// that failed for another reason: it returns an error unless the signature is this key's for this message. Errors of
/// `verify_signature`: not_authentic; others if it could not be found out.
template <class V>
concept verifier = requires(const V& key, std::span<const std::byte> bytes) {
  { key.algorithm() } -> std::convertible_to<std::string>;
  { key.key_id() } -> std::convertible_to<std::string>;
  { key.verify_signature(bytes, bytes) } -> std::same_as<result<void>>;
};

/// Where a file's signature stands: the path with `.sig` behind it.
inline std::string signature_path(const std::string& path) { return path + ".sig"; }

namespace detail {

inline constexpr std::string_view signature_kind = "millrace signature 1\n";
inline constexpr std::size_t max_signature_text = 16'384;

inline void append_hex(std::string& out, std::span<const std::byte> bytes) {
  for (const std::byte one : bytes)
    for (const unsigned shift : {4U, 0U}) out += "0123456789abcdef"[std::to_integer<unsigned>(one) >> shift & 15U];
}
/// Whether the text is hexadecimal digits of lower case, two for each byte of `bytes`, which it fills.
inline bool read_hex(std::string_view text, std::span<std::byte> bytes) noexcept {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    bytes[i / 2] = static_cast<std::byte>(i % 2 == 0 ? digit << 4 : std::to_integer<unsigned>(bytes[i / 2]) | digit);
  }
  return true;
}
inline std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

inline bool is_word(std::string_view text) noexcept {
  for (const char c : text)
    if (c <= ' ' || c > '~') return false;
  return !text.empty() && text.size() <= 1024;
}

/// A signature's text, taken to pieces.
struct signature_text {
  std::string_view statement;  // what is signed
  std::string_view algorithm;
  std::string_view key;
  std::uint64_t length = 0;
  sha256_digest hash;
  std::vector<std::byte> signature;

  /// Errors: truncated; corrupt, with the line; unsupported: a later version.
  static result<signature_text> read(std::string_view text) {
    signature_text made;
    if (!text.starts_with(signature_kind)) {
      if (signature_kind.starts_with(text)) return error(errc::truncated, "the signature ends too soon");
      if (text.starts_with("millrace signature ")) return error(errc::unsupported, "a signature of another version");
      return error(errc::corrupt, "this is no signature");
    }
    constexpr std::string_view words[] = {"algorithm ", "key ", "length ", "sha256 ", "signature "};
    std::string_view values[5];
    std::size_t at = signature_kind.size();
    for (std::size_t i = 0; i < 5; ++i) {
      if (i == 4) made.statement = text.substr(0, at);
      const std::size_t end = text.find('\n', at);
      if (end == text.npos) return error(errc::truncated, "the signature ends too soon");
      const std::string_view line = text.substr(at, end - at);
      if (!line.starts_with(words[i])) return wrong_line(i);
      values[i] = line.substr(words[i].size());
      if (!is_word(values[i]) && i != 4) return wrong_line(i);
      at = end + 1;
    }
    if (at != text.size()) return error(errc::corrupt, "bytes behind the end of the signature");
    made.algorithm = values[0];
    made.key = values[1];
    const char* const end = values[2].data() + values[2].size();
    const auto number = std::from_chars(values[2].data(), end, made.length);
    if (number.ec != std::errc() || number.ptr != end || (values[2][0] == '0' && values[2].size() != 1))
      return wrong_line(2);
    if (!read_hex(values[3], std::as_writable_bytes(std::span(made.hash.bytes)))) return wrong_line(3);
    made.signature.resize(values[4].size() / 2);
    if (made.signature.empty() || !read_hex(values[4], made.signature)) return wrong_line(4);
    return made;
  }

 private:
  static error wrong_line(std::size_t i) {
    return error(errc::corrupt, "line " + std::to_string(i + 2) + " of the signature is not of its form");
  }
};

/// Whether the statement is the key's own. Errors: not_authentic; those of the key.
template <verifier Verifier>
result<void> verify_statement(const signature_text& given, const Verifier& key) {
  const std::string algorithm(key.algorithm());
  const std::string id(key.key_id());
  if (given.algorithm != algorithm)
    return error(errc::not_authentic,
                 "it is signed by " + std::string(given.algorithm) + ", and the key is of " + algorithm);
  if (given.key != id)
    return error(errc::not_authentic, "it is signed with the key " + std::string(given.key) + ", and not with " + id);
  return key.verify_signature(bytes_of(given.statement), given.signature);
}

/// Whether bytes are those of an authentic statement. Errors: truncated, corrupt, checksum_mismatch.
inline result<void> verify_length(const signature_text& given, std::uint64_t length) {
  if (length == given.length) return {};
  return error(length < given.length ? errc::truncated : errc::corrupt,
               "it has " + std::to_string(length) + " bytes, and " + std::to_string(given.length) + " were signed");
}
inline result<void> verify_bytes(const signature_text& given, std::span<const std::byte> bytes) {
  if (auto same = verify_length(given, bytes.size()); !same) return same;
  if (const sha256_digest found = sha256_of(bytes); found != given.hash)
    return error(errc::checksum_mismatch, "its bytes were changed: their SHA-256 is " + to_string(found) + ", and " +
                                              to_string(given.hash) + " was signed");
  return {};
}

/// The text of a signature, of which no more is read than a signature may have.
inline result<std::string> read_signature(const std::string& path) {
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::string text(max_signature_text + 1, '\0');
  const auto got = opened->read_at(0, text.data(), text.size());
  if (!got) return got.error();
  if (*got > max_signature_text) return error(errc::corrupt, '"' + path + "\" is too long for a signature");
  text.resize(*got);
  return text;
}

}  // namespace detail

/// Signs bytes, and returns the text of their signature, which stands in a file beside them.
/// Allocates: the text. Errors: those of the signer; invalid_argument: its words have blanks.
template <signer Signer>
result<std::string> sign(std::span<const std::byte> bytes, const Signer& by) {
  const std::string algorithm(by.algorithm());
  const std::string id(by.key_id());
  if (!detail::is_word(algorithm) || !detail::is_word(id))
    return error(errc::invalid_argument, "signing: the algorithm \"" + algorithm + "\" or the key \"" + id +
                                             "\" is no word of visible ASCII characters");
  std::string text(detail::signature_kind);
  ((text += "algorithm ") += algorithm) += '\n';
  ((text += "key ") += id) += '\n';
  ((text += "length ") += std::to_string(bytes.size())) += '\n';
  ((text += "sha256 ") += to_string(sha256_of(bytes))) += '\n';
  auto signature = by.sign(detail::bytes_of(text));
  if (!signature) return std::move(signature).error().wrap("signing");
  text += "signature ";
  detail::append_hex(text, *signature);
  return std::move(text += '\n');
}

/// Returns nothing, if `signature` is the text that the verifier's pair made by `sign` of these bytes.
/// Errors: not_authentic: it was made with another key, or by nobody who has the key; checksum_mismatch: a byte was
/// changed; truncated, corrupt: the bytes are fewer, or more, than were signed; or the signature's text is not of its
/// form, which the message says; unsupported: a later version of it; those of the verifier.
template <verifier Verifier>
result<void> verify_signature(std::span<const std::byte> bytes, std::string_view signature, const Verifier& by) {
  const auto given = detail::signature_text::read(signature);
  if (!given) return given.error();
  if (auto authentic = detail::verify_statement(*given, by); !authentic) return authentic;
  return detail::verify_bytes(*given, bytes);
}

/// Writes a file and, beside it, its signature: `write_signed("model.onnx", *write_onnx(graph), key)`.
/// Guarantee: each is replaced as a whole. Between the two, and after a crash there, the new file stands beside the
/// old signature, and `read_verified` refuses it.
/// Errors: those of `sign` and of `write_file`.
template <signer Signer>
result<void> write_signed(const std::string& path, std::span<const std::byte> bytes, const Signer& by) {
  auto text = sign(bytes, by);
  if (!text) return std::move(text).error().wrap("cannot sign \"" + path + '"');
  if (auto done = write_file(path, bytes); !done) return done;
  return write_file(signature_path(path), *text);
}

/// Signs a file of any kind that is there already, as it is now.
/// Errors: those of `read_bytes`, `sign` and `write_file`.
template <signer Signer>
result<void> sign_file(const std::string& path, const Signer& by) {
  auto bytes = read_bytes(path);
  if (!bytes) return std::move(bytes).error();
  auto text = sign(*bytes, by);
  if (!text) return std::move(text).error().wrap("cannot sign \"" + path + '"');
  return write_file(signature_path(path), *text);
}

/// Reads a whole file whose signature stands beside it, and returns its bytes if the verifier's pair has signed them:
///
///     auto bytes = mr::store::read_verified("model.onnx", key);
///     if (!bytes) return std::move(bytes).error();              // says what is wrong, with the path
///     auto graph = mr::model::read_onnx(*bytes);                // or read_boosted_model, T::load, ...
///
/// Guarantee: the bytes returned are those that were verified; the file is opened once. Nothing of it is read before
/// its signature is found authentic, and no more than was signed.
/// Allocates: the bytes that were signed.
/// Errors: those of `verify_signature` and of files, with the path; not_found: it is not signed, or there is no file.
template <verifier Verifier>
result<std::vector<std::byte>> read_verified(const std::string& path, const Verifier& by) {
  const auto refuse = [&](error why) { return std::move(why).wrap("cannot verify \"" + path + '"'); };
  const auto text = detail::read_signature(signature_path(path));
  if (!text && text.error().code() == errc::not_found) {
    if (auto there = file::open(path, O_RDONLY); !there) return refuse(std::move(there).error());
    return refuse(error(errc::not_found, "it is not signed: there is no \"" + signature_path(path) + '"'));
  }
  if (!text) return refuse(text.error());
  const auto given = detail::signature_text::read(*text);
  if (!given) return refuse(given.error());
  if (auto authentic = detail::verify_statement(*given, by); !authentic) return refuse(std::move(authentic).error());
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return refuse(std::move(opened).error());
  const auto size = opened->size();
  if (!size) return refuse(size.error());
  if (auto same = detail::verify_length(*given, *size); !same) return refuse(std::move(same).error());
  std::vector<std::byte> bytes;
  if (!detail::make_room(bytes, static_cast<std::size_t>(given->length)))
    return refuse(detail::too_large("read", path, given->length));
  const auto got = opened->read_at(0, reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (!got) return refuse(got.error());
  bytes.resize(*got);
  if (auto same = detail::verify_bytes(*given, bytes); !same) return refuse(std::move(same).error());
  return bytes;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SIGNATURE_HPP
