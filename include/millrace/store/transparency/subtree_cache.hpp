#ifndef MILLRACE_STORE_TRANSPARENCY_SUBTREE_CACHE_HPP
#define MILLRACE_STORE_TRANSPARENCY_SUBTREE_CACHE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/prove.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// The roots of a growing tree's perfect subtrees of 256 leaves, of 256^2, and so on, for who makes many proofs: with
/// them a proof reads some hundred hashes of a tree of any size, and not all of its leaves.
///
///     mr::store::subtree_cache cache;
///     cache.append(leaves);                                                  // each leaf once, in their order
///     auto proof = mr::store::prove_inclusion(mr::store::cached_leaves(source, cache), index, cache.size());
///
/// Complexity: a leaf costs one hash in the mean. A proof about n leaves reads and hashes at most 512 leaves and nodes
/// for each factor of 256 in n. Allocates: 32 bytes for each 255 leaves.
/// Threads: one at a time; const calls from any number.
class subtree_cache {
 public:
  /// Adds leaves behind the others.
  void append(std::span<const sha256_digest> leaves) {
    while (!leaves.empty()) {
      const std::size_t room = width - static_cast<std::size_t>(block_.size());
      const std::size_t count = leaves.size() < room ? leaves.size() : room;
      block_.append(leaves.first(count));
      leaves = leaves.subspan(count);
      size_ += count;
      if (block_.size() != width) continue;
      add(0, block_.root().hash);
      block_ = merkle_tree();
    }
  }

  /// How many leaves were added.
  std::uint64_t size() const noexcept { return size_; }

  /// The root of leaves `index` * 2^`level` to (`index` + 1) * 2^`level` - 1, or null: of whole subtrees every eighth
  /// level is kept.
  const sha256_digest* find(unsigned level, std::uint64_t index) const noexcept {
    if (level == 0 || level % 8 != 0 || level / 8 > levels) return nullptr;
    const auto& kept = kept_[level / 8 - 1];
    return index < kept.size() ? &kept[static_cast<std::size_t>(index)] : nullptr;
  }

 private:
  static constexpr std::size_t width = 256;
  static constexpr unsigned levels = 7;  // 8 to 56

  void add(unsigned level, const sha256_digest& root) {
    auto& kept = kept_[level];
    kept.push_back(root);
    if (kept.size() % width != 0 || level + 1 == levels) return;
    merkle_tree above;
    above.append(std::span(kept).last(width));
    add(level + 1, above.root().hash);
  }

  std::uint64_t size_ = 0;
  merkle_tree block_;  // of the leaves of the subtree of 256 that is not whole yet
  std::vector<sha256_digest> kept_[levels];
};

/// A source of leaves and the cache of the same tree, which both must outlive it. Models: leaf_source.
template <leaf_source Source>
class cached_leaves {
 public:
  cached_leaves(const Source& leaves, const subtree_cache& cache) noexcept : leaves_(leaves), cache_(cache) {}

  result<void> operator()(std::uint64_t first, std::span<sha256_digest> to) const { return leaves_(first, to); }
  const sha256_digest* find(unsigned level, std::uint64_t index) const noexcept { return cache_.find(level, index); }

 private:
  const Source& leaves_;
  const subtree_cache& cache_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSPARENCY_SUBTREE_CACHE_HPP
