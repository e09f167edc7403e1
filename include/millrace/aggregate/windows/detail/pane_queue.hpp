#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_PANE_QUEUE_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_PANE_QUEUE_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Merges other into `into`; a success where merging cannot fail.
template <class A>
result<void> merge_into(A& into, const A& other) {
  if constexpr (std::is_same_v<decltype(into.merge(other)), result<void>>) {
    return into.merge(other);
  } else {
    into.merge(other);
    return {};
  }
}

inline constexpr std::int64_t most_panes = 1'000'000;

/// Aggregates of equal stretches of time, panes, of which it keeps as many as overlap a window: the newest, which items
/// go to, and those before it. Pane p covers the times [p, p + 1) * length of a pane, and lies in slot p modulo the
/// number of panes.
///
/// The sum over all panes is made as by `two_stacks_engine` over items: of the panes [oldest_, stacked_), the stack, it
/// keeps the sum from each one to the stack's end; of [stacked_, summed_) one sum, the middle; the rest is merged pane
/// by pane.
template <class A>
class pane_queue {
 public:
  pane_queue(A empty, std::int64_t length, std::int64_t pane)
      : pane_queue(std::move(empty), pane, static_cast<std::size_t>(panes_over(length, pane))) {}
  pane_queue(const pane_queue&) = default;
  pane_queue& operator=(const pane_queue&) = default;
  /// The one moved from is as newly made, but has no memory until time passes.
  pane_queue(pane_queue&& other) noexcept
      : empty_(other.empty_), pane_(other.pane_), count_(other.count_), middle_(other.empty_) {
    swap(other);
  }
  pane_queue& operator=(pane_queue&& other) noexcept {
    pane_queue taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Lets time pass, if this is later than now: opens panes, and forgets those that have left the window.
  void pass(std::int64_t time) {
    if (time > now_) now_ = time;
    if (panes_.empty()) [[unlikely]]
      make_room();
    const std::int64_t number = pane_number(now_, pane_);
    if (!started_ || distance(newest_, number) >= count_) {
      oldest_ = started_ ? number - most() + 1 : number;
      if (started_)
        for (A& pane : panes_) pane = empty_;
      started_ = true;
      newest_ = number;
      forget_sums();
      return;
    }
    while (newest_ < number) {
      ++newest_;
      if (newest_ - oldest_ >= most()) ++oldest_;
      slot(newest_) = empty_;
    }
    if (stacked_ < oldest_) stacked_ = oldest_;
  }

  /// Lets time pass to that of an item, and returns the pane it goes to; null if the item comes from before the
  /// watermark, or its pane is gone.
  A* pane_of(std::int64_t time, std::int64_t lateness) {
    pass(time);
    if (time < earlier_by(now_, lateness)) return nullptr;
    const std::int64_t number = pane_number(time, pane_);
    A* const pane = pane_at(number);
    if (pane != nullptr && (filled_ < number || !filled())) filled_ = number;
    return pane;
  }
  /// Forgets all panes and times.
  void reset() { *this = pane_queue(empty_, pane_, count_); }
  /// Has no pane in the window got an item?
  bool empty() const noexcept { return !started_ || !filled() || filled_ < oldest_; }

  /// Sums up all panes but the newest, so that `sum_as_of` has little to merge until the next pane opens. Amortised two
  /// merges for each pane.
  void sum_up() {
    if (!started_) return;
    if (stacked_ <= oldest_) turn_over();
    while (summed_ < newest_) (void)middle_.merge(slot(summed_++));
  }
  /// `pane_of`, and `sum_up` where that opened a pane.
  A* summed_pane_of(std::int64_t time, std::int64_t lateness) {
    const std::int64_t before = newest_;
    A* const pane = pane_of(time, lateness);
    if (newest_ != before) sum_up();
    return pane;
  }

  /// The sum over all panes, as of now.
  A sum() {
    if (!started_) return empty_;
    sum_up();
    A all = stacked_ > oldest_ ? suffix_[place(oldest_)] : empty_;
    if (summed_ > stacked_) (void)all.merge(middle_);
    (void)all.merge(slot(newest_));
    return all;
  }

  /// The same as of a time, or as of now if that is later, from the sums that there are: at worst it merges all panes.
  A sum_as_of(std::int64_t time) const {
    A all = empty_;
    if (!started_) return all;
    std::int64_t next = oldest_as_of(time);
    if (stacked_ > oldest_) {  // else the sums are out of date
      if (next < stacked_) {
        all = suffix_[place(next)];
        next = stacked_;
      }
      if (next == stacked_ && summed_ > stacked_) {
        (void)all.merge(middle_);
        next = summed_;
      }
    }
    for (; next <= newest_; ++next) (void)all.merge(panes_[place(next)]);
    return all;
  }

  /// Where the oldest pane begins that is in the window at that time and that items can have gone to.
  std::int64_t begin_as_of(std::int64_t time) const noexcept {
    return started_ ? oldest_as_of(time) * pane_ : end_of_time;
  }
  /// Of the window, in whole panes.
  duration length() const noexcept {
    std::int64_t made = 0;
    return duration(__builtin_mul_overflow(most() - 1, pane_, &made) ? end_of_time : made);
  }
  /// The greatest time so far.
  std::int64_t now() const noexcept { return now_; }

  /// Adds the panes of another queue.
  /// Errors: type_mismatch for another number of panes, and the aggregate's own; after an error some panes may have
  /// been merged.
  result<void> merge(const pane_queue& other) {
    if (other.count_ != count_) return other_window("number of panes", other.most(), most());
    if (!other.started_) return {};
    pass(other.now_);
    if (other.filled() && (other.filled_ > filled_ || !filled())) filled_ = other.filled_;
    for (std::int64_t p = other.oldest_; p <= other.newest_; ++p)
      if (A* const into = pane_at(p))
        if (auto done = merge_into(*into, other.panes_[other.place(p)]); !done) return done;
    return {};
  }

  /// Saves the numbers, then a block for each slot of a window from the oldest pane on: empty for panes yet to come.
  void save(envelope_writer& to) const {
    to.i64(pane_);
    to.u8(started_ ? 1 : 0);
    to.i64(now_);
    to.i64(oldest_);
    to.i64(newest_);
    to.block(empty_.save());
    to.u64(count_);
    for (std::int64_t p = oldest_; p != oldest_ + most(); ++p) {
      if (started_ && p <= newest_)
        to.block(panes_[place(p)].save());
      else
        to.block({});
    }
  }
  static result<pane_queue> load(envelope_reader& from, std::int64_t length, std::int64_t pane) {
    if (const std::int64_t found = from.i64(); found != pane)
      return other_window("length of panes", duration(found), duration(pane));
    const std::uint8_t started = from.u8();
    const std::int64_t now = from.i64();
    const std::int64_t oldest = from.i64();
    const std::int64_t newest = from.i64();
    auto empty = A::load(from.block());
    if (!empty) return std::move(empty).error();
    const std::size_t count = from.count(8);
    const bool valid =
        from.ok() && count >= 2 && started < 2 &&
        (started == 0 || (newest == pane_number(now, pane) && oldest <= newest &&
                          static_cast<std::uint64_t>(newest) - static_cast<std::uint64_t>(oldest) < count &&
                          later_by(oldest, static_cast<std::int64_t>(count)) != end_of_time));
    if (!valid) return error(errc::corrupt, "its numbers contradict each other");
    if (length != 0 && static_cast<std::int64_t>(count) != panes_over(length, pane))
      return other_window("number of panes", static_cast<std::int64_t>(count), panes_over(length, pane));
    pane_queue made(*std::move(empty), pane, count);
    made.started_ = started != 0;
    made.now_ = now;
    made.oldest_ = started != 0 ? oldest : 0;
    made.newest_ = started != 0 ? newest : 0;
    made.filled_ = started != 0 ? newest : nowhere;
    made.forget_sums();
    for (std::int64_t p = made.oldest_; p != made.oldest_ + made.most(); ++p) {
      const auto bytes = from.block();
      if (!made.started_ || p > newest) {
        if (!bytes.empty()) return error(errc::corrupt, "a pane that is yet to come has items");
        continue;
      }
      auto kept = A::load(bytes);
      if (!kept) return std::move(kept).error();
      made.slot(p) = *std::move(kept);
    }
    return made;
  }

 private:
  pane_queue(A empty, std::int64_t pane, std::size_t count)
      : empty_(std::move(empty)), pane_(pane), count_(count), middle_(empty_) {
    make_room();
  }
  void make_room() {
    panes_.assign(count_, empty_);
    suffix_.assign(count_, empty_);
  }
  void swap(pane_queue& other) noexcept {
    swap_members(*this, other, &pane_queue::pane_, &pane_queue::count_, &pane_queue::started_, &pane_queue::panes_,
                 &pane_queue::suffix_, &pane_queue::now_, &pane_queue::oldest_, &pane_queue::newest_,
                 &pane_queue::filled_, &pane_queue::stacked_, &pane_queue::summed_);
    std::swap(empty_, other.empty_);
    std::swap(middle_, other.middle_);
  }

  /// How many panes can overlap a window of that length.
  static std::int64_t panes_over(std::int64_t length, std::int64_t pane) noexcept {
    return length / pane + (length % pane != 0 ? 1 : 0) + 1;
  }
  static std::int64_t pane_number(std::int64_t time, std::int64_t pane) noexcept {
    return time / pane - (time % pane < 0 ? 1 : 0);
  }
  /// How many panes it is from one to a later one: more, from one end of time to the other, than a signed difference
  /// holds.
  static std::uint64_t distance(std::int64_t from, std::int64_t to) noexcept {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  }
  std::int64_t most() const noexcept { return static_cast<std::int64_t>(count_); }
  /// The oldest pane in the window at that time, or now, if that is later.
  std::int64_t oldest_as_of(std::int64_t time) const noexcept {
    const std::int64_t number = pane_number(time > now_ ? time : now_, pane_);
    return distance(oldest_, number) < count_ ? oldest_ : number - most() + 1;
  }
  bool filled() const noexcept { return filled_ != nowhere; }
  A& slot(std::int64_t number) noexcept { return panes_[place(number)]; }
  std::size_t place(std::int64_t number) const noexcept {
    const std::int64_t over = number % most();
    return static_cast<std::size_t>(over < 0 ? over + most() : over);
  }

  /// The pane of that number; null if it is gone. Forgets the sums that it is part of, since it is about to change.
  A* pane_at(std::int64_t number) {
    if (distance(number, newest_) >= count_) return nullptr;
    if (number < oldest_) {  // earlier than the first item so far, but still in the window
      while (oldest_ != number) slot(--oldest_) = empty_;
      forget_sums();
    }
    if (number < stacked_) forget_sums();
    if (number < summed_) {
      middle_ = empty_;
      summed_ = stacked_;
    }
    return &slot(number);
  }
  void forget_sums() {
    stacked_ = summed_ = oldest_;
    middle_ = empty_;
  }
  /// Makes the stack anew, of all panes but the newest.
  void turn_over() {
    for (std::int64_t p = newest_; p != oldest_;) {
      const std::int64_t above = p--;
      A& sum = suffix_[place(p)];
      sum = slot(p);
      if (above != newest_) (void)sum.merge(suffix_[place(above)]);
    }
    stacked_ = summed_ = newest_;
    middle_ = empty_;
  }

  static constexpr std::int64_t nowhere = beginning_of_time;

  A empty_;
  std::int64_t pane_;
  std::size_t count_;  // of panes
  std::vector<A> panes_;
  std::vector<A> suffix_;  // for each pane on the stack the sum from it to the stack's end
  A middle_;               // the sum of [stacked_, summed_)
  bool started_ = false;
  std::int64_t now_ = beginning_of_time;
  std::int64_t oldest_ = 0;
  std::int64_t newest_ = 0;
  std::int64_t filled_ = nowhere;  // the newest pane that an item went to; a loaded queue takes its newest pane for it
  std::int64_t stacked_ = 0;       // the first pane behind the stack; with no stack, at most oldest_
  std::int64_t summed_ = 0;        // the first pane behind the middle
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_PANE_QUEUE_HPP
