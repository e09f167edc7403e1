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

namespace detail {

/// The memory of a ring: `capacity` bytes, a power of two, and room behind them for the one record
/// that starts before the end and runs over it, so that no record is ever in two pieces.
class ring_storage {
 public:
  explicit ring_storage(std::size_t capacity) {
    std::size_t rounded = 4096;
    while (rounded < capacity) rounded *= 2;
    capacity_ = rounded;
    words_ = new (std::align_val_t{64}) std::uint64_t[(capacity_ + max_span()) / 8]();
  }
  ring_storage(const ring_storage&) = delete;
  ring_storage& operator=(const ring_storage&) = delete;
  ~ring_storage() { ::operator delete[](words_, std::align_val_t{64}); }

  std::size_t capacity() const noexcept { return capacity_; }
  /// The most a record may take, header included.
  std::size_t max_span() const noexcept { return capacity_ / 4; }
  std::uint64_t* at(std::uint64_t position) const noexcept { return words_ + (position & (capacity_ - 1)) / 8; }

  /// The consumer's cache holds what it has read: asks for the lines that will be written some records after
  /// these, so that no store waits for them.
  void fetch_ahead(std::uint64_t from, std::uint64_t to) const noexcept {
    for (; from < to; from += 64) __builtin_prefetch(at(from + 512), 1);
  }

  static constexpr std::uint64_t span(std::size_t size) noexcept { return 8 + ((size + 7) & ~std::size_t{7}); }

 private:
  std::size_t capacity_ = 0;
  std::uint64_t* words_ = nullptr;
};

// A record's header: its size and, above, how many records were lost just before it.
constexpr std::uint64_t ring_header(std::size_t size, std::uint32_t lost) noexcept {
  return std::uint64_t{lost} << 32 | std::uint64_t{1} << 31 | size;
}
constexpr std::size_t ring_header_size(std::uint64_t header) noexcept { return header & 0x7fffffffU; }
constexpr std::uint32_t ring_header_lost(std::uint64_t header) noexcept {
  return static_cast<std::uint32_t>(header >> 32);
}

}  // namespace detail

/// What a producer is given to fill: `size` bytes at `data`, 8-aligned. Empty when the ring is full.
struct ring_slot {
  std::byte* data = nullptr;
  /// The ring's position behind this record; what `drain` answers once it has consumed it.
  std::uint64_t end = 0;
  std::size_t size = 0;

  explicit operator bool() const noexcept { return data != nullptr; }
};

/// A bounded queue of binary records of different sizes from producers to one consumer, in one block
/// of memory. `Producers` says how many threads append: `exclusive` or `shared`.
///
/// Guarantee: records come out whole, and each producer's in the order it appended them. Positions
/// are bytes, never wrap, and grow with every record.
/// Complexity: an append is a comparison, the copy and a release store (`shared`: and a
/// compare-exchange, never a lock). Allocates: at construction only.
/// Threads: reserve, commit and lose: the producers; drain and take_lost: one consumer.
template <class Producers = exclusive>
class record_ring;

template <>
class record_ring<exclusive> {
 public:
  /// `capacity` is rounded up to a power of two, at least 4096.
  explicit record_ring(std::size_t capacity) : storage_(capacity), limit_(storage_.capacity() / 2) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  /// The largest record that fits.
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }

  /// Room for a record of `size` bytes; empty if there is none, or never can be. Calls past_half()
  /// now and then while more than half of the ring is in use: a moment to wake the consumer.
  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]]
      return {};
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t end = head + detail::ring_storage::span(size);
    if (end > limit_) [[unlikely]] {
      const std::uint64_t tail = tail_.load(std::memory_order_acquire);
      const bool half = end - tail > capacity() / 2;
      if (half) past_half();
      if (end - tail > capacity()) return {};
      limit_ = tail + (half ? capacity() : capacity() / 2);
    }
    storage_.fetch_ahead(head, end);
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  /// Hands the filled slot to the consumer.
  void commit(const ring_slot& slot) noexcept {
    std::uint32_t lost = 0;
    if (lost_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      lost = take_lost();
    reinterpret_cast<std::uint64_t*>(slot.data)[-1] = detail::ring_header(slot.size, lost);
    head_.store(slot.end, std::memory_order_release);
  }

  /// Counts a record that found no room; the next one that does carries the count.
  void lose() noexcept { lost_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t take_lost() noexcept { return lost_.exchange(0, std::memory_order_relaxed); }

  /// Calls f(data, size, lost) for every record in turn until it answers false or there is none;
  /// `lost` records are missing before this one. Answers the position reached.
  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    std::uint64_t released = tail;
    bool go_on = true;
    while (go_on && tail != head) {
      const std::uint64_t* const at = storage_.at(tail);
      const std::size_t size = detail::ring_header_size(*at);
      go_on = f(reinterpret_cast<const std::byte*>(at + 1), size, detail::ring_header_lost(*at));
      tail += detail::ring_storage::span(size);
      if (tail - released > capacity() / 8) tail_.store(released = tail, std::memory_order_release);
    }
    tail_.store(tail, std::memory_order_release);
    return tail;
  }

  /// The position behind the last record appended.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }

 private:
  detail::ring_storage storage_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t limit_;  // up to where the producer may go without looking at the consumer
  std::atomic<std::uint32_t> lost_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

/// A record is there once its header is not zero, so the consumer clears what it has read.
template <>
class record_ring<shared> {
 public:
  explicit record_ring(std::size_t capacity) : storage_(capacity), limit_(storage_.capacity() / 2) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }

  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]]
      return {};
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::uint64_t end = 0;
    do {
      end = head + detail::ring_storage::span(size);
      // Acquire, here or there: the room is clear, because the consumer cleared it before `tail`.
      if (end > limit_.load(std::memory_order_acquire)) [[unlikely]] {
        const std::uint64_t tail = tail_.load(std::memory_order_acquire);
        const bool half = end > tail + capacity() / 2;
        if (half) past_half();
        if (end > tail + capacity()) {
          // Full, unless the consumer has overtaken this old view of the head.
          const std::uint64_t now = head_.load(std::memory_order_relaxed);
          if (now == head) return {};
          head = now;
          continue;
        }
        limit_.store(tail + (half ? capacity() : capacity() / 2), std::memory_order_release);
      }
      if (head_.compare_exchange_weak(head, end, std::memory_order_relaxed)) break;
    } while (true);
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  void commit(const ring_slot& slot) noexcept {
    std::uint32_t lost = 0;
    if (lost_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      lost = take_lost();
    std::atomic_ref<std::uint64_t>(reinterpret_cast<std::uint64_t*>(slot.data)[-1])
        .store(detail::ring_header(slot.size, lost), std::memory_order_release);
  }

  void lose() noexcept { lost_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t take_lost() noexcept { return lost_.exchange(0, std::memory_order_relaxed); }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::uint64_t released = tail;
    bool go_on = true;
    while (go_on) {
      std::uint64_t* const at = storage_.at(tail);
      const std::uint64_t header = std::atomic_ref<std::uint64_t>(*at).load(std::memory_order_acquire);
      if (header == 0) break;
      const std::size_t size = detail::ring_header_size(header);
      go_on = f(reinterpret_cast<const std::byte*>(at + 1), size, detail::ring_header_lost(header));
      const std::uint64_t span = detail::ring_storage::span(size);
      for (std::uint64_t i = 0; i < span / 8; ++i) at[i] = 0;
      tail += span;
      if (tail - released > capacity() / 8) tail_.store(released = tail, std::memory_order_release);
    }
    tail_.store(tail, std::memory_order_release);
    return tail;
  }

  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }

 private:
  detail::ring_storage storage_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> limit_;
  std::atomic<std::uint32_t> lost_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_RECORD_RING_HPP
