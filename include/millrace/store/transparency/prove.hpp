#ifndef MILLRACE_STORE_TRANSPARENCY_PROVE_HPP
#define MILLRACE_STORE_TRANSPARENCY_PROVE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/proofs.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where the leaves of a tree are kept, such as a file of hashes: `leaves(first, to)` fills `to` with the leaves from
/// the index `first` on, or returns why it cannot; there are no fewer than the caller of `prove_inclusion` and the
/// others says.
/// Law: a leaf that was once read is the same for ever.
template <class S>
concept leaf_source = requires(const S& leaves, std::uint64_t first, std::span<sha256_digest> to) {
  { leaves(first, to) } -> std::same_as<result<void>>;
};

/// Leaves in memory. Models: leaf_source. Errors: out_of_range: there are not so many.
class leaf_span {
 public:
  explicit leaf_span(std::span<const sha256_digest> leaves) noexcept : leaves_(leaves) {}

  result<void> operator()(std::uint64_t first, std::span<sha256_digest> to) const {
    if (first > leaves_.size() || to.size() > leaves_.size() - first)
      return error(errc::out_of_range, "leaves up to " + std::to_string(first + to.size()) +
                                           " are asked for, and there are " + std::to_string(leaves_.size()));
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = leaves_[static_cast<std::size_t>(first) + i];
    return {};
  }

 private:
  std::span<const sha256_digest> leaves_;
};

namespace detail {

/// The root of leaves that are a tree of their own, from each of them.
template <leaf_source Source>
result<sha256_digest> root_of_leaves(const Source& leaves, std::uint64_t first, std::uint64_t count) {
  merkle_tree tree;
  sha256_digest read[128];
  while (count != 0) {
    const std::span part(read, count < 128 ? static_cast<std::size_t>(count) : 128);
    if (auto got = leaves(first, part); !got) return std::move(got).error();
    tree.append(part);
    first += part.size();
    count -= part.size();
  }
  return tree.root().hash;
}

/// A source that also has the roots of some perfect subtrees: those of 2^`level` leaves, for every eighth level.
template <class S>
concept has_subtrees = requires(const S& leaves, unsigned level, std::uint64_t index) {
  { leaves.find(level, index) } -> std::same_as<const sha256_digest*>;
};

/// The root of 2^`level` leaves that are a perfect subtree, from the roots of the next smaller ones that are kept.
template <has_subtrees Source>
result<sha256_digest> root_of_subtree(const Source& leaves, std::uint64_t first, unsigned level) {
  const unsigned kept = level / 8 * 8;
  if (kept == 0) return root_of_leaves(leaves, first, std::uint64_t{1} << level);
  merkle_tree tree;
  for (std::uint64_t i = 0; i < std::uint64_t{1} << (level - kept); ++i) {
    const sha256_digest* const node = leaves.find(kept, (first >> kept) + i);
    if (node == nullptr) return root_of_leaves(leaves, first, std::uint64_t{1} << level);
    tree.append(*node);
  }
  return tree.root().hash;
}

/// The root of leaves that are a tree of their own. A range of a path is such that its own perfect subtrees are some of
/// the whole tree.
template <leaf_source Source>
result<sha256_digest> root_of_range(const Source& leaves, std::uint64_t first, std::uint64_t count) {
  if constexpr (has_subtrees<Source>) {
    sha256_digest peaks[64];
    std::size_t found = 0;
    for (std::uint64_t left = count; left != 0; ++found) {
      const std::uint64_t part = std::bit_floor(left);
      auto root = root_of_subtree(leaves, first, static_cast<unsigned>(std::countr_zero(part)));
      if (!root) return root;
      peaks[found] = *root;
      first += part;
      left -= part;
    }
    const auto tree = merkle_tree::make(count, std::span(peaks).first(found));
    if (!tree) return tree.error();
    return tree->root().hash;
  } else {
    return root_of_leaves(leaves, first, count);
  }
}

/// The leaves below a node.
struct leaf_range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// Goes from the root of `size` leaves towards leaf `index`, down to the first node at which `ends` holds. Adds the
/// hash of the neighbour of each node that it comes to. Returns the last one's leaves.
template <leaf_source Source, class Ends>
result<leaf_range> go_down(const Source& leaves, std::uint64_t index, std::uint64_t size, const Ends& ends,
                           std::vector<sha256_digest>& path) {
  leaf_range at{0, size};
  while (!ends(at)) {
    const std::uint64_t split = std::bit_floor(at.count - 1);
    const leaf_range left{at.first, split};
    const leaf_range right{at.first + split, at.count - split};
    const bool to_left = index < right.first;
    const leaf_range& other = to_left ? right : left;
    const auto hash = root_of_range(leaves, other.first, other.count);
    if (!hash) return hash.error();
    path.push_back(*hash);
    at = to_left ? left : right;
  }
  return at;
}
inline void turn_round(std::vector<sha256_digest>& path) noexcept {
  for (std::size_t i = 0, j = path.size(); i + 1 < j; ++i) std::swap(path[i], path[--j]);
}

}  // namespace detail

/// The root of a tree's first `size` leaves: of the whole tree, or as it was when it had no more.
/// Complexity: reads `size` leaves, and hashes as many nodes; with a `subtree_cache`, few. Allocates: never. Errors:
/// those of the source.
template <leaf_source Source>
result<tree_root> root_of(const Source& leaves, std::uint64_t size) {
  const auto hash = detail::root_of_range(leaves, 0, size);
  if (!hash) return hash.error();
  return tree_root{size, *hash};
}
inline tree_root root_of(std::span<const sha256_digest> leaves) noexcept {
  merkle_tree tree;
  tree.append(leaves);
  return tree.root();
}

/// Proves that leaf `index` is in the tree of the first `size` leaves.
/// Complexity: reads and hashes all other leaves of these; with a `subtree_cache`, few. Allocates: the path, of at most
/// 64 hashes. Errors: out_of_range: the tree has no such leaf; those of the source.
template <leaf_source Source>
result<inclusion_proof> prove_inclusion(const Source& leaves, std::uint64_t index, std::uint64_t size) {
  if (index >= size)
    return error(errc::out_of_range, "there is no record " + std::to_string(index) + " among " + std::to_string(size) +
                                         " to prove that it is there");
  inclusion_proof made{index, size, {}};
  const auto is_leaf = [](const detail::leaf_range& at) { return at.count == 1; };
  if (auto leaf = detail::go_down(leaves, index, size, is_leaf, made.path); !leaf) return std::move(leaf).error();
  detail::turn_round(made.path);
  return made;
}
inline result<inclusion_proof> prove_inclusion(std::span<const sha256_digest> leaves, std::uint64_t index) {
  return prove_inclusion(leaf_span(leaves), index, leaves.size());
}

/// Proves that the tree of the first `to` leaves begins with that of the first `from`.
/// Complexity: reads and hashes `to` leaves; with a `subtree_cache`, few. Allocates: the path, of at most 65 hashes.
/// Errors: out_of_range: `from` is larger than `to`; those of the source.
template <leaf_source Source>
result<consistency_proof> prove_consistency(const Source& leaves, std::uint64_t from, std::uint64_t to) {
  if (from > to)
    return error(errc::out_of_range, "a tree of " + std::to_string(to) + " records has none of " +
                                         std::to_string(from) + " as its beginning");
  consistency_proof made{from, to, {}};
  if (from == 0 || from == to) return made;
  // A node whose last leaf is the older tree's last one is a node of both trees.
  const auto in_both = [&](const detail::leaf_range& at) { return at.first + at.count == from; };
  const auto shared = detail::go_down(leaves, from - 1, to, in_both, made.path);
  if (!shared) return shared.error();
  // If it is the whole older tree, whoever verifies knows it.
  if (shared->first != 0) {
    const auto hash = detail::root_of_range(leaves, shared->first, shared->count);
    if (!hash) return hash.error();
    made.path.push_back(*hash);
  }
  detail::turn_round(made.path);
  return made;
}
inline result<consistency_proof> prove_consistency(std::span<const sha256_digest> leaves, std::uint64_t from) {
  return prove_consistency(leaf_span(leaves), from, leaves.size());
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSPARENCY_PROVE_HPP
