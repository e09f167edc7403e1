#ifndef MILLRACE_STORE_RECORD_RING_HPP
#define MILLRACE_STORE_RECORD_RING_HPP

#include <millrace/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// Appended to by one thread at a time.
struct exclusive {};
/// Appended to by any number of threads at once.
struct shared {};

/// What a producer is given to fill: `size` bytes at `data`, 8-aligned. Empty when the ring is full.
struct ring_slot {
  std::byte* data = nullptr;
  /// The ring's position behind this record; what `drain` returns once it has consumed it.
  std::uint64_t end = 0;
  std::size_t size = 0;

  explicit operator bool() const noexcept { return data != nullptr; }
};

namespace detail {

/// The memory of a ring: `capacity` bytes, a power of two, and room behind them for the one record
/// that starts before the end and runs over it, so that no record is ever in two pieces.
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
  /// The most a record may take, header included.
  std::size_t max_span() const noexcept { return capacity() / 4; }
  std::uint64_t* at(std::uint64_t position) const noexcept { return words_ + (position & mask_) / 8; }

  /// The consumer's cache holds what it has read: asks for the lines that will be written some records after
  /// these, so that no store waits for them.
  void fetch_ahead(std::uint64_t from, std::uint64_t to) const noexcept {
    __builtin_prefetch(at(from + ahead), 1);
    while ((from += 64) < to) [[unlikely]]
      __builtin_prefetch(at(from + ahead), 1);
  }

  static constexpr std::uint64_t ahead = 512;
  static constexpr std::uint64_t span(std::size_t size) noexcept { return 8 + ((size + 7) & ~std::size_t{7}); }

 private:
  std::size_t mask_ = 0;
  std::uint64_t* words_ = nullptr;
};

// A record's header: its size and, above, how many records were dropped just before it. Never zero.
constexpr std::uint64_t ring_header(std::size_t size, std::uint32_t dropped) noexcept {
  return std::uint64_t{dropped} << 32 | std::uint64_t{1} << 31 | size;
}
constexpr std::size_t ring_header_size(std::uint64_t header) noexcept { return header & 0x7fffffffU; }
constexpr std::uint32_t ring_header_dropped(std::uint64_t header) noexcept {
  return static_cast<std::uint32_t>(header >> 32);
}

/// What both kinds of ring share: the memory, how far each side is, and what was dropped. The sides' positions stand on
/// cache lines of their own; a ring's further members follow the producers'.
class ring_sides {
 public:
  explicit ring_sides(std::size_t capacity) : storage_(capacity) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  /// The largest record that fits.
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }
  /// The position behind the last record appended.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }

  /// Counts a record that found no room; the next one that does carries the count.
  void drop() noexcept { dropped_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t take_dropped() noexcept { return dropped_.exchange(0, std::memory_order_relaxed); }

 protected:
  std::uint64_t header(std::size_t size) noexcept {
    std::uint32_t dropped = 0;
    if (dropped_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      dropped = take_dropped();
    return ring_header(size, dropped);
  }

  /// How far producers may go now before they look again; 0 when a record that ends at `end` has no room. Acquire: what
  /// the consumer did to the room before it let go of it has been done.
  template <class F>
  [[gnu::cold, gnu::noinline]] std::uint64_t limit_for(std::uint64_t end, F&& past_half) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    const bool half = end > tail + capacity() / 2;
    if (half) past_half();
    if (end > tail + capacity()) return 0;
    return tail + (half ? capacity() : capacity() / 2);
  }
  ring_slot slot(std::uint64_t head, std::uint64_t end, std::size_t size) const noexcept {
    storage_.fetch_ahead(head, end);
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  /// The consumer's loop. next(position, at) returns the header there, 0 when no record is; consumed(at, words) lets
  /// go.
  template <class Next, class Consumed, class F>
  std::uint64_t drain_by(Next&& next, Consumed&& consumed, F&& f) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
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
      if (tail - released > capacity() / 8) tail_.store(released = tail, std::memory_order_release);
    }
    tail_.store(tail, std::memory_order_release);
    return tail;
  }

  ring_storage storage_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint32_t> dropped_{0};
};

}  // namespace detail

/// A bounded queue of binary records of different sizes from producers to one consumer, in one block
/// of memory. `Producers` says how many threads append: `exclusive` or `shared`.
///
/// Guarantee: records come out whole, and each producer's in the order it appended them. Positions
/// are bytes, never wrap, and grow with every record.
/// `reserve(size, past_half)`: room for a record of `size` bytes; empty if there is none, or never can be. Calls
/// past_half() now and then while more than half of the ring is in use: a moment to wake the consumer.
/// `commit(slot)`: hands the filled slot to the consumer.
/// `drain(f)`: calls f(data, size, dropped) for every record in turn until it returns false or there is none; `dropped`
/// records are missing before this one. Returns the position reached.
/// Complexity: an append is a comparison, the copy and a release store (`shared`: and a
/// compare-exchange, never a lock). Allocates: at construction only.
/// Threads: reserve, commit and drop: the producers; drain and take_dropped: one consumer.
/// Fork: the child has a ring of its own with what was in it; a consumer that is a thread stays with the parent.
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
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
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
    head_.store(filled.end, std::memory_order_release);
  }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    return drain_by([head](std::uint64_t position,
                           const std::uint64_t* at) noexcept { return position != head ? *at : std::uint64_t{0}; },
                    [](std::uint64_t*, std::uint64_t) noexcept {}, f);
  }

 private:
  std::uint64_t limit_;  // up to where the producer may go without looking at the consumer
};

/// A record is there once its header is not zero, so the consumer clears what it has read.
template <>
class record_ring<shared> : public detail::ring_sides {
 public:
  explicit record_ring(std::size_t capacity) : ring_sides(capacity), limit_(this->capacity() / 2) {}

  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]]
      return {};
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint64_t end = head + detail::ring_storage::span(size);
      // Acquire, here or in limit_for: the room is clear, because the consumer cleared it before `tail`.
      if (end > limit_.load(std::memory_order_acquire)) [[unlikely]] {
        const std::uint64_t limit = limit_for(end, past_half);
        if (limit == 0) {
          // Full, unless the consumer has overtaken this old view of the head.
          const std::uint64_t now = head_.load(std::memory_order_relaxed);
          if (now == head) return {};
          head = now;
          continue;
        }
        limit_.store(limit, std::memory_order_release);
      }
      if (head_.compare_exchange_weak(head, end, std::memory_order_relaxed)) return slot(head, end, size);
    }
  }
  void commit(const ring_slot& filled) noexcept {
    std::atomic_ref<std::uint64_t>(reinterpret_cast<std::uint64_t*>(filled.data)[-1])
        .store(header(filled.size), std::memory_order_release);
  }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    return drain_by(
        [](std::uint64_t, std::uint64_t* at) noexcept {
          return std::atomic_ref<std::uint64_t>(*at).load(std::memory_order_acquire);
        },
        [](std::uint64_t* at, std::uint64_t words) noexcept {
          for (std::uint64_t i = 0; i < words; ++i) at[i] = 0;
        },
        f);
  }

 private:
  alignas(64) std::atomic<std::uint64_t> limit_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_RECORD_RING_HPP
