#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_POLICY_SHADOW_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_POLICY_SHADOW_HPP

#include <millrace/resilience/caches/detail/entry_queue.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// What a cache would hold under another policy: hashes of keys, run by that policy, at most `capacity` of them.
/// Allocates only in `reserve`.
template <class Policy>
class policy_shadow {
 public:
  policy_shadow(std::size_t room, std::size_t capacity) noexcept
      : capacity_(static_cast<entry_id>(capacity)), order_(entries_, room) {}
  policy_shadow(const policy_shadow&) = delete;
  policy_shadow& operator=(const policy_shadow&) = delete;

  void reserve() {
    if (entries_.at != nullptr) return;
    order_.reserve(capacity_);
    entries_.at = new entry[capacity_];
    for (entry_id id = 0; id < capacity_; ++id) entries_[id].chain = id + 1 < capacity_ ? id + 1 : no_entry;
    free_ = 0;
  }
  /// Asks for a key, which is there afterwards; returns whether it was. Precondition: reserved.
  bool ask(std::uint64_t hash, std::size_t weight, std::size_t room) noexcept {
    entry_id id = entries_[bucket_of(hash)].first;
    while (id != no_entry && entries_[id].hash != hash) id = entries_[id].chain;
    if (id != no_entry) {
      order_.used(id, entries_[id], hash);
      return true;
    }
    if (weight > room) weight = room;
    const auto where = order_.place_of_new(hash, weight);
    while (size_ == capacity_ || weight_ > room - weight) {
      const entry_id victim = order_.victim();
      order_.evicted(victim);
      drop(victim);
    }
    id = free_;
    entry& one = entries_[id];
    free_ = one.chain;
    one.hash = hash;
    one.weight = weight;
    one.chain = entries_[bucket_of(hash)].first;
    entries_[bucket_of(hash)].first = id;
    one.is_linked = true;
    order_.insert(id, where);
    weight_ += weight;
    ++size_;
    return false;
  }
  std::size_t size() const noexcept { return size_; }
  bool is_full() const noexcept { return size_ == capacity_; }
  /// Keeps the keys whose hashes have none of these bits, in a room for them. Those that are too many leave as others
  /// come.
  void thin_out(std::uint64_t without, std::size_t room) noexcept {
    order_.resize(room);
    for (entry_id id = 0; id < capacity_; ++id)
      if (entries_[id].is_linked && (entries_[id].hash & without) != 0) drop(id);
    while (weight_ > room) drop(order_.victim());
  }

 private:
  struct entry {
    std::uint64_t hash = 0;
    std::size_t weight = 0;
    entry_id previous = no_entry;
    entry_id next = no_entry;
    entry_id chain = no_entry;  // the next of its bucket, or the next free one
    entry_id first = no_entry;  // of the bucket that has this entry's number
    light_atomic<std::uint8_t> uses{0};
    std::uint8_t queue = 0;
    bool is_linked = false;
  };
  struct slab {
    entry* at = nullptr;
    slab() = default;
    slab(const slab&) = delete;
    slab& operator=(const slab&) = delete;
    ~slab() { delete[] at; }
    entry& operator[](entry_id id) noexcept { return at[id]; }
  };

  /// By other bits than those that a sample of keys has in common.
  entry_id bucket_of(std::uint64_t hash) const noexcept {
    return static_cast<entry_id>((hash >> 20U & 0xffff'ffffU) * capacity_ >> 32U);
  }
  void drop(entry_id id) noexcept {
    entry& one = entries_[id];
    entry_id* at = &entries_[bucket_of(one.hash)].first;
    while (*at != id) at = &entries_[*at].chain;
    *at = one.chain;
    order_.remove(id);
    weight_ -= one.weight;
    --size_;
    one.is_linked = false;
    one.chain = free_;
    free_ = id;
  }

  entry_id capacity_;
  slab entries_;
  typename Policy::template order<slab> order_;
  entry_id free_ = no_entry;
  std::size_t size_ = 0;
  std::size_t weight_ = 0;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_POLICY_SHADOW_HPP
