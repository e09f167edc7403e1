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
//   explicit E(empty)         // an aggregator without items: its parameters, its seed
//   void insert(x)
//   void insert(block, span)  // as many, that Ops::scan has found ordinary
//   void evict(n)             // the n oldest; there are as many
//   partial query() const     // over all that is there
//   items()                   // a ring of what is in the window
//   counted()                 // the tally for Ops::finish
//
// What runs rarely is static and works on copies, so that a window that is a local variable may stay in
// registers through a loop.

/// The items in a ring, the unusual ones counted.
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

/// Nothing but a count: for aggregates whose members need no more.
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

/// Adds what comes and subtracts what goes. O(1) always; one running state and the items. Exact for the
/// exactly invertible; else rounding errors stay and add up, so that it must be asked for.
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

/// The older items in blocks, with what each block and all older ones that followed it sum up to; the oldest
/// block so by items; the newer items as one running state. When the older ones are used up, the newer become
/// the next older ones, last block first. So both stacks of the folklore queue stay in the nearest cache.
///
/// Amortised O(1), three updates an item in all, one of them by blocks; one call in a window's length costs O(items).
/// Memory: the items, a partial for each block, and for each item of one block.
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
  void turn_over() {
    turned_ = this->items_.end();
    newer_ = empty_;
    stack_.clear();
    stack_.reserve(this->items_.capacity() / head_items);             // grows when the ring does, and not again
    if (head_.empty()) head_.assign(head_items, Ops::close(empty_));  // here, and not when made: a move makes one
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

  std::vector<partial> stack_;  // [i]: of the last i + 1 blocks before turned_
  std::vector<partial> head_;   // [i]: of the last i + 1 items before head_end_, and of all blocks after
  std::uint64_t turned_ = 0;
  std::uint64_t head_end_ = 0;
  running empty_;
  running newer_;
};

/// DABA Lite: two stacks whose turning over is spread, a step at each insert and evict, so that no call
/// costs more than three combinations. The items, and a partial for each.
///
/// Places: front <= left <= right <= accumulated <= back <= end. A slot before `left`, and from
/// `accumulated` to `back`, sums up its item to the last before `back`; one from `left` to `right`, its
/// item to the last before `right`; the others hold their item alone. Step by step `left` and
/// `accumulated` close in on `right` from both sides; then all three move on to `back`, which they reach
/// just when as many items are after it as before.
/// Source: K. Tangwongsan, M. Hirzel, S. Schneider, "In-order sliding-window aggregation in worst-case
/// constant time", VLDB Journal 30 (2021), section 5.
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
    if (slots_.begin() == back_) {  // at most one item, and it is its own sum
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
  running newer_;   // from back_ on
  partial middle_;  // from right_ to back_
  std::uint64_t left_ = 0;
  std::uint64_t right_ = 0;
  std::uint64_t accumulated_ = 0;
  std::uint64_t back_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_ENGINES_HPP
