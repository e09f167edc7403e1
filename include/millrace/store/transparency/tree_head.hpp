#ifndef MILLRACE_STORE_TRANSPARENCY_TREE_HEAD_HPP
#define MILLRACE_STORE_TRANSPARENCY_TREE_HEAD_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/signature.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/prove.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// A tree head as a text, in the form of a file's signature (store/signature.hpp):
//
//   millrace tree head 1
//   origin payments-audit
//   size 1234
//   root 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
//   time 1737469822123456000
//   algorithm ed25519
//   key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
//   signature 92a009a9...
//
// `time` is in nanoseconds since 1970-01-01T00:00:00Z. What is signed are all lines but the last, with their line ends.
// A head that nobody signed ends behind its time.

/// What a log was at one time. Whoever keeps heads of a log where its owner cannot change them finds out later whether
/// what they said still stands: whether records were changed, removed, or cut off (`verify_extends`).
struct tree_head {
  /// Which log it is: a word of visible ASCII characters that no other log has.
  std::string origin;
  tree_root root;
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  std::uint64_t time = 0;

  /// Reads what `to_text` wrote, which is signed by nobody. Errors: truncated; corrupt, with the line; unsupported: of
  /// another version.
  static result<tree_head> from_text(std::string_view text);

  friend bool operator==(const tree_head&, const tree_head&) = default;
};

namespace detail {

inline constexpr std::string_view tree_head_kind = "millrace tree head 1\n";

inline tree_head read_tree_head(line_reader& lines) {
  tree_head made;
  made.origin = lines.word("origin");
  made.root.size = lines.number("size");
  made.root.hash = lines.digest("root");
  made.time = lines.number("time");
  return made;
}

/// A tree head's text, taken to pieces.
struct signed_head_text {
  tree_head head;
  std::string_view statement;  // what is signed
  std::string_view algorithm;
  std::string_view key;
  std::vector<std::byte> signature;

  static result<signed_head_text> read(std::string_view text) {
    signed_head_text made;
    line_reader lines(text, tree_head_kind, "tree head");
    made.head = read_tree_head(lines);
    made.algorithm = lines.word("algorithm");
    made.key = lines.word("key");
    made.statement = lines.so_far();
    made.signature = lines.bytes("signature");
    if (auto whole = lines.finish(); !whole) return std::move(whole).error();
    return made;
  }
};

}  // namespace detail

/// The head's text, signed by nobody. Precondition: `origin` is a word, or no reader takes the text.
inline std::string to_text(const tree_head& head) {
  std::string text(detail::tree_head_kind);
  detail::append_line(text, "origin", head.origin);
  detail::append_line(text, "size", std::to_string(head.root.size));
  detail::append_line(text, "root", to_string(head.root.hash));
  detail::append_line(text, "time", std::to_string(head.time));
  return text;
}
inline result<tree_head> tree_head::from_text(std::string_view text) {
  detail::line_reader lines(text, detail::tree_head_kind, "tree head");
  tree_head made = detail::read_tree_head(lines);
  if (auto whole = lines.finish(); !whole) return std::move(whole).error();
  return made;
}

/// The head's text with a signature, which says that the signer vouches for all of it.
/// Allocates: the text. Errors: invalid_argument: `origin`, or a word of the signer's, is no word of visible ASCII
/// characters; those of the signer.
template <signer Signer>
result<std::string> sign(const tree_head& head, const Signer& by) {
  if (!detail::is_word(head.origin))
    return error(errc::invalid_argument,
                 "signing a tree head: the origin \"" + head.origin + "\" is no word of visible ASCII characters");
  std::string text = to_text(head);
  if (auto named = detail::append_key(text, by); !named) return std::move(named).error();
  return detail::with_signature(std::move(text), by);
}

/// The head that the verifier's pair signed.
/// Errors: not_authentic: it was signed with another key, or by nobody who has the key; truncated, corrupt: the text is
/// not of its form; unsupported: a later version of it; those of the verifier.
template <verifier Verifier>
result<tree_head> verify_tree_head(std::string_view text, const Verifier& by) {
  auto given = detail::signed_head_text::read(text);
  if (!given) return std::move(given).error();
  if (auto authentic = detail::verify_statement(*given, by); !authentic) return std::move(authentic).error();
  return std::move(given->head);
}

namespace detail {

inline result<void> require_not_cut(const tree_head& earlier, std::uint64_t size) {
  if (size >= earlier.root.size) return {};
  const std::uint64_t missing = earlier.root.size - size;
  return error(errc::truncated, "log " + earlier.origin + " is cut off: it has " + std::to_string(size) +
                                    " records, and an earlier head says " + std::to_string(earlier.root.size) +
                                    ", so " + std::to_string(missing) + (missing == 1 ? " is gone" : " are gone"));
}
inline error changed_since(const tree_head& earlier, const std::string& what) {
  return error(errc::checksum_mismatch, "log " + earlier.origin + " was changed: " + what);
}

}  // namespace detail

/// Returns nothing if a log that has `size` leaves now begins with all that an earlier head of it says, by the log's
/// own leaves.
/// Complexity: reads and hashes as many leaves as the head has. Allocates: nothing but an error.
/// Errors: truncated: there are fewer leaves than the head says, and how many; checksum_mismatch: one of those that the
/// head speaks of was changed, removed, put in or moved; those of the source.
template <leaf_source Source>
result<void> verify_extends(const tree_head& earlier, const Source& leaves, std::uint64_t size) {
  if (auto whole = detail::require_not_cut(earlier, size); !whole) return whole;
  const auto found = root_of(leaves, earlier.root.size);
  if (!found) return found.error();
  if (*found == earlier.root) return {};
  return detail::changed_since(earlier, "the root of its first " + std::to_string(found->size) + " records is " +
                                            to_string(found->hash) + ", and an earlier head says " +
                                            to_string(earlier.root.hash));
}
inline result<void> verify_extends(const tree_head& earlier, std::span<const sha256_digest> leaves) {
  return verify_extends(earlier, leaf_span(leaves), leaves.size());
}

/// The same for who has no leaves: by a proof from the log that its present root begins with the earlier one. Of two
/// roots of one size none is needed.
/// Errors: truncated: the present size is less than the earlier one; checksum_mismatch: the roots differ, or the proof
/// leads to others; those of `verify_consistency`.
inline result<void> verify_extends(const tree_head& earlier, const tree_root& now,
                                   const consistency_proof& proof = {}) {
  if (auto whole = detail::require_not_cut(earlier, now.size); !whole) return whole;
  if (earlier.root.size != now.size) return verify_consistency(proof, earlier.root, now);
  if (earlier.root == now) return {};
  return detail::changed_since(earlier, "the root of its " + std::to_string(now.size) + " records is " +
                                            to_string(now.hash) + ", and an earlier head says " +
                                            to_string(earlier.root.hash));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSPARENCY_TREE_HEAD_HPP
