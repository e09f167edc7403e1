#ifndef MILLRACE_STORE_TRANSPARENCY_PROOFS_HPP
#define MILLRACE_STORE_TRANSPARENCY_PROOFS_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>

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

// A proof as a text, for programs in other languages: what it proves, and its hashes, from the leaves to the root. The
// form is that of a signature (store/signature.hpp): a name, one blank and a value in each line, a line feed behind
// each, decimal digits without leading zeros, hexadecimal digits of lower case.
//
//   millrace inclusion proof 1                    millrace consistency proof 1
//   index 5                                       from 3
//   size 7                                        to 7
//   hash bc1a0643...                              hash 0298d122...
//   hash b08693ec...                              hash 07506a85...
//   hash d37ee418...                              hash fac54203...
//                                                 hash 837dbb15...
//
// Neither holds the root, which the reader must have from elsewhere, such as a signed tree head, nor the record.

/// That a record is the `index`-th, from 0, of a tree of `size`: the nodes beside the way from its leaf to the root.
/// Made by `prove_inclusion`. Source: RFC 9162, section 2.1.3.
struct inclusion_proof {
  std::uint64_t index = 0;
  std::uint64_t size = 0;
  std::vector<sha256_digest> path;

  /// Reads what `to_text` wrote. Errors: truncated; corrupt, with the line; unsupported: of another version.
  static result<inclusion_proof> from_text(std::string_view text);

  friend bool operator==(const inclusion_proof&, const inclusion_proof&) = default;
};

/// That a tree of size `to` begins with the records of the same tree when its size was `from`: nothing was changed,
/// removed or put in between. Made by `prove_consistency`. Source: RFC 9162, section 2.1.4.
struct consistency_proof {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::vector<sha256_digest> path;

  /// Reads what `to_text` wrote. Errors: truncated; corrupt, with the line; unsupported: of another version.
  static result<consistency_proof> from_text(std::string_view text);

  friend bool operator==(const consistency_proof&, const consistency_proof&) = default;
};

namespace detail {

inline constexpr std::string_view inclusion_kind = "millrace inclusion proof 1\n";
inline constexpr std::string_view consistency_kind = "millrace consistency proof 1\n";
/// More hashes than any proof has: a tree of less than 2^64 leaves is 64 levels high.
inline constexpr std::size_t max_path = 65;

inline std::string proof_text(std::string_view kind, std::string_view first_name, std::uint64_t first,
                              std::string_view second_name, std::uint64_t second, std::span<const sha256_digest> path) {
  std::string text(kind);
  append_line(text, first_name, std::to_string(first));
  append_line(text, second_name, std::to_string(second));
  for (const sha256_digest& hash : path) append_line(text, "hash", to_string(hash));
  return text;
}
inline std::vector<sha256_digest> read_path(line_reader& lines) {
  std::vector<sha256_digest> path;
  while (!lines.at_end() && path.size() < max_path) path.push_back(lines.digest("hash"));
  return path;
}

/// The way from a node to the root, as the node's index in its level beside that of the level's last node. Where a node
/// is the last of an odd number it has no neighbour, and is the same node one level higher.
class way_up {
 public:
  way_up(std::uint64_t index, std::uint64_t last) noexcept : index_(index), last_(last) {}

  bool at_root() const noexcept { return last_ == 0; }
  /// Whether the next hash of a path is a left neighbour's. Goes up first where the node has no neighbour.
  bool from_left() noexcept {
    const bool left = index_ % 2 == 1 || index_ == last_;
    if (left)
      while (index_ % 2 == 0 && index_ != 0) up();
    return left;
  }
  /// Goes up while the node is a right one.
  void leave_right() noexcept {
    while (index_ % 2 == 1) up();
  }
  void up() noexcept {
    index_ /= 2;
    last_ /= 2;
  }

 private:
  std::uint64_t index_;
  std::uint64_t last_;
};

inline error wrong_proof(const char* what) { return error(errc::corrupt, std::string("the proof ") + what); }
inline result<void> require_root(const sha256_digest& found, const tree_root& root) {
  if (found == root.hash) return {};
  return error(errc::checksum_mismatch, "the proof leads to the root " + to_string(found) + ", and that of the " +
                                            std::to_string(root.size) + " records is " + to_string(root.hash));
}
inline result<void> require_size(std::uint64_t proven, std::uint64_t size) {
  if (proven == size) return {};
  return error(errc::invalid_argument, "the proof is about a tree of " + std::to_string(proven) +
                                           " records, and the root is that of " + std::to_string(size));
}

}  // namespace detail

inline std::string to_text(const inclusion_proof& proof) {
  return detail::proof_text(detail::inclusion_kind, "index", proof.index, "size", proof.size, proof.path);
}
inline std::string to_text(const consistency_proof& proof) {
  return detail::proof_text(detail::consistency_kind, "from", proof.from, "to", proof.to, proof.path);
}

inline result<inclusion_proof> inclusion_proof::from_text(std::string_view text) {
  inclusion_proof made;
  detail::line_reader lines(text, detail::inclusion_kind, "inclusion proof");
  made.index = lines.number("index");
  made.size = lines.number("size");
  made.path = detail::read_path(lines);
  if (auto whole = lines.finish(); !whole) return std::move(whole).error();
  return made;
}
inline result<consistency_proof> consistency_proof::from_text(std::string_view text) {
  consistency_proof made;
  detail::line_reader lines(text, detail::consistency_kind, "consistency proof");
  made.from = lines.number("from");
  made.to = lines.number("to");
  made.path = detail::read_path(lines);
  if (auto whole = lines.finish(); !whole) return std::move(whole).error();
  return made;
}

/// Returns nothing if the leaf is the `proof.index`-th of the tree with this root, which the caller has from someone
/// whom he trusts, such as a tree head that he verified or keeps himself.
/// Complexity: one hash for each of the path's. Allocates: nothing but an error.
/// Errors: invalid_argument: the proof is about a tree of another size; out_of_range: the tree has no such leaf;
/// corrupt: the path has too few hashes or too many; checksum_mismatch: it leads to another root, so that the leaf is
/// another, or stands elsewhere, or was never in the tree.
/// Source: RFC 9162, section 2.1.3.2.
inline result<void> verify_inclusion(const inclusion_proof& proof, const sha256_digest& leaf, const tree_root& root) {
  if (auto same = detail::require_size(proof.size, root.size); !same) return same;
  if (proof.index >= proof.size)
    return error(errc::out_of_range, "the proof is about record " + std::to_string(proof.index) + ", and there are " +
                                         std::to_string(proof.size));
  detail::way_up way(proof.index, proof.size - 1);
  sha256_digest found = leaf;
  for (const sha256_digest& hash : proof.path) {
    if (way.at_root()) return detail::wrong_proof("has too many hashes");
    found = way.from_left() ? node_hash(hash, found) : node_hash(found, hash);
    way.up();
  }
  if (!way.at_root()) return detail::wrong_proof("has too few hashes");
  return detail::require_root(found, root);
}
/// The same for a record's bytes, which are hashed here: a hash that was kept beside a record says nothing of it.
inline result<void> verify_inclusion(const inclusion_proof& proof, std::span<const std::byte> record,
                                     const tree_root& root) {
  return verify_inclusion(proof, leaf_hash(record), root);
}

/// Returns nothing if the tree with the root `newer` begins with that of the root `older`. Every tree begins with the
/// empty one.
/// Complexity: two hashes for each of the path's. Allocates: nothing but an error.
/// Errors: invalid_argument: the proof is about trees of other sizes, or the older is the larger one; corrupt: the path
/// has too few hashes or too many; checksum_mismatch: it leads to another root, so that the two trees differ in what
/// they should share.
/// Source: RFC 9162, section 2.1.4.2.
inline result<void> verify_consistency(const consistency_proof& proof, const tree_root& older, const tree_root& newer) {
  if (auto same = detail::require_size(proof.from, older.size); !same) return same;
  if (auto same = detail::require_size(proof.to, newer.size); !same) return same;
  if (proof.from > proof.to)
    return error(errc::invalid_argument, "the older tree has " + std::to_string(proof.from) +
                                             " records, and the newer one no more than " + std::to_string(proof.to));
  if (proof.from == 0 || proof.from == proof.to) {
    if (!proof.path.empty()) return detail::wrong_proof("has too many hashes");
    return detail::require_root(proof.from == 0 ? tree_root().hash : newer.hash, older);
  }
  std::span<const sha256_digest> path(proof.path);
  detail::way_up way(proof.from - 1, proof.to - 1);
  way.leave_right();
  // The last perfect tree of the older one is where the two ways begin. If it is the whole of it, its hash is known.
  const bool whole = (proof.from & (proof.from - 1)) == 0;
  if (!whole && path.empty()) return detail::wrong_proof("has too few hashes");
  sha256_digest before = whole ? older.hash : path[0];
  sha256_digest after = before;
  for (const sha256_digest& hash : path.subspan(whole ? 0 : 1)) {
    if (way.at_root()) return detail::wrong_proof("has too many hashes");
    if (way.from_left()) {
      before = node_hash(hash, before);
      after = node_hash(hash, after);
    } else {
      after = node_hash(after, hash);
    }
    way.up();
  }
  if (!way.at_root()) return detail::wrong_proof("has too few hashes");
  if (auto same = detail::require_root(before, older); !same) return same;
  return detail::require_root(after, newer);
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSPARENCY_PROOFS_HPP
