#ifndef MILLRACE_CORE_DETAIL_NAME_INDEX_HPP
#define MILLRACE_CORE_DETAIL_NAME_INDEX_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A hash table from names to values, with open addressing, at most half full. It stores views of the names, which must
/// outlive it, and copies of the values.
/// Complexity: constant on average.
/// Allocates: when it grows.
template <class Value>
class name_index {
 public:
  name_index() noexcept = default;
  name_index(const name_index&) = delete;
  name_index& operator=(const name_index&) = delete;
  ~name_index() { delete[] slots_; }

  /// Returns null if the name is not in the table. The pointer is valid until the next `insert` or `reserve`.
  const Value* find(std::string_view name) const noexcept {
    if (size_ == 0) return nullptr;
    const std::uint64_t hash = hash_of(name);
    for (std::size_t at = hash & (capacity_ - 1); slots_[at].hash != 0; at = (at + 1) & (capacity_ - 1))
      if (slots_[at].hash == hash && slots_[at].name == name) return &slots_[at].value;
    return nullptr;
  }

  /// Makes room for `more` names, whose insertion then throws nothing.
  void reserve(std::size_t more) {
    if (2 * (size_ + more) <= capacity_) return;
    std::size_t capacity = capacity_ == 0 ? 16 : capacity_;
    while (2 * (size_ + more) > capacity) capacity *= 2;
    slot* const old = slots_;
    slot* const old_end = slots_ + capacity_;
    slots_ = new slot[capacity]();
    capacity_ = capacity;
    for (slot* each = old; each != old_end; ++each)
      if (each->hash != 0) free_slot(each->hash) = *each;
    delete[] old;
  }
  /// Precondition: the name is not in the table.
  void insert(std::string_view name, Value value) {
    reserve(1);
    const std::uint64_t hash = hash_of(name);
    free_slot(hash) = {hash, name, value};
    ++size_;
  }

 private:
  struct slot {
    std::uint64_t hash = 0;  // 0: free
    std::string_view name;
    Value value{};
  };

  // FNV-1a, 64 bits (Fowler, Noll, Vo), its upper half folded into the lower, which the table's index comes from. Never
  // 0, which marks a free slot.
  static std::uint64_t hash_of(std::string_view name) noexcept {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash ^= hash >> 32;
    return hash != 0 ? hash : 1;
  }
  slot& free_slot(std::uint64_t hash) noexcept {
    std::size_t at = hash & (capacity_ - 1);
    while (slots_[at].hash != 0) at = (at + 1) & (capacity_ - 1);
    return slots_[at];
  }

  slot* slots_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_NAME_INDEX_HPP
