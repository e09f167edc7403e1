#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_COPY_QUEUE_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_COPY_QUEUE_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

enum class push_outcome : std::uint8_t { done, full, failed };

/// A bounded queue of items in a ring of cells, for any number of threads on both sides. Nobody waits: who finds it
/// full or empty is told so at once. An item is filled in its cell, and swapped out of it, so that what an item has
/// allocated once, it keeps: after the first round nothing is allocated but for items that grow.
///
/// A cell's number says whose turn it is: its position for who fills it, one more for who takes it, and a round more
/// for who fills it next. Source: D. Vyukov's bounded queue of many producers and consumers.
template <class Item>
class copy_queue {
 public:
  /// A power of two, and never more than 2^44: memory has no room for as many, and asking for more would wrap around.
  static constexpr std::size_t cells_for(std::size_t capacity) noexcept {
    std::size_t rounded = 2;
    while (rounded < capacity && rounded < std::size_t{1} << 44) rounded *= 2;
    return rounded;
  }

  explicit copy_queue(std::size_t capacity) {
    const std::size_t rounded = cells_for(capacity);
    mask_ = rounded - 1;
    cells_ = new cell[rounded];
    for (std::size_t i = 0; i < rounded; ++i) cells_[i].turn.store_relaxed(i);
  }
  copy_queue(const copy_queue&) = delete;
  copy_queue& operator=(const copy_queue&) = delete;
  ~copy_queue() { delete[] cells_; }

  std::size_t capacity() const noexcept { return mask_ + 1; }
  /// Items that wait, while others push and pop about so many.
  std::size_t size() const noexcept {
    const std::uint64_t tail = tail_.load_acquire();
    const std::uint64_t head = head_.load_acquire();
    return head > tail ? static_cast<std::size_t>(head - tail) : 0;
  }
  /// How many items were let in so far.
  std::uint64_t pushed() const noexcept { return head_.load_acquire(); }
  /// For the memory of all cells, before anybody uses the queue.
  template <class Prepare>
  void prepare(const Prepare& prepare) {
    for (std::size_t i = 0; i <= mask_; ++i) prepare(cells_[i].item);
  }

  /// Calls fill(item), unless the queue is full. `past_half` is called once a half round. What fill throws makes an
  /// item that nobody gets.
  template <class Fill, class PastHalf>
  push_outcome push(Fill&& fill, PastHalf&& past_half) {
    std::uint64_t at = head_.load_relaxed();
    for (;;) {
      cell& to = cells_[at & mask_];
      const std::uint64_t turn = to.turn.load_acquire();
      if (turn == at) {
        if (!head_.replace_relaxed(at, at + 1)) continue;
        const bool done = filled(to, at + 1, fill);
        if ((at & (mask_ / 2)) == 0) past_half();
        return done ? push_outcome::done : push_outcome::failed;
      }
      if (turn < at) {
        // The cell still has the item of a round ago: full, unless `at` is old by now.
        const std::uint64_t now = head_.load_relaxed();
        if (now == at) return push_outcome::full;
        at = now;
      } else {
        at = head_.load_relaxed();
      }
    }
  }

  /// Swaps the oldest item with `into`. False: there is none.
  bool pop(Item& into) noexcept {
    std::uint64_t at = tail_.load_relaxed();
    for (;;) {
      cell& from = cells_[at & mask_];
      const std::uint64_t turn = from.turn.load_acquire();
      if (turn == at + 1) {
        if (!tail_.replace_relaxed(at, at + 1)) continue;
        const bool is_void = from.is_void;
        if (!is_void) from.item.swap(into);
        from.turn.store_release(at + mask_ + 1);
        if (!is_void) return true;
        at = tail_.load_relaxed();
      } else if (turn < at + 1) {
        const std::uint64_t now = tail_.load_relaxed();
        if (now == at) return false;
        at = now;
      } else {
        at = tail_.load_relaxed();
      }
    }
  }

 private:
  struct alignas(64) cell {
    light_atomic<std::uint64_t> turn;
    bool is_void = false;
    Item item;
  };

  /// Passes a cell on at the end of its scope, also where a cancelled thread unwinds.
  struct turn_over {
    cell& to;
    std::uint64_t next;
    ~turn_over() { to.turn.store_release(next); }
  };
  template <class Fill>
  static bool filled(cell& to, std::uint64_t next, Fill& fill) {
    const turn_over at_end{to, next};
    to.is_void = true;
    if constexpr (noexcept(fill(to.item))) {
      fill(to.item);
    } else {
      try {
        fill(to.item);
      } catch (forced_unwind&) {
        throw;
      } catch (...) {
        return false;
      }
    }
    to.is_void = false;
    return true;
  }

  cell* cells_ = nullptr;
  std::size_t mask_ = 0;
  alignas(64) light_atomic<std::uint64_t> head_{0};
  alignas(64) light_atomic<std::uint64_t> tail_{0};
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_COPY_QUEUE_HPP
