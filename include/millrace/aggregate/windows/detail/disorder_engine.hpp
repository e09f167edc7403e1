#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_DISORDER_ENGINE_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_DISORDER_ENGINE_HPP

#include <millrace/aggregate/windows/detail/ring.hpp>
#include <millrace/aggregate/windows/detail/window_ops.hpp>
#include <millrace/aggregate/windows/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The engine of sliding windows whose items come in any order.
///
/// Items lie sorted by time (those of equal times in the order in which they came), in leaves of about sqrt(n) items
/// for n items in the window. For each item of the oldest leaf, the head, the engine keeps the sum of the items from
/// there to the head's end; for all other leaves together it keeps one running sum. A query combines the two. When all
/// items of the head are gone, the next leaf becomes the head, and the running sum is made anew from the sums of the
/// leaves.
///
/// Complexity, amortised: O(1) for an item that comes in order, and for one that goes. For an item that comes d places
/// late, d numbers of 8 bytes are moved in one piece, at most those of its leaf; if it belongs to the head, or the
/// aggregate is not commutative, O(sqrt(n)) sums are combined. A query O(1). Memory: item and time, and about 3 sqrt(n)
/// sums.
/// Allocates: to grow; leaves are used again.
/// Source: sqrt decomposition in place of the finger tree of K. Tangwongsan, M. Hirzel, S. Schneider, "Optimal and
/// general out-of-order sliding-window aggregation", PVLDB 12 (2019): two levels instead of log n.
template <class Ops>
class disorder_engine {
 public:
  using sample = typename Ops::sample;
  using running = typename Ops::running;
  using partial = typename Ops::partial;

  explicit disorder_engine(const running& empty) : empty_(empty), newer_(empty) {}

  void insert(std::int64_t time, const sample& x) {
    if (Ops::unusual(x)) [[unlikely]]
      tally_ = Ops::with(tally_, x);
    ++size_;
    const std::uint64_t index = arrived_++;
    if (order_.empty() || time >= latest_) {
      latest_ = time;
      append(time, x, index);
      add_any<Ops>(newer_, x, index);
      return;
    }
    const std::uint64_t place = leaf_for(time);
    leaf& to = leaf_at(place);
    const std::size_t at = position(to, time);
    put(to, at, time, x, index);
    if (head_ready_ && place == order_.begin()) {
      sum_up_head_again(to, at);
    } else if constexpr (Ops::commutative) {
      if (place + 1 != order_.end()) add_any<Ops>(to.sum, x, index);
      add_any<Ops>(newer_, x, index);
    } else {
      if (place + 1 != order_.end()) sum_up(to);
      sum_up_newer();
    }
    if (to.times.size() >= 2 * leaf_items_ && !(head_ready_ && place == order_.begin())) split(place);
  }

  /// Forgets the items of this time and before.
  void evict_until(std::int64_t time) {
    while (size_ != 0) {
      if (!head_ready_) {
        if (leaf_at(order_.begin()).times.front() > time) return;
        prepare_head();
      }
      const leaf& head = leaf_at(order_.begin());
      const std::size_t items = head.times.size();
      std::size_t next = next_;
      while (next != items && head.times[next] <= time) ++next;
      if (next != next_) drop(head, next);
      if (next_ != items) return;
      drop_head();
    }
  }
  /// Forgets the oldest item. Precondition: there is one.
  void evict_oldest() {
    if (!head_ready_) prepare_head();
    const leaf& head = leaf_at(order_.begin());
    drop(head, next_ + 1);
    if (next_ == head.times.size()) drop_head();
  }

  [[gnu::always_inline]] partial query() const {
    if (!head_ready_) return Ops::close(newer_);
    partial all = head_sums_[next_];
    Ops::combine_open(all, newer_);
    return all;
  }
  std::size_t size() const noexcept { return size_; }
  const typename Ops::tally& counted() const noexcept { return tally_; }
  typename Ops::tally& counted() noexcept { return tally_; }

  /// Calls f(time, x) for each item, by time.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint64_t p = order_.begin(); p != order_.end(); ++p) {
      const leaf& each = leaves_[order_[p]];
      for (std::size_t i = head_ready_ && p == order_.begin() ? next_ : 0; i != each.times.size(); ++i)
        f(each.times[i], each.items[i]);
    }
  }

 private:
  struct leaf {
    std::int64_t start = 0;  // it takes the times from here to the next leaf's start
    running sum;             // of all its items; not kept up to date for the head and for the newest leaf
    std::vector<std::int64_t> times;
    std::vector<sample> items;
    std::vector<std::uint64_t> indices;  // of arrival; only if the aggregate is not commutative
  };

  leaf& leaf_at(std::uint64_t place) noexcept { return leaves_[order_[place]]; }

  /// The place in `order_` of the leaf for this time: tries the three newest leaves, then searches by halves.
  std::uint64_t leaf_for(std::int64_t time) noexcept {
    std::uint64_t high = order_.end() - 1;
    for (int tried = 0; tried < 3; ++tried) {
      if (high == order_.begin() || leaf_at(high).start <= time) return high;
      --high;
    }
    std::uint64_t low = order_.begin();
    while (low != high) {
      const std::uint64_t middle = low + (high - low + 1) / 2;
      if (leaf_at(middle).start <= time)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }
  /// Where an item of this time belongs in a leaf: behind the last item of this time or before, but in the head not
  /// before its oldest item.
  std::size_t position(const leaf& in, std::int64_t time) const noexcept {
    const std::int64_t* times = in.times.data();
    std::size_t count = in.times.size();
    constexpr std::size_t few = 64;
    if (count > few && times[count - few] <= time) {
      // Among the newest 64 items: counts eight comparisons that do not depend on each other, then eight more, where a
      // search by halves takes six of which each waits for the one before.
      times += count - few;
      std::size_t eighths = 0;
      for (std::size_t k = 0; k < 7; ++k) eighths += times[8 * k + 7] <= time ? 1U : 0U;
      std::size_t found = 8 * eighths;
      for (std::size_t k = 0; k < 8; ++k) found += times[8 * eighths + k] <= time ? 1U : 0U;
      return not_before_head(in, count - few + found);
    }
    // A search by halves without branches on times, which the CPU would predict wrong every other time.
    while (count > 1) {
      const std::size_t half = count / 2;
      times += half & (std::size_t{0} - static_cast<std::size_t>(times[half - 1] <= time));
      count -= half;
    }
    const auto found = static_cast<std::size_t>(times - in.times.data()) + (count == 1 && *times <= time ? 1U : 0U);
    return not_before_head(in, found);
  }
  std::size_t not_before_head(const leaf& in, std::size_t found) const noexcept {
    const std::size_t least = head_ready_ && &in == &leaves_[order_.front()] ? next_ : 0;
    return found < least ? least : found;
  }

  static void put(leaf& to, std::size_t at, std::int64_t time, const sample& x, std::uint64_t index) {
    const auto offset = static_cast<std::ptrdiff_t>(at);
    to.times.insert(to.times.begin() + offset, time);
    to.items.insert(to.items.begin() + offset, x);
    if constexpr (!Ops::commutative) to.indices.insert(to.indices.begin() + offset, index);
  }
  void append(std::int64_t time, const sample& x, std::uint64_t index) {
    if (order_.empty()) {
      open_leaf(time);
    } else if (const bool only_head = head_ready_ && order_.size() == 1;
               only_head || leaf_at(order_.end() - 1).times.size() >= leaf_items_) {
      if (!only_head) sum_up(leaf_at(order_.end() - 1));
      open_leaf(time);
    }
    leaf& to = leaf_at(order_.end() - 1);
    to.times.push_back(time);
    to.items.push_back(x);
    if constexpr (!Ops::commutative) to.indices.push_back(index);
  }

  /// An empty leaf that begins at this time: a used one, or a new one. Its size follows sqrt(n).
  std::uint32_t take_leaf(std::int64_t time) {
    while (leaf_items_ < 4096 && leaf_items_ * leaf_items_ < size_) leaf_items_ *= 2;
    std::uint32_t which = 0;
    if (free_.empty()) {
      which = static_cast<std::uint32_t>(leaves_.size());
      leaves_.push_back(leaf{0, empty_, {}, {}, {}});
      free_.reserve(leaves_.capacity());
    } else {
      which = free_.back();
      free_.pop_back();
    }
    leaf& made = leaves_[which];
    made.start = time;
    made.sum = empty_;
    made.times.clear();
    made.items.clear();
    made.indices.clear();
    made.times.reserve(2 * leaf_items_);
    made.items.reserve(2 * leaf_items_);
    if constexpr (!Ops::commutative) made.indices.reserve(2 * leaf_items_);
    return which;
  }
  [[gnu::noinline]] void open_leaf(std::int64_t time) { order_.push_back(take_leaf(time)); }

  void sum_up(leaf& of) {
    of.sum = empty_;
    if constexpr (Ops::commutative) {
      add_all<Ops>(of.sum, of.items, 0);
    } else {
      for (std::size_t i = 0; i != of.items.size(); ++i) add_any<Ops>(of.sum, of.items[i], of.indices[i]);
    }
  }
  /// Makes `newer_` anew from the sums of all leaves but the head.
  void sum_up_newer() {
    newer_ = empty_;
    const std::uint64_t first = order_.begin() + (head_ready_ ? 1 : 0);
    if (first == order_.end()) return;
    sum_up(leaf_at(order_.end() - 1));
    for (std::uint64_t p = first; p != order_.end(); ++p) Ops::join_open(newer_, leaf_at(p).sum);
  }

  /// Splits a leaf that has grown to twice its size.
  void split(std::uint64_t place) {
    const std::size_t middle = leaf_at(place).times.size() / 2;
    const std::uint32_t which = take_leaf(leaf_at(place).times[middle]);
    leaf& lower = leaf_at(place);  // only now: `take_leaf` may have moved the leaves
    leaf& upper = leaves_[which];
    const auto from = static_cast<std::ptrdiff_t>(middle);
    upper.times.assign(lower.times.begin() + from, lower.times.end());
    upper.items.assign(lower.items.begin() + from, lower.items.end());
    lower.times.resize(middle);
    lower.items.resize(middle);
    if constexpr (!Ops::commutative) {
      upper.indices.assign(lower.indices.begin() + from, lower.indices.end());
      lower.indices.resize(middle);
    }
    sum_up(lower);
    sum_up(upper);
    order_.push_back(which);
    for (std::uint64_t p = order_.end() - 1; p != place + 1; --p) std::swap(order_[p], order_[p - 1]);
  }

  /// The sum of one item.
  partial alone(const leaf& of, std::size_t i) const {
    if constexpr (Ops::commutative)
      return lift<Ops>(empty_, of.items[i], 0);
    else
      return lift<Ops>(empty_, of.items[i], of.indices[i]);
  }
  /// Makes the head's sums anew from the item inserted at `at` down to the oldest one.
  void sum_up_head_again(const leaf& head, std::size_t at) {
    head_sums_.insert(head_sums_.begin() + static_cast<std::ptrdiff_t>(at), Ops::close(empty_));
    for (std::size_t i = at + 1; i-- != next_;) {
      head_sums_[i] = alone(head, i);
      if (i + 1 != head.items.size()) Ops::combine(head_sums_[i], head_sums_[i + 1]);
    }
  }
  /// Makes the oldest leaf the head: computes its sums, from each item to its end.
  [[gnu::noinline]] void prepare_head() {
    const leaf& head = leaf_at(order_.begin());
    const std::size_t items = head.items.size();
    if (head_sums_.capacity() < items) head_sums_.reserve(2 * leaf_items_ < items ? items : 2 * leaf_items_);
    head_sums_.resize(items, Ops::close(empty_));
    if constexpr (Ops::commutative) {
      register_sum<Ops> suffix(empty_);
      for (std::size_t i = items; i-- != 0;) {
        suffix.add(head.items[i], 0);
        head_sums_[i] = suffix.closed();
      }
    } else {
      for (std::size_t i = items; i-- != 0;) {
        head_sums_[i] = alone(head, i);
        if (i + 1 != items) Ops::combine(head_sums_[i], head_sums_[i + 1]);
      }
    }
    next_ = 0;
    head_ready_ = true;
    sum_up_newer();
  }
  void drop(const leaf& head, std::size_t next) noexcept {
    if (tally_.any()) [[unlikely]]
      for (std::size_t i = next_; i != next; ++i) tally_ = Ops::without(tally_, head.items[i]);
    size_ -= next - next_;
    next_ = next;
  }
  void drop_head() {
    free_.push_back(order_.front());
    order_.pop_front();
    head_ready_ = false;
  }

  ring<std::uint32_t> order_;  // the numbers of the leaves in use, by time
  std::vector<leaf> leaves_;
  std::vector<std::uint32_t> free_;  // the numbers of the leaves not in use
  std::vector<partial> head_sums_;   // of the head: from each item to its end
  std::size_t next_ = 0;             // the head's oldest item that is not gone
  bool head_ready_ = false;          // the oldest leaf is the head: its sums are there
  std::size_t leaf_items_ = 16;      // how many items a leaf takes in order; with twice as many it is split
  running empty_;
  running newer_;  // the sum of all leaves but the head; of all leaves while there is no head
  typename Ops::tally tally_;
  std::uint64_t arrived_ = 0;  // how many items have come
  std::int64_t latest_ = beginning_of_time;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_DISORDER_ENGINE_HPP
