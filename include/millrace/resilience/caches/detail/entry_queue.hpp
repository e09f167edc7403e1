#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_QUEUE_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_QUEUE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// An entry's place in the slab.
using entry_id = std::uint32_t;
inline constexpr entry_id no_entry = ~entry_id{0};
/// Of an entry that is in no list of used ones.
inline constexpr entry_id unnoted = no_entry - 1;

/// So many uses of an entry are counted at most.
inline constexpr std::uint8_t max_uses = 3;
/// A deadline of what never ends.
inline constexpr std::uint64_t no_deadline = ~std::uint64_t{0};

/// What an entry is besides its key and value: in front of them what a hit looks at, so that most hits touch one line
/// of memory, and behind them the rest.
struct entry_head {
  light_atomic<std::uint32_t> pins{0};  // the table, and those that use the value
  entry_id previous = no_entry;         // in its queue
  entry_id next = no_entry;
  light_atomic<std::uint8_t> uses{0};
  std::uint8_t queue = 0;
  bool is_linked = false;  // it is in the table and in a queue
  std::uint8_t cause = 0;  // why it was removed
  /// When it expires by its lifetime. `no_deadline`: no clock need be read, as it cannot become idle either.
  light_atomic<std::uint64_t> deadline{no_deadline};
};
struct entry_tail {
  light_atomic<entry_id> noted{unnoted};  // in a list of those that were used: the next there
  std::uint64_t hash = 0;
  std::size_t weight = 1;
  light_atomic<std::uint64_t> used_at{0};     // only of entries that may become idle
  light_atomic<std::uint64_t> idle{0};        // 0: it may not
  light_atomic<std::uint64_t> written_at{0};  // only where entries are refreshed
};

/// For concepts and tests: what an order of entries is made over.
struct bare_entry : entry_head, entry_tail {};
struct any_slab {
  bare_entry& operator[](entry_id) noexcept;
};

/// A queue of entries, linked through them.
template <class Slab>
class entry_queue {
 public:
  explicit entry_queue(Slab& slab) noexcept : slab_(&slab) {}

  std::size_t size() const noexcept { return size_; }
  std::size_t weight() const noexcept { return weight_; }
  entry_id back() const noexcept { return back_; }

  void push_front(entry_id id) noexcept {
    auto& entry = (*slab_)[id];
    entry.previous = no_entry;
    entry.next = front_;
    (front_ != no_entry ? (*slab_)[front_].previous : back_) = id;
    front_ = id;
    ++size_;
    weight_ += entry.weight;
  }
  void remove(entry_id id) noexcept {
    auto& entry = (*slab_)[id];
    (entry.previous != no_entry ? (*slab_)[entry.previous].next : front_) = entry.next;
    (entry.next != no_entry ? (*slab_)[entry.next].previous : back_) = entry.previous;
    --size_;
    weight_ -= entry.weight;
  }

 private:
  Slab* slab_;
  entry_id front_ = no_entry;
  entry_id back_ = no_entry;
  std::size_t size_ = 0;
  std::size_t weight_ = 0;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_ENTRY_QUEUE_HPP
