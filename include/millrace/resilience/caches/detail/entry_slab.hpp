#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_SLAB_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_SLAB_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/caches/detail/entry_queue.hpp>

#include <sched.h>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// Room for an object that is made and destroyed by hand, and that can be read while another thread writes the room:
/// the reader gets words, each as it was at some moment, and has to find out whether they belong together.
template <class T>
class racing_room {
  using word [[gnu::may_alias]] = std::uint64_t;
  static constexpr std::size_t words = (sizeof(T) + 7) / 8;

 public:
  static constexpr bool can_race = std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>;

  T& operator*() noexcept { return *reinterpret_cast<T*>(bytes_); }
  const T& operator*() const noexcept { return *reinterpret_cast<const T*>(bytes_); }
  template <class From>
  void make(From&& from) {
    if constexpr (can_race) {
      copy made;
      ::new (static_cast<void*>(made.bytes)) T(static_cast<T>(std::forward<From>(from)));
      // With release: whoever reads one of these words also sees that the table has changed since.
      for (std::size_t i = 0; i < words; ++i)
        __atomic_store_n(reinterpret_cast<word*>(bytes_) + i, reinterpret_cast<const word*>(made.bytes)[i],
                         __ATOMIC_RELEASE);
    } else {
      ::new (static_cast<void*>(bytes_)) T(static_cast<T>(std::forward<From>(from)));
    }
  }
  void destroy() noexcept { (**this).~T(); }

  /// What a reader got.
  struct copy {
    alignas(T) alignas(8) unsigned char bytes[words * 8] = {};
    const T& operator*() const noexcept { return *reinterpret_cast<const T*>(bytes); }
  };
  void read(copy& into) const noexcept {
    for (std::size_t i = 0; i < words; ++i)
      reinterpret_cast<word*>(into.bytes)[i] =
          __atomic_load_n(reinterpret_cast<const word*>(bytes_) + i, __ATOMIC_ACQUIRE);
  }

 private:
  alignas(T) alignas(8) unsigned char bytes_[words * 8];
};

template <class Key, class Value>
struct entry_content {
  racing_room<Key> key;
  racing_room<Value> value;
};
template <class Key, class Value>
struct cache_entry : entry_head, entry_content<Key, Value>, entry_tail {};

/// Entries by number. They never move, and their memory stays as long as the slab, so that a reader without a lock
/// reads an old entry at worst. Each segment is twice as large as the one before.
template <class Entry>
class entry_slab {
 public:
  /// `expected`: how many entries the first segment is for, as far as they take 64 KiB.
  explicit entry_slab(std::size_t expected) noexcept {
    while ((std::size_t{1} << shift_) < expected && (sizeof(Entry) << shift_) < 32'768) ++shift_;
  }
  entry_slab(const entry_slab&) = delete;
  entry_slab& operator=(const entry_slab&) = delete;
  ~entry_slab() {
    for (unsigned segment = 0; segment < most_segments; ++segment)
      if (const std::uintptr_t at = segments_[segment].load_relaxed(); at != 0)
        delete[] reinterpret_cast<Entry*>(at + (sizeof(Entry) << segment));
  }

  Entry& operator[](entry_id id) const noexcept {
    const std::uint64_t place = place_of(id);
    return *reinterpret_cast<Entry*>(segments_[segment_of(place)].load_acquire() + place * sizeof(Entry));
  }
  /// How many numbers were given out, those of entries that were given back included.
  std::size_t size() const noexcept { return size_; }

  /// A free entry. The caller holds the shard's lock. Allocates a segment when all are full.
  entry_id take() {
    if (free_ == no_entry) free_ = returned_.exchange_acq_rel(no_entry);
    if (free_ != no_entry) return std::exchange(free_, (*this)[free_].next);
    const unsigned segment = segment_of(place_of(size_));
    if (segments_[segment].load_relaxed() == 0)
      segments_[segment].store_release(reinterpret_cast<std::uintptr_t>(new Entry[std::size_t{1} << segment]) -
                                       (sizeof(Entry) << segment));
    return size_++;
  }
  /// Gives an entry back. Without the lock.
  void give_back(entry_id id) noexcept {
    entry_id first = returned_.load_relaxed();
    do (*this)[id].next = first;
    while (!returned_.replace_release(first, id));
  }

 private:
  static constexpr unsigned most_segments = 33;

  /// Behind as many places as the first segment has: those of 2^n to 2^(n+1) - 1 are in segment n.
  std::uint64_t place_of(entry_id id) const noexcept { return id + (std::uint64_t{1} << shift_); }
  static unsigned segment_of(std::uint64_t place) noexcept {
    return static_cast<unsigned>(63 - __builtin_clzll(place));
  }

  unsigned shift_ = 3;
  std::uint32_t size_ = 0;
  entry_id free_ = no_entry;
  light_atomic<entry_id> returned_{no_entry};
  light_atomic<std::uintptr_t> segments_[most_segments];  // where place 0 would be, were it there too; 0: none yet
};

/// A table from hashes to entries, open addressing, at most half full: it keeps half of each hash, and asks the caller
/// about the entries whose half is the same. Changed under a lock, read without.
class entry_table {
 public:
  struct slots {
    std::size_t mask;
    slots* older;  // kept, since somebody may be reading it
    light_atomic<std::uint64_t>* at;
  };

  entry_table() = default;
  entry_table(const entry_table&) = delete;
  entry_table& operator=(const entry_table&) = delete;
  ~entry_table() {
    for (slots* each = slots_.load_relaxed(); each != nullptr;) {
      slots* const older = each->older;
      delete[] each->at;
      delete each;
      each = older;
    }
  }

  std::size_t size() const noexcept { return size_; }
  static bool matches(std::uint64_t slot, std::uint64_t hash) noexcept { return (slot ^ hash) >> 32U == 0; }
  static entry_id id_of(std::uint64_t slot) noexcept { return static_cast<entry_id>(slot) - 1; }

  /// Calls `is_it(id)` for entries that may have the hash, until it says yes; returns that entry or `no_entry`.
  template <class IsIt>
  entry_id find(std::uint64_t hash, IsIt&& is_it) const {
    const slots* const table = slots_.load_acquire();
    if (table == nullptr) return no_entry;
    const std::size_t mask = table->mask;
    const light_atomic<std::uint64_t>* const first = table->at;
    std::size_t at = hash & mask;
    for (std::size_t seen = 0; seen <= mask; ++seen, at = (at + 1) & mask) {
      const std::uint64_t slot = first[at].load_acquire();
      if (slot == 0) break;
      if (matches(slot, hash) && is_it(id_of(slot))) return id_of(slot);
    }
    return no_entry;
  }

  /// Room for one entry more. Allocates when it grows. `hash_of(id)` is asked for each entry then.
  template <class HashOf>
  void reserve(std::size_t expected, HashOf&& hash_of) {
    slots* const table = slots_.load_relaxed();
    if (table != nullptr && 2 * (size_ + 1) <= table->mask + 1) return;
    std::size_t capacity = table != nullptr ? 2 * (table->mask + 1) : 16;
    if (table == nullptr)
      while (capacity < 2 * (expected + 1)) capacity *= 2;
    auto* const at = new light_atomic<std::uint64_t>[capacity];
    slots* const larger = make(at, capacity, table);
    if (table != nullptr)
      for (std::size_t i = 0; i <= table->mask; ++i)
        if (const std::uint64_t slot = table->at[i].load_relaxed(); slot != 0)
          put(*larger, hash_of(id_of(slot)), id_of(slot));
    slots_.store_release(larger);
  }
  /// Precondition: there is room.
  void insert(std::uint64_t hash, entry_id id) noexcept {
    put(*slots_.load_relaxed(), hash, id);
    ++size_;
  }
  /// Removes an entry that is there, and moves those behind it up that would not be found any more.
  template <class HashOf>
  void remove(std::uint64_t hash, entry_id id, HashOf&& hash_of) noexcept {
    const slots& table = *slots_.load_relaxed();
    std::size_t hole = hash & table.mask;
    while (id_of(table.at[hole].load_relaxed()) != id) hole = (hole + 1) & table.mask;
    for (std::size_t at = hole;;) {
      at = (at + 1) & table.mask;
      const std::uint64_t slot = table.at[at].load_relaxed();
      if (slot == 0) break;
      const std::size_t home = hash_of(id_of(slot)) & table.mask;
      if (((at - home) & table.mask) < ((at - hole) & table.mask)) continue;  // its home is behind the hole
      table.at[hole].store_release(slot);
      hole = at;
    }
    table.at[hole].store_release(0);
    --size_;
  }

 private:
  static slots* make(light_atomic<std::uint64_t>* at, std::size_t capacity, slots* older) {
    struct owned {
      light_atomic<std::uint64_t>* at;
      ~owned() { delete[] at; }
    } guard{at};
    auto* const made = new slots{capacity - 1, older, at};
    guard.at = nullptr;
    return made;
  }
  static void put(const slots& table, std::uint64_t hash, entry_id id) noexcept {
    std::size_t at = hash & table.mask;
    while (table.at[at].load_relaxed() != 0) at = (at + 1) & table.mask;
    table.at[at].store_release((hash >> 32U << 32U) | (std::uint64_t{id} + 1));
  }

  light_atomic<slots*> slots_;
  std::size_t size_ = 0;
};

/// A lock that readers without it can tell a change by: the number is odd while somebody holds it, and another one
/// afterwards.
class sequence_lock {
 public:
  void lock() noexcept {
    for (unsigned tries = 1;; ++tries) {
      std::uint64_t now = number_.load_relaxed();
      if (now % 2 == 0 && number_.replace_acquire(now, now + 1)) return;
      if (tries % 64 == 0) ::sched_yield();
    }
  }
  void unlock() noexcept { number_.store_release(number_.load_relaxed() + 1); }
  std::uint64_t number() const noexcept { return number_.load_acquire(); }
  /// Whether nobody has held it since, for what was read with acquire in between.
  bool is_still(std::uint64_t number) const noexcept { return number_.load_relaxed() == number; }

 private:
  light_atomic<std::uint64_t> number_{0};
};

class sequence_guard {
 public:
  explicit sequence_guard(sequence_lock& held) noexcept : held_(&held) { held_->lock(); }
  sequence_guard(const sequence_guard&) = delete;
  sequence_guard& operator=(const sequence_guard&) = delete;
  ~sequence_guard() { held_->unlock(); }

 private:
  sequence_lock* held_;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_SLAB_HPP
