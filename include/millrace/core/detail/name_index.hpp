#ifndef MILLRACE_CORE_DETAIL_NAME_INDEX_HPP
#define MILLRACE_CORE_DETAIL_NAME_INDEX_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// From names to values, by hash. The names are the caller's and stay where they are; a value is small and copied.
/// Complexity: constant on average. Allocates: when it grows.
template <class Value>
class name_index {
 public:
  name_index() noexcept = default;
  name_index(const name_index&) = delete;
  name_index& operator=(const name_index&) = delete;
  ~name_index() { delete[] slots_; }

  /// Null where the name is not in it. The pointer is good until the next insertion.
  const Value* find(std::string_view name) const noexcept {
    if (size_ == 0) return nullptr;
    const std::uint64_t hash = hash_of(name);
    for (std::size_t at = hash & (capacity_ - 1); slots_[at].hash != 0; at = (at + 1) & (capacity_ - 1))
      if (slots_[at].hash == hash && slots_[at].name == name) return &slots_[at].value;
    return nullptr;
  }

  /// Room for so many more, so that their insertions do not throw.
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
  /// Precondition: the name is not in it.
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

  // Source: FNV-1a, 64 bits (Fowler, Noll, Vo); never 0 here.
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
