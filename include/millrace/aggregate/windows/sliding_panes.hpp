#ifndef MILLRACE_AGGREGATE_WINDOWS_SLIDING_PANES_HPP
#define MILLRACE_AGGREGATE_WINDOWS_SLIDING_PANES_HPP

#include <millrace/aggregate/windows/detail/pane_queue.hpp>
#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/window.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// An aggregate over the last stretch of time, in panes: it covers the panes that overlap (now - length, now], and
/// forgets a pane as a whole. Panes begin at multiples of their length from the time line's zero. For sketches, and for
/// streams with too many items to keep them.
///
///     mr::windowed<mr::sliding<5min, 10s>, mr::kll<200>, mr::event_time<30s>> latencies;
///     latencies.update(x, mr::time_point(time));
///     latencies.value().quantile(0.99);
///
/// Models: by event time mergeable and saveable if the aggregate is.
/// Guarantee: covers at least `length`, and at most one pane more. With lateness, late items go to their panes, and the
/// order of items makes no more difference than it does to the aggregate. Merging two windows gives what one over both
/// streams would be, within the aggregate's error.
/// Complexity: update as the aggregate's. `value` merges three aggregates; after a late item, and once in as many panes
/// as a window has, it merges all. Memory: length / pane + 2 aggregates, and as many again for their sums.
/// Allocates: all panes when made, and what the aggregates do.
/// Threads: one at a time; const calls from any number. `value` and `get` of a window that is not const count as
/// writes.
/// Errors: `make`: invalid_argument. merge: type_mismatch for another length, and the aggregate's own.
template <duration Length, duration Pane, class Forgetting, class Aggregate, class Time>
requires(Pane.nanoseconds != 0)
class windowed<sliding<Length, Pane, Forgetting>, Aggregate, Time>
    : public detail::member_answers<windowed<sliding<Length, Pane, Forgetting>, Aggregate, Time>>,
      public detail::time_of_items<detail::sample_t<Aggregate>, Time>,
      private detail::arrival_clock<Time> {
  static_assert(sizeof(sliding<Length, Pane>) != 0);  // instantiates it, and so its static_asserts
  static_assert(Length.nanoseconds % Pane.nanoseconds == 0,
                "millrace[WINDOW-8]: a window's length is a whole number of panes");
  static_assert(Length.nanoseconds / Pane.nanoseconds <= detail::most_panes,
                "millrace[WINDOW-14]: a window has a million panes at the most");

 public:
  using sample = detail::sample_t<Aggregate>;

  /// `empty`: an aggregate without items, to set its parameters.
  explicit windowed(Aggregate empty = Aggregate())
  requires(Length.nanoseconds != 0)
      : panes_(std::move(empty), Length.nanoseconds, Pane.nanoseconds) {}
  /// `length` is rounded up to a whole number of panes.
  explicit windowed(duration length, Aggregate empty = Aggregate())
  requires(Length.nanoseconds == 0)
      : panes_(std::move(empty), can_be(length) ? length.nanoseconds : 1, Pane.nanoseconds) {
    if (!can_be(length)) panes_.pass(detail::end_of_time);  // every item comes too late
  }
  template <detail::bare_number Number>
  explicit windowed(Number, const auto&...)
  requires(Length.nanoseconds == 0)
      : windowed(detail::no_unit<Number>::length) {}
  template <class Nothing = void>
  windowed()
  requires(Length.nanoseconds == 0)
      : windowed(duration(1)) {
    static_assert(!std::is_void_v<Nothing>,
                  "millrace[WINDOW-9]: sliding<{}, pane> has no length of its own: give one to the constructor, or "
                  "sliding<5min, 10s>");
  }
  /// Errors: invalid_argument for a length that is not above zero, or of more than a million panes. A window that is
  /// constructed with one takes no item: all count as late.
  static result<windowed> make(duration length, Aggregate empty = Aggregate())
  requires(Length.nanoseconds == 0)
  {
    if (length.nanoseconds <= 0) return detail::no_length("sliding", "length", length);
    if (!can_be(length))
      return error(errc::invalid_argument, "sliding: the length, " + detail::in_words(length) + ", is more than a " +
                                               "million panes of " + detail::in_words(Pane));
    return windowed(length, std::move(empty));
  }

  windowed(const windowed&) = default;
  windowed& operator=(const windowed&) = default;
  /// The window moved from is as newly made.
  windowed(windowed&& other) noexcept
      : detail::arrival_clock<Time>(other),
        panes_(std::move(other.panes_)),
        late_(std::exchange(other.late_, 0)),
        refused_(std::exchange(other.refused_, 0)) {}
  windowed& operator=(windowed&& other) noexcept {
    windowed taken(std::move(other));
    std::swap(static_cast<detail::arrival_clock<Time>&>(*this), static_cast<detail::arrival_clock<Time>&>(taken));
    panes_ = std::move(taken.panes_);
    late_ = taken.late_;
    refused_ = taken.refused_;
    return *this;
  }

  /// Takes an item. Returns what the aggregate's `update` returns: void, or for an item that was left out a success.
  auto update(const sample& x)
  requires(detail::by_arrival<Time>)
  {
    return take(x, this->now());
  }
  auto update(const sample& x, time_point time)
  requires(!detail::by_arrival<Time>)
  {
    return take(x, time.nanoseconds);
  }
  using detail::time_of_items<detail::sample_t<Aggregate>, Time>::update;

  /// Lets time pass without an item.
  void advance(time_point time)
  requires(!detail::by_arrival<Time>)
  {
    panes_.pass(time.nanoseconds);
  }
  void advance()
  requires(detail::by_arrival<Time>)
  {
    panes_.pass(this->now());
  }

  /// The aggregate over the panes that are in the window now: by arrival, at the time of the call; by event time, as of
  /// the greatest time so far. Keeps the sums of panes that it made for the next call.
  Aggregate value() {
    if constexpr (detail::by_arrival<Time>) panes_.pass(this->now());
    return panes_.sum();
  }
  /// The same, but it keeps no sums of panes: at worst it merges every pane.
  Aggregate value() const {
    if constexpr (detail::by_arrival<Time>)
      return panes_.sum_as_of(this->now());
    else
      return panes_.sum_as_of(panes_.now());
  }
  /// Its length, rounded up to a whole number of panes.
  duration length() const noexcept { return panes_.length(); }
  /// How many items came from before the watermark or the window, and were left out.
  std::uint64_t late() const noexcept { return late_; }
  /// How many items were further ahead than `event_time` allows, and were left out.
  std::uint64_t refused() const noexcept { return refused_; }
  /// Do all panes in the window have no item? The newest pane of a loaded window counts as having one.
  bool empty() const noexcept { return panes_.empty(); }
  /// Forgets all items and times.
  void reset() {
    panes_.reset();
    late_ = refused_ = 0;
  }

  /// Adds the window of another stream.
  /// Errors: type_mismatch, if its length is another; the aggregate's own.
  result<void> merge(const windowed& other)
  requires(!detail::by_arrival<Time>)
  {
    detail::pane_queue<Aggregate> both = panes_;
    if (auto done = both.merge(other.panes_); !done) return done;
    panes_ = std::move(both);
    late_ += other.late_;
    refused_ += other.refused_;
    return {};
  }

  std::vector<std::byte> save() const
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    envelope_writer to(type);
    to.u64(late_);
    panes_.save(to);
    detail::save_refused(to, refused_);
    return std::move(to).finish();
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint64_t late = from->u64();
    auto panes = detail::pane_queue<Aggregate>::load(*from, Length.nanoseconds, Pane.nanoseconds);
    if (!panes) return std::move(panes).error().wrap("saved sliding<panes>");
    const std::uint64_t refused = detail::load_refused(*from);
    if (auto done = from->finish(true); !done) return std::move(done).error();
    windowed made(*std::move(panes));
    made.late_ = late;
    made.refused_ = refused;
    return made;
  }

 private:
  static constexpr std::string_view type = "sliding<panes>";

  /// Can a window have this length?
  static constexpr bool can_be(duration length) noexcept {
    return length.nanoseconds > 0 && length.nanoseconds / Pane.nanoseconds <= detail::most_panes;
  }
  explicit windowed(detail::pane_queue<Aggregate> panes) : panes_(std::move(panes)) {}

  auto take(const sample& x, std::int64_t time) {
    using answer = decltype(std::declval<Aggregate&>().update(x));
    const bool jumps = detail::jumps(panes_.now(), time, Time::jump);
    Aggregate* const pane = jumps ? nullptr : panes_.pane_of(time, Time::lateness);
    if (pane == nullptr) {
      ++(jumps ? refused_ : late_);
      if constexpr (std::is_void_v<answer>)
        return;
      else
        return answer();
    } else {
      return pane->update(x);
    }
  }

  detail::pane_queue<Aggregate> panes_;
  std::uint64_t late_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_SLIDING_PANES_HPP
