#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_ENGINES_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_ENGINES_HPP

#include <millrace/aggregate/windows/detail/ring.hpp>
#include <millrace/aggregate/windows/detail/window_ops.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

// Engines of sliding windows whose items come and go in order. Each has
//
//   explicit E(empty)         // `empty`: an aggregator without items, which has parameters and seed
//   void insert(x)
//   void insert(block, span)  // items of which Ops::scan has made `block`, as it found them all ordinary
//   void evict(n)             // forgets the n oldest items; there are as many
//   partial query() const     // the sum over all items in the window
//   items()                   // a ring of the items in the window
//   counted()                 // the tally for Ops::finish
//
// Functions that are called rarely are static and work on copies: they take no address of the window, so that one that
// is a local variable may stay in registers through a loop.

/// A base of engines: keeps the items in a ring, and counts the unusual ones.
template <class Ops>
class kept_items {
 public:
  using sample = typename Ops::sample;

  std::size_t size() const noexcept { return items_.size(); }
  std::uint64_t begin() const noexcept { return items_.begin(); }
  const ring<sample>& items() const noexcept { return items_; }
  const typename Ops::tally& counted() const noexcept { return tally_; }
  typename Ops::tally& counted() noexcept { return tally_; }
  /// Forgets all, and counts places from this one.
  void restart_at(std::uint64_t place) noexcept { items_.restart_at(place); }

 protected:
  [[gnu::always_inline]] void keep(const sample& x) {
    if (Ops::unusual(x)) [[unlikely]]
      tally_ = Ops::with(tally_, x);
    items_.push_back(x);
  }
  void keep(std::span<const sample> some) { items_.append(some.data(), some.size()); }
  [[gnu::always_inline]] void drop(std::size_t count) noexcept {
    if (tally_.any()) [[unlikely]]
      for (std::size_t i = 0; i < count; ++i) tally_ = Ops::without(tally_, items_[items_.begin() + i]);
    items_.pop_front(count);
  }

  ring<sample> items_;
  typename Ops::tally tally_;
};

/// The engine for aggregates whose members need no more than the count of items.
template <class Ops>
class counting_engine : public kept_items<Ops> {
 public:
  using typename kept_items<Ops>::sample;
  explicit counting_engine(const typename Ops::running&) {}

  void insert(const sample& x) { this->keep(x); }
  void insert(const typename Ops::block&, std::span<const sample> some) { this->keep(some); }
  void evict(std::size_t count) noexcept { this->drop(count); }
  typename Ops::partial query() const { return {}; }
};

/// The engine that adds the items that come and subtracts those that go. O(1) always; keeps one running sum and the
/// items. Exact for exactly invertible aggregates; for others rounding errors stay and add up, and so it is only used
/// if asked for, by `subtracting`.
template <class Ops>
class subtracting_engine : public kept_items<Ops> {
 public:
  using typename kept_items<Ops>::sample;
  explicit subtracting_engine(const typename Ops::running& empty) : empty_(empty), running_(empty) {}

  [[gnu::always_inline]] void insert(const sample& x) {
    add_any<Ops>(running_, x, this->items_.end());
    this->keep(x);
  }
  void insert(const typename Ops::block& found, std::span<const sample> some) {
    Ops::add_block(running_, found, some, this->items_.end());
    this->keep(some);
  }
  [[gnu::always_inline]] void evict(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t place = this->items_.begin() + i;
      Ops::remove(running_, lift<Ops>(empty_, this->items_[place], place));
    }
    this->drop(count);
    if (this->items_.empty()) running_ = empty_;
  }
  typename Ops::partial query() const { return Ops::close(running_); }

 private:
  typename Ops::running empty_;
  typename Ops::running running_;
};

/// The engine that is used by default: two stacks. The items in the window are divided in two: older and newer ones.
///
/// Of the newer items it keeps one running sum. The older ones are divided into blocks of 128, counted from their end;
/// for each block it keeps the sum from that block to the end of the older items, and for each item of the oldest
/// block, the head, the sum from that item to the same end. A query combines the sum at the oldest item with that of
/// the newer ones; to forget the oldest item takes nothing but to move on. When the head is used up, the sums of the
/// next block's items are made; when all older items are gone, the newer ones become the older ones, and their blocks
/// are summed up from the last to the first. The plain version keeps a sum for each older item; with blocks, all sums
/// stay in the nearest cache.
///
/// Complexity: amortised O(1), three updates for each item, one of them by blocks; one call in a window's length costs
/// O(items). Memory: the items, a partial for each block, and one for each item of the head.
/// Source: the folklore queue of two stacks; K. Tangwongsan, M. Hirzel, S. Schneider, VLDB Journal 30 (2021), 3.1.
template <class Ops>
class two_stacks_engine : public kept_items<Ops> {
 public:
  using typename kept_items<Ops>::sample;
  using running = typename Ops::running;
  using partial = typename Ops::partial;

  explicit two_stacks_engine(const running& empty) : empty_(empty), newer_(empty) {}

  [[gnu::always_inline]] void insert(const sample& x) {
    if (Ops::unusual(x)) [[unlikely]] {
      newer_ = Ops::with_unusual(newer_, x, this->items_.end());
      this->tally_ = Ops::with(this->tally_, x);
    } else {
      Ops::add(newer_, x, this->items_.end());
    }
    this->items_.push_back(x);
  }
  void insert(const typename Ops::block& found, std::span<const sample> some) {
    Ops::add_block(newer_, found, some, this->items_.end());
    this->keep(some);
  }
  [[gnu::always_inline]] void evict(std::size_t count) {
    this->drop(count);
    if (this->items_.begin() >= head_end_) [[unlikely]]
      open_head();
  }
  [[gnu::always_inline]] partial query() const {
    if (head_end_ == this->items_.begin()) return Ops::close(newer_);
    partial all = head_[static_cast<std::size_t>(head_end_ - this->items_.begin()) - 1];
    Ops::combine_open(all, newer_);
    return all;
  }
  void restart_at(std::uint64_t place) noexcept {
    kept_items<Ops>::restart_at(place);
    turned_ = head_end_ = place;
    newer_ = empty_;
  }

 private:
  static constexpr std::size_t head_items = 128;

  /// Called when the head is used up: makes the sums of the next block's items.
  [[gnu::noinline]] void open_head() {
    const std::uint64_t begin = this->items_.begin();
    if (begin >= turned_) {
      turn_over();
      if (begin == turned_) {
        head_end_ = begin;
        return;
      }
    }
    const auto below = static_cast<std::size_t>(turned_ - begin - 1) / head_items;  // blocks after the head
    head_end_ = turned_ - below * head_items;
    register_sum<Ops> suffix = below == 0 ? register_sum<Ops>(empty_) : register_sum<Ops>(empty_, stack_[below - 1]);
    partial* to = head_.data();
    for (std::uint64_t p = head_end_; p-- != begin; ++to) {
      if constexpr (Ops::commutative) {
        suffix.add(this->items_[p], p);
        *to = suffix.closed();
      } else {
        *to = lift<Ops>(empty_, this->items_[p], p);
        if (to != head_.data())
          Ops::combine(*to, to[-1]);
        else if (below != 0)
          Ops::combine(*to, stack_[below - 1]);
      }
    }
  }
  /// The newer items become the older ones.
  void turn_over() {
    turned_ = this->items_.end();
    newer_ = empty_;
    stack_.clear();
    stack_.reserve(this->items_.capacity() / head_items);             // grows only when the ring has grown
    if (head_.empty()) head_.assign(head_items, Ops::close(empty_));  // not in the constructor, which moves call too
    std::uint64_t end = turned_;
    for (; end - this->items_.begin() > head_items; end -= head_items) {
      running block = empty_;
      this->items_.for_pieces(end - head_items, end, [&](std::span<const sample> piece, std::uint64_t first) {
        add_all<Ops>(block, piece, first);
      });
      stack_.push_back(Ops::close(block));
      if (stack_.size() > 1) Ops::combine(stack_.back(), stack_[stack_.size() - 2]);
    }
  }

  std::vector<partial> stack_;  // [i]: the sum of the last i + 1 blocks before turned_
  std::vector<partial> head_;   // [i]: the sum of the last i + 1 items before head_end_, and of all blocks after it
  std::uint64_t turned_ = 0;    // the place where the newer items begin
  std::uint64_t head_end_ = 0;  // the place behind the head
  running empty_;
  running newer_;
};

/// DABA Lite: two stacks whose turning over is spread over later calls, a step at each insert and evict, so that no
/// call costs more than three combinations. Memory: the items, and a partial for each.
///
/// Five marks divide the places: front <= left <= right <= accumulated <= back <= end, where [front, end) are the items
/// in the window. What the slot of a place holds:
///
///     [front, left)           the sum from its item to the last one before `back`
///     [left, right)           the sum from its item to the last one before `right`
///     [right, accumulated)    its item alone
///     [accumulated, back)     the sum from its item to the last one before `back`
///     [back, end)             its item alone; `newer_` is the sum of all of these
///
/// Each step makes one sum of the second kind one of the first, by adding `middle_`, the sum of [right, back), and one
/// item of the third kind one of the fourth. So `left` and `accumulated` close in on `right` from both sides. When the
/// two meet there, all slots before `back` hold sums to `back`, and all three marks move on, a place at each step, up
/// to `back`, which they reach when there are as many items after `back` as before it: then the newer items are the
/// next [left, right), and so on.
/// Source: K. Tangwongsan, M. Hirzel, S. Schneider, "In-order sliding-window aggregation in worst-case constant time",
/// VLDB Journal 30 (2021), section 5.
template <class Ops>
class daba_lite_engine : public kept_items<Ops> {
 public:
  using typename kept_items<Ops>::sample;
  using running = typename Ops::running;
  using partial = typename Ops::partial;

  explicit daba_lite_engine(const running& empty) : empty_(empty), newer_(empty), middle_(Ops::close(empty)) {}

  [[gnu::always_inline]] void insert(const sample& x) {
    const std::uint64_t place = this->items_.end();
    add_any<Ops>(newer_, x, place);
    slots_.push_back(lift<Ops>(empty_, x, place));
    this->keep(x);
    step();
  }
  void insert(const typename Ops::block&, std::span<const sample> some) {
    for (const sample& x : some) insert(x);
  }
  [[gnu::always_inline]] void evict(std::size_t count) {
    this->drop(count);
    for (std::size_t i = 0; i < count; ++i) {
      slots_.pop_front();
      step();
    }
  }
  [[gnu::always_inline]] partial query() const {
    if (slots_.begin() == back_) return Ops::close(newer_);
    partial all = slots_.front();
    Ops::combine_open(all, newer_);
    return all;
  }
  void restart_at(std::uint64_t place) noexcept {
    kept_items<Ops>::restart_at(place);
    slots_.restart_at(place);
    left_ = right_ = accumulated_ = back_ = place;
    newer_ = empty_;
  }

 private:
  [[gnu::always_inline]] void step() {
    if (slots_.begin() == back_) {  // there is at most one item, whose slot holds it alone, which is its sum to the end
      left_ = right_ = accumulated_ = back_ = slots_.end();
      newer_ = empty_;
      return;
    }
    if (left_ == back_) {
      left_ = slots_.begin();
      accumulated_ = back_ = slots_.end();
      middle_ = Ops::close(newer_);
      newer_ = empty_;
    }
    if (left_ == right_) {
      ++left_;
      ++right_;
      ++accumulated_;
    } else {
      Ops::combine(slots_[left_], middle_);
      ++left_;
      --accumulated_;
      if (accumulated_ + 1 != back_) Ops::combine(slots_[accumulated_], slots_[accumulated_ + 1]);
    }
  }

  ring<partial> slots_;
  running empty_;
  running newer_;   // the sum of [back_, end)
  partial middle_;  // the sum of [right_, back_) while left_ < right_
  std::uint64_t left_ = 0;
  std::uint64_t right_ = 0;
  std::uint64_t accumulated_ = 0;
  std::uint64_t back_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_ENGINES_HPP
