#ifndef MILLRACE_STORE_SIGNATURE_HPP
#define MILLRACE_STORE_SIGNATURE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/detail/make_room.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/fwd.hpp>

#include <fcntl.h>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
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
    line_reader lines(text, signature_kind, "signature");
    made.algorithm = lines.word("algorithm");
    made.key = lines.word("key");
    made.length = lines.number("length");
    made.hash = lines.digest("sha256");
    made.statement = lines.so_far();
    made.signature = lines.bytes("signature");
    if (auto whole = lines.finish(); !whole) return std::move(whole).error();
    return made;
  }
};

/// Whether a statement is the key's own; `Given` has its text, the words of its key, and its signature. Errors:
/// not_authentic; those of the key.
template <class Given, verifier Verifier>
result<void> verify_statement(const Given& given, const Verifier& key) {
  const std::string algorithm(key.algorithm());
  const std::string id(key.key_id());
  if (given.algorithm != algorithm)
    return error(errc::not_authentic,
                 "it is signed by " + std::string(given.algorithm) + ", and the key is of " + algorithm);
  if (given.key != id)
    return error(errc::not_authentic, "it is signed with the key " + std::string(given.key) + ", and not with " + id);
  return key.verify_signature(bytes_of(given.statement), given.signature);
}
/// Adds the signature of a statement behind it. Errors: those of the signer.
template <signer Signer>
result<std::string> with_signature(std::string statement, const Signer& by) {
  auto signature = by.sign(bytes_of(statement));
  if (!signature) return std::move(signature).error().wrap("signing");
  statement += "signature ";
  append_hex(statement, *signature);
  return std::move(statement += '\n');
}
/// Adds the lines that name the key which signs. Errors: invalid_argument: its words have blanks.
template <signer Signer>
result<void> append_key(std::string& statement, const Signer& by) {
  const std::string algorithm(by.algorithm());
  const std::string id(by.key_id());
  if (!is_word(algorithm) || !is_word(id))
    return error(errc::invalid_argument, "signing: the algorithm \"" + algorithm + "\" or the key \"" + id +
                                             "\" is no word of visible ASCII characters");
  append_line(statement, "algorithm", algorithm);
  append_line(statement, "key", id);
  return {};
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
  std::string text(detail::signature_kind);
  if (auto named = detail::append_key(text, by); !named) return std::move(named).error();
  detail::append_line(text, "length", std::to_string(bytes.size()));
  detail::append_line(text, "sha256", to_string(sha256_of(bytes)));
  return detail::with_signature(std::move(text), by);
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
