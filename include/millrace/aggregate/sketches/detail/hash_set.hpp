#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_SET_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_SET_HPP

#include <millrace/core/detail/sort.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A set of 63-bit hashes other than 0. Open addressing by the low bits with an odd stride taken from the high ones: so
/// a table may be 15/16 full and still be quick.
class hash_set {
 public:
  std::uint32_t size() const noexcept { return size_; }
  bool contains(std::uint64_t hash) const noexcept { return size_ != 0 && slots_[place_of(hash)] == hash; }

  /// Returns whether the hash was new.
  bool insert(std::uint64_t hash) {
    if (16 * (std::uint64_t{size_} + 1) > 15 * std::uint64_t{slots_.size()}) grow();
    std::uint64_t& place = slots_[place_of(hash)];
    if (place == hash) return false;
    place = hash;
    ++size_;
    return true;
  }
  void clear() noexcept {
    slots_.clear();
    size_ = 0;
  }
  /// Calls use(hash) for each hash, in the order of the table.
  template <class Use>
  void for_each(Use&& use) const {
    for (const std::uint64_t hash : slots_)
      if (hash != 0) use(hash);
  }
  /// Removes the hashes for which holds(hash) is false.
  template <class Condition>
  void keep_if(Condition&& holds) {
    std::vector<std::uint64_t> before(slots_.size());
    before.swap(slots_);
    size_ = 0;
    for (const std::uint64_t hash : before)
      if (hash != 0 && holds(hash)) {
        slots_[place_of(hash)] = hash;
        ++size_;
      }
  }

  /// The hashes in ascending order.
  std::vector<std::uint64_t> sorted() const {
    std::vector<std::uint64_t> all(size_);
    std::size_t at = 0;
    for (const std::uint64_t hash : slots_)
      if (hash != 0) all[at++] = hash;
    std::vector<std::uint64_t> scratch(size_);
    // Hashes of 63 bits are in the same order as signed integers, which are quicker to compare side by side.
    sort_numbers(reinterpret_cast<std::int64_t*>(all.data()), all.size(),
                 reinterpret_cast<std::int64_t*>(scratch.data()));
    return all;
  }

 private:
  std::size_t place_of(std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    const std::size_t stride = hash >> 32 | 1;
    std::size_t at = hash & mask;
    while (slots_[at] != 0 && slots_[at] != hash) at = (at + stride) & mask;
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> before(slots_.empty() ? 32 : 2 * slots_.size());
    before.swap(slots_);
    for (const std::uint64_t hash : before)
      if (hash != 0) slots_[place_of(hash)] = hash;
  }

  std::vector<std::uint64_t> slots_;
  std::uint32_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_SET_HPP
