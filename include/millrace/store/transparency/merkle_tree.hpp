#ifndef MILLRACE_STORE_TRANSPARENCY_MERKLE_TREE_HPP
#define MILLRACE_STORE_TRANSPARENCY_MERKLE_TREE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace store {

// The Merkle tree of RFC 6962, which RFC 9162 keeps: its leaves are the hashes of records, in their order. With k the
// largest power of two below n, the root of n leaves is the hash of the root of the first k and that of the others; the
// root of one leaf is that leaf, the root of none the hash of nothing. A leaf is hashed behind a byte 0 and a pair of
// nodes behind a byte 1, so that nobody can pass one for the other.

/// The leaf of a record. Allocates: never.
inline sha256_digest leaf_hash(std::span<const std::byte> record) noexcept {
  constexpr std::byte kind[] = {std::byte{0}};
  sha256 hash;
  hash.update(kind);
  hash.update(record);
  return hash.digest();
}
/// The leaves of many records, as by `leaf_hash`, and faster than one by one, as `sha256_many` says.
/// Precondition: as many leaves as records. Allocates: never.
inline void leaf_hashes(std::span<const std::span<const std::byte>> records, std::span<sha256_digest> leaves) noexcept {
  detail::sha256_each(
      records.size(), [&](std::size_t i) { return detail::sha256_message{records[i], 0}; },
      [&](std::size_t i) { return leaves[i].bytes; });
}

namespace detail {

/// The nodes above pairs, which stand one behind the other: node i is that of nodes 2i and 2i + 1. `to` may be `from`,
/// or one digest further on.
inline void node_hashes(const sha256_digest* from, std::size_t pairs, sha256_digest* to) noexcept {
  static_assert(sizeof(sha256_digest) == 32);
  sha256_each(
      pairs, [&](std::size_t i) { return sha256_message{std::as_bytes(std::span(from + 2 * i, 2)), 1}; },
      [&](std::size_t i) { return to[i].bytes; });
}

}  // namespace detail

/// The node above two others. Allocates: never.
inline sha256_digest node_hash(const sha256_digest& left, const sha256_digest& right) noexcept {
  const sha256_digest pair[] = {left, right};
  sha256_digest made;
  detail::node_hashes(pair, 1, &made);
  return made;
}

/// What a tree commits to: the hash at its root says every record of the first `size`, and their order. The two stand
/// together, since a proof that is checked against the root of another size proves nothing.
struct tree_root {
  std::uint64_t size = 0;
  /// Of no record: the SHA-256 of no bytes.
  sha256_digest hash = {{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                         0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                         0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

  friend bool operator==(const tree_root&, const tree_root&) noexcept = default;
};

/// A Merkle tree that only grows, of which no more is kept than it needs to grow: its peaks, the roots of the perfect
/// trees whose sizes are the powers of two that add up to its size.
///
///     mr::store::merkle_tree tree;
///     for (const auto& record : records) tree.append(mr::store::leaf_hash(record));
///     const mr::store::tree_root root = tree.root();
///
/// Its state is `size()` and `peaks()`, at most 64 hashes, which a file's header can hold: `make` goes on from there.
/// Guarantee: `root()` is that of RFC 6962 for the leaves so far, however they came.
/// Complexity: a leaf costs one hash of a node in the mean; a root one for each peak but the last. Allocates: never.
/// Threads: one at a time; const calls from any number.
/// Source: RFC 6962, section 2.1; RFC 9162, section 2.1.1 and 2.1.2 (the stack of peaks).
class merkle_tree {
 public:
  merkle_tree() noexcept = default;

  /// The tree that had these `size()` and `peaks()`. Nothing tells peaks of another tree from the right ones but its
  /// root, which the caller compares with one that he trusts. Errors: invalid_data: a tree of that size has another
  /// number of peaks.
  static result<merkle_tree> make(std::uint64_t size, std::span<const sha256_digest> peaks) {
    if (static_cast<std::size_t>(std::popcount(size)) != peaks.size())
      return error(errc::invalid_data, "a Merkle tree of " + std::to_string(size) + " leaves has " +
                                           std::to_string(std::popcount(size)) + " peaks, and not " +
                                           std::to_string(peaks.size()));
    merkle_tree made;
    made.size_ = size;
    for (std::size_t i = 0; i < peaks.size(); ++i) made.peaks_[i] = peaks[i];
    return made;
  }

  /// Adds a leaf behind the others. Precondition: there are fewer than 2^64 - 1.
  void append(const sha256_digest& leaf) noexcept {
    auto peak = static_cast<std::size_t>(std::popcount(size_));
    peaks_[peak] = leaf;
    // Each bit that the size's increment carries over is a pair of equal trees, which becomes one.
    for (int pairs = std::countr_one(size_); pairs != 0; --pairs, --peak)
      peaks_[peak - 1] = node_hash(peaks_[peak - 1], peaks_[peak]);
    ++size_;
  }
  /// Adds leaves, the first one first, and faster than one by one, as `sha256_many` says.
  void append(std::span<const sha256_digest> leaves) noexcept {
    while (!leaves.empty()) {
      const std::size_t count = leaves.size() < part ? leaves.size() : part;
      append_part(leaves.first(count));
      leaves = leaves.subspan(count);
    }
  }

  std::uint64_t size() const noexcept { return size_; }

  tree_root root() const noexcept {
    tree_root made{size_};
    std::size_t peak = peaks().size();
    if (peak == 0) return made;
    made.hash = peaks_[--peak];
    while (peak != 0) made.hash = node_hash(peaks_[--peak], made.hash);
    return made;
  }

  /// From the largest perfect tree, which has the first leaves, to the smallest.
  std::span<const sha256_digest> peaks() const noexcept {
    return std::span(peaks_).first(static_cast<std::size_t>(std::popcount(size_)));
  }

 private:
  /// How many leaves are put into the tree level by level.
  static constexpr std::size_t part = 128;

  void append_part(std::span<const sha256_digest> leaves) noexcept {
    sha256_digest row[1 + part];  // the nodes of a level that are new, and before them its peak
    for (std::size_t i = 0; i < leaves.size(); ++i) row[1 + i] = leaves[i];
    // Peaks from the lowest up. Of at most 2^7 nodes and a peak a level has an odd number no more than eight times:
    // after the eighth there is one new node, which goes up with each peak that it meets.
    sha256_digest left_over[8];
    std::size_t kept = 0;
    auto peak = static_cast<std::size_t>(std::popcount(size_));
    std::size_t count = leaves.size();
    for (std::uint64_t above = size_; count != 0; above /= 2) {
      const sha256_digest* nodes = row + 1;
      if (above % 2 == 1) {
        row[0] = peaks_[--peak];
        nodes = row;
        ++count;
      }
      if (count % 2 == 1) left_over[kept++] = nodes[count - 1];
      count /= 2;
      detail::node_hashes(nodes, count, row + 1);
    }
    while (kept != 0) peaks_[peak++] = left_over[--kept];
    size_ += leaves.size();
  }

  std::uint64_t size_ = 0;
  sha256_digest peaks_[64] = {};
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSPARENCY_MERKLE_TREE_HPP
