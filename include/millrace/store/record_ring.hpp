#ifndef MILLRACE_STORE_RECORD_RING_HPP
#define MILLRACE_STORE_RECORD_RING_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// Policy of a ring, log or audit log: one thread appends at a time.
struct exclusive {};
/// Policy of a ring, log or audit log: any number of threads append at once.
struct shared {};

/// The memory for one record, which the producer fills: `size` bytes at `data`, aligned to 8. Empty if there is no
/// room.
struct ring_slot {
  std::byte* data = nullptr;
  /// The ring's position behind this record; what `drain` returns once it has consumed it.
  std::uint64_t end = 0;
  std::size_t size = 0;

  explicit operator bool() const noexcept { return data != nullptr; }
};

namespace detail {

/// The memory of a ring: `capacity` bytes, a power of two and at least 4096, and room behind them for the one record
/// that begins before the end and goes beyond it, so that no record is ever in two pieces. It is aligned to cache lines
/// of 64.
class ring_storage {
 public:
  explicit ring_storage(std::size_t capacity) {
    std::size_t rounded = 4096;
    while (rounded < capacity) rounded *= 2;
    mask_ = rounded - 1;
    words_ = new (std::align_val_t{64}) std::uint64_t[(rounded + max_span()) / 8]();
  }
  ring_storage(const ring_storage&) = delete;
  ring_storage& operator=(const ring_storage&) = delete;
  ~ring_storage() { ::operator delete[](words_, std::align_val_t{64}); }

  std::size_t capacity() const noexcept { return mask_ + 1; }
  /// The most bytes that a record may take, its header of 8 included.
  std::size_t max_span() const noexcept { return capacity() / 4; }
  /// Where a position, which only grows, is in the memory.
  std::uint64_t* at(std::uint64_t position) const noexcept { return words_ + (position & mask_) / 8; }

  /// Prefetches, for writing, the cache lines that lie `ahead` bytes after a record. The consumer read them on the last
  /// round, so they are in its core's cache, and a store would wait for them.
  void fetch_ahead(std::uint64_t from, std::uint64_t to) const noexcept {
    __builtin_prefetch(at(from + ahead), 1);
    while ((from += 64) < to) [[unlikely]]
      __builtin_prefetch(at(from + ahead), 1);
  }

  static constexpr std::uint64_t ahead = 512;  // bytes
  /// How many bytes a record of `size` bytes takes, with its header and rounded up to 8.
  static constexpr std::uint64_t span(std::size_t size) noexcept { return 8 + ((size + 7) & ~std::size_t{7}); }

 private:
  std::size_t mask_ = 0;
  std::uint64_t* words_ = nullptr;
};

// A record's header, 8 bytes: in bits 0-30 its size, bit 31 set so that it is never zero, in bits 32-63 how many
// records were dropped just before it.
constexpr std::uint64_t ring_header(std::size_t size, std::uint32_t dropped) noexcept {
  return std::uint64_t{dropped} << 32 | std::uint64_t{1} << 31 | size;
}
constexpr std::size_t ring_header_size(std::uint64_t header) noexcept { return header & 0x7fffffffU; }
constexpr std::uint32_t ring_header_dropped(std::uint64_t header) noexcept {
  return static_cast<std::uint32_t>(header >> 32);
}

/// What both kinds of ring share: the memory, the positions of consumer (tail) and producers (head), and the number of
/// records dropped. Each position is on a cache line of its own; the head's also has what only producers use.
class ring_sides {
 public:
  explicit ring_sides(std::size_t capacity) : storage_(capacity) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  /// The largest record that fits.
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }
  /// The position behind the last record appended.
  std::uint64_t head() const noexcept { return head_.load_acquire(); }

  /// Counts a record that found no room; the header of the next one that finds room passes the count to the consumer.
  void drop() noexcept { dropped_.add_relaxed(1); }
  /// Returns that count and sets it to 0.
  std::uint32_t take_dropped() noexcept { return dropped_.exchange_relaxed(0); }

 protected:
  std::uint64_t header(std::size_t size) noexcept {
    std::uint32_t dropped = 0;
    if (dropped_.load_relaxed() != 0) [[unlikely]]
      dropped = take_dropped();
    return ring_header(size, dropped);
  }

  /// Up to which position producers may append before they have to look at the tail again; 0 if there is no room for a
  /// record that ends at `end`. The tail is loaded with acquire, so that the consumer is done with the memory before it
  /// is overwritten.
  template <class F>
  [[gnu::cold, gnu::noinline]] std::uint64_t limit_for(std::uint64_t end, F&& past_half) noexcept {
    const std::uint64_t tail = tail_.load_acquire();
    const bool half = end > tail + capacity() / 2;
    if (half) past_half();
    if (end > tail + capacity()) return 0;
    return tail + (half ? capacity() : capacity() / 2);
  }
  ring_slot slot(std::uint64_t head, std::uint64_t end, std::size_t size) const noexcept {
    storage_.fetch_ahead(head, end);
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  /// The consumer's loop. next(position, at) returns the header at a position, or 0 if no record is there; f is called
  /// for the record; consumed(at, words) is called when its memory is no longer needed. The tail is published after
  /// each eighth of the ring, and at the end.
  template <class Next, class Consumed, class F>
  std::uint64_t drain_by(Next&& next, Consumed&& consumed, F&& f) noexcept {
    std::uint64_t tail = tail_.load_relaxed();
    std::uint64_t released = tail;
    for (bool go_on = true; go_on;) {
      std::uint64_t* const at = storage_.at(tail);
      const std::uint64_t header = next(tail, at);
      if (header == 0) break;
      const std::size_t size = ring_header_size(header);
      go_on = f(reinterpret_cast<const std::byte*>(at + 1), size, ring_header_dropped(header));
      const std::uint64_t span = ring_storage::span(size);
      consumed(at, span / 8);
      tail += span;
      if (tail - released > capacity() / 8) tail_.store_release(released = tail);
    }
    tail_.store_release(tail);
    return tail;
  }

  ring_storage storage_;
  alignas(64) light_atomic<std::uint64_t> tail_{0};
  alignas(64) light_atomic<std::uint64_t> head_{0};
  light_atomic<std::uint32_t> dropped_{0};
};

}  // namespace detail

/// A bounded queue of binary records of different sizes from producers to one consumer, in one block
/// of memory. `Producers` says how many threads append: `exclusive` or `shared`.
/// - `reserve(size, past_half)` returns room for a record of `size` bytes, or an empty slot if there is none, or if the
///   record is larger than max_size(). It calls past_half() now and then while more than half of the ring is in use, so
///   that the caller can wake the consumer.
/// - `commit(slot)` passes the filled slot to the consumer.
/// - `drain(f)` calls f(data, size, dropped) for every record in turn, until f returns false or no record is left;
///   `dropped` records are missing before this one. It returns the position that it reached.
///
/// Units: positions and sizes are bytes; positions grow with every record and never wrap.
/// Guarantee: records come out whole, and each producer's in the order in which it appended them.
/// Complexity: an append is a comparison, the copy and a release store; with `shared` also a compare-exchange, never a
/// lock.
/// Allocates: at construction only.
/// Threads: reserve, commit and drop: the producers; drain and take_dropped: one consumer.
/// Fork: the child has a copy of the ring and its records; a consumer's thread exists in the parent only.
template <class Producers = exclusive>
class record_ring;

template <>
class record_ring<exclusive> : public detail::ring_sides {
 public:
  /// `capacity` is rounded up to a power of two, at least 4096.
  explicit record_ring(std::size_t capacity) : ring_sides(capacity), limit_(this->capacity() / 2) {}

  template <class F>
  [[gnu::always_inline]] inline ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]]
      return {};
    const std::uint64_t head = head_.load_relaxed();
    const std::uint64_t end = head + detail::ring_storage::span(size);
    if (end > limit_) [[unlikely]] {
      const std::uint64_t limit = limit_for(end, past_half);
      if (limit == 0) return {};
      limit_ = limit;
    }
    return slot(head, end, size);
  }
  void commit(const ring_slot& filled) noexcept {
    reinterpret_cast<std::uint64_t*>(filled.data)[-1] = header(filled.size);
    head_.store_release(filled.end);
  }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    const std::uint64_t head = head_.load_acquire();
    return drain_by([head](std::uint64_t position,
                           const std::uint64_t* at) noexcept { return position != head ? *at : std::uint64_t{0}; },
                    [](std::uint64_t*, std::uint64_t) noexcept {}, f);
  }

 private:
  std::uint64_t limit_;  // up to where the producer may append without reading the tail
};

/// The ring of several producers. They commit in any order, so the head says nothing: a record is complete once its
/// header is not zero, and the consumer clears the memory that it has read.
template <>
class record_ring<shared> : public detail::ring_sides {
 public:
  explicit record_ring(std::size_t capacity) : ring_sides(capacity), limit_(this->capacity() / 2) {}

  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]]
      return {};
    std::uint64_t head = head_.load_relaxed();
    for (;;) {
      const std::uint64_t end = head + detail::ring_storage::span(size);
      // Acquire, here or in limit_for, so that the room is seen cleared: the consumer clears it before it moves the
      // tail.
      if (end > limit_.load_acquire()) [[unlikely]] {
        const std::uint64_t limit = limit_for(end, past_half);
        if (limit == 0) {
          // The ring is full, unless `head` is old: the consumer may have passed it meanwhile.
          const std::uint64_t now = head_.load_relaxed();
          if (now == head) return {};
          head = now;
          continue;
        }
        limit_.store_release(limit);
      }
      if (head_.replace_relaxed(head, end)) return slot(head, end, size);
    }
  }
  void commit(const ring_slot& filled) noexcept {
    detail::store_release(reinterpret_cast<std::uint64_t*>(filled.data)[-1], header(filled.size));
  }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    return drain_by([](std::uint64_t, std::uint64_t* at) noexcept { return detail::load_acquire(*at); },
                    [](std::uint64_t* at, std::uint64_t words) noexcept {
                      for (std::uint64_t i = 0; i < words; ++i) at[i] = 0;
                    },
                    f);
  }

 private:
  alignas(64) detail::light_atomic<std::uint64_t> limit_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_RECORD_RING_HPP
