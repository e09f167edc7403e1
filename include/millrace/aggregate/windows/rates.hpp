#ifndef MILLRACE_AGGREGATE_WINDOWS_RATES_HPP
#define MILLRACE_AGGREGATE_WINDOWS_RATES_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/detail/pane_queue.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// Events a second over the last stretch of time.
///
///     mr::rate_calculator requests;            // of the last 60 s, in panes of a second
///     requests.update();                       // one event, now; or update(n), update(n, mr::time_point(time))
///     requests.rate();
///
/// Units: events a second.
/// Guarantee: `rate` is the number of events in the panes that overlap (now - window, now], divided by the time from
/// the beginning of the first of those panes to now. While the stream is younger than that, it is the number of events
/// after the first one, divided by the time since the first one: so events a second apart are one a second from the
/// second event on. It divides by the length of a pane at least. Const functions do not change what later calls return.
/// Events from before the window are left out and counted in `late()`. Events that are further ahead of the greatest
/// time so far than `jump`, if that is above zero, are left out and counted in `refused()`; `advance` is not bound by
/// `jump`. `total` counts all events but the refused ones.
/// Complexity: update O(1); rate O(1), after a late event O(panes) until the next pane begins; 16 bytes a pane.
/// Allocates: when made.
/// Threads: one at a time; const calls from any number.
/// Errors: `make`: invalid_argument for a window that is not above zero, for no panes, for more than `most_panes`, and
/// for panes shorter than a nanosecond. One that is constructed with such arguments refuses every event.
template <clock_policy Clock = steady_clock>
class basic_rate_calculator {
 public:
  static constexpr std::size_t most_panes = detail::most_panes;

  /// `window`: the stretch of time, which is forgotten pane by pane; `jump`: see above, 0 for no bound.
  explicit basic_rate_calculator(duration window = duration(60'000'000'000), std::size_t panes = 60,
                                 Clock clock = Clock(), duration jump = duration())
      : basic_rate_calculator(window, panes, std::move(clock), jump, why_not(window, panes).empty()) {}
  basic_rate_calculator(const basic_rate_calculator&) = default;
  basic_rate_calculator& operator=(const basic_rate_calculator&) = default;
  /// The one moved from is as newly made.
  basic_rate_calculator(basic_rate_calculator&& other) noexcept
      : clock_(other.clock_),
        pane_(other.pane_),
        length_(other.length_),
        jump_(other.jump_),
        possible_(other.possible_),
        panes_(std::move(other.panes_)),
        events_(std::exchange(other.events_, {})) {}
  basic_rate_calculator& operator=(basic_rate_calculator&& other) noexcept {
    basic_rate_calculator taken(std::move(other));
    clock_ = taken.clock_;
    pane_ = taken.pane_;
    length_ = taken.length_;
    jump_ = taken.jump_;
    possible_ = taken.possible_;
    panes_ = std::move(taken.panes_);
    events_ = taken.events_;
    return *this;
  }
  template <detail::bare_number Number>
  explicit basic_rate_calculator(Number, const auto&...) : basic_rate_calculator(detail::no_unit<Number>::length) {}
  static result<basic_rate_calculator> make(duration window, std::size_t panes = 60, Clock clock = Clock(),
                                            duration jump = duration()) {
    if (std::string why = why_not(window, panes); !why.empty())
      return error(errc::invalid_argument, "rate_calculator: " + std::move(why));
    return basic_rate_calculator(window, panes, std::move(clock), jump, true);
  }

  /// Takes a number of events, of now by the clock or of a time.
  void update(std::uint64_t events = 1) { update(events, now()); }
  void update(std::uint64_t events, time_point time) {
    if (!possible_ || detail::jumps(events_.last, time.nanoseconds, jump_)) [[unlikely]] {
      events_.refused += events;
      return;
    }
    events_.total += events;
    auto* const pane = panes_.summed_pane_of(time.nanoseconds, length_);
    events_.last = panes_.now();
    if (pane == nullptr) {
      events_.late += events;
      return;
    }
    pane->count += events;
    if (time.nanoseconds > events_.first) return;
    events_.at_first = events + (time.nanoseconds == events_.first ? events_.at_first : 0);
    events_.first = time.nanoseconds;
  }
  template <detail::bare_number Number>
  void update(std::uint64_t, Number) {
    static_assert(!sizeof(Number),
                  "millrace[WINDOW-13]: a bare number is no time: write mr::time_point(t), of nanoseconds, or of a "
                  "std::chrono::time_point");
  }
  /// Lets time pass without an event; the bound `jump` does not apply.
  void advance(time_point time) {
    if (!possible_) return;
    panes_.pass(time.nanoseconds);
    panes_.sum_up();
    events_.last = panes_.now();
  }
  void advance() { advance(now()); }

  /// Events a second as of now, by the clock.
  double rate() const { return rate(now()); }
  /// Events a second as of a time, or as of the last event or `advance` if that is later. 0 without events.
  double rate(time_point time) const {
    if (events_.first == detail::end_of_time) return 0;
    const std::int64_t end = time.nanoseconds > events_.last ? time.nanoseconds : events_.last;
    std::int64_t begin = detail::aligned(detail::earlier_by(end, length_), pane_);
    std::uint64_t events = panes_.sum_as_of(end).count;
    if (begin < events_.first) {
      begin = events_.first;
      events -= events_.at_first;
    }
    const std::int64_t past = detail::earlier_by(end, begin);
    return static_cast<double>(events) * 1e9 / static_cast<double>(past > pane_ ? past : pane_);
  }
  /// How many events the panes in the window have, as of the last update or `advance`, or as of a later time.
  std::uint64_t in_window() const { return panes_.sum_as_of(events_.last).count; }
  std::uint64_t in_window(time_point time) const { return panes_.sum_as_of(time.nanoseconds).count; }
  /// How many events came, without the refused ones, since the beginning or the last `reset`.
  std::uint64_t total() const noexcept { return events_.total; }
  std::uint64_t late() const noexcept { return events_.late; }
  std::uint64_t refused() const noexcept { return events_.refused; }
  /// Forgets all events and times.
  void reset() {
    panes_.reset();
    events_ = {};
  }

 private:
  struct event_count {
    std::uint64_t count = 0;
    void merge(const event_count& other) noexcept { count += other.count; }
  };

  struct counts {
    std::uint64_t total = 0;
    std::uint64_t late = 0;
    std::uint64_t refused = 0;
    std::uint64_t at_first = 0;                     // how many events came at the time `first`
    std::int64_t first = detail::end_of_time;       // the time of the earliest event
    std::int64_t last = detail::beginning_of_time;  // the greatest time so far
  };

  basic_rate_calculator(duration window, std::size_t panes, Clock clock, duration jump, bool possible)
      : clock_(std::move(clock)),
        pane_(possible ? (window.nanoseconds - 1) / static_cast<std::int64_t>(panes) + 1 : 1),
        length_(possible ? window.nanoseconds : 1),
        jump_(jump.nanoseconds),
        possible_(possible),
        panes_(event_count{}, length_, pane_) {}

  /// Why there cannot be a window of so many panes; empty if there can.
  static std::string why_not(duration window, std::size_t panes) { return detail::no_panes(window, panes, most_panes); }
  time_point now() const noexcept { return time_point(static_cast<std::int64_t>(clock_.nanoseconds(clock_.ticks()))); }

  Clock clock_;
  std::int64_t pane_;
  std::int64_t length_;
  std::int64_t jump_;
  bool possible_;
  detail::pane_queue<event_count> panes_;
  counts events_;
};

/// Events a second, with the default window.
using rate_calculator = basic_rate_calculator<>;

/// A reading of a counter that only grows.
struct counter_reading {
  double value = 0;
  time_point time;
};

/// How fast a counter grows that is read now and then, and that starts again from zero when its process does.
///
/// Guarantee: a reading below the one before means that the counter was reset, and adds its whole value to the growth.
/// `increase` is the growth from the first reading to the last, `rate` that divided by the seconds between them. A
/// reading that is not later than the last one is left out, and so is one that is negative, infinite or NaN. Merging
/// adds the readings of a later stretch of the same counter, with the step from this one's last reading to its first;
/// it is associative.
/// Complexity: O(1), 64 bytes.
/// Allocates: never.
/// Moved from, it is unchanged: it is copied.
/// Threads: one at a time; const calls from any number.
/// Source: the meaning of PromQL's increase() and resets(), without its extrapolation.
class counter_rate {
 public:
  using sample = counter_reading;
  static constexpr bool commutative = false;

  /// Takes a reading: the counter's value at a time.
  void update(double value, time_point time) noexcept { update(counter_reading{value, time}); }
  void update(const counter_reading& reading) noexcept {
    if (!taken(reading.value)) return;
    if (readings_ == 0) {
      first_ = last_ = reading;
      readings_ = 1;
    } else if (reading.time > last_.time) {
      step_to(reading.value);
      last_ = reading;
      ++readings_;
    }
  }
  /// Adds the readings of a later stretch of the same counter.
  void merge(const counter_rate& later) noexcept {
    if (later.readings_ == 0) return;
    if (readings_ == 0) {
      *this = later;
      return;
    }
    step_to(later.first_.value);
    increase_.merge(later.increase_);
    resets_ += later.resets_;
    readings_ += later.readings_;
    last_ = later.last_;
  }

  /// The growth from the first reading to the last.
  double increase() const noexcept { return increase_.value(); }
  /// The growth a second. NaN with fewer than two readings.
  double rate() const noexcept {
    const double past = static_cast<double>(last_.time.nanoseconds) - static_cast<double>(first_.time.nanoseconds);
    return readings_ > 1 && past > 0 ? increase() / (past * 1e-9) : std::numeric_limits<double>::quiet_NaN();
  }
  std::uint64_t resets() const noexcept { return resets_; }
  std::uint64_t readings() const noexcept { return readings_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(readings_);
    to.u64(resets_);
    for (const counter_reading& one : {first_, last_}) {
      to.f64(one.value);
      to.i64(one.time.nanoseconds);
    }
    increase_.save(to);
    return std::move(to).finish();
  }
  static result<counter_rate> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    counter_rate made;
    made.readings_ = from->u64();
    made.resets_ = from->u64();
    for (counter_reading* const one : {&made.first_, &made.last_}) {
      one->value = from->f64();
      one->time = time_point(from->i64());
    }
    made.increase_.load(*from);
    const bool valid = taken(made.first_.value) && taken(made.last_.value) && made.first_.time <= made.last_.time;
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = "counter_rate";

  static bool taken(double value) noexcept { return value >= 0 && value <= (std::numeric_limits<double>::max)(); }
  void step_to(double value) noexcept {
    const bool reset = value < last_.value;
    increase_.add(reset ? value : value - last_.value);
    resets_ += reset ? 1 : 0;
  }

  counter_reading first_;
  counter_reading last_;
  compensated_sum increase_;
  std::uint64_t resets_ = 0;
  std::uint64_t readings_ = 0;
};

/// Statistics of the time between one event and the next, in seconds.
///
/// `Aggregate`: any aggregator of doubles, which gets the times between events in seconds.
/// Guarantee: an event from before the last one is left out. Merging adds a later stretch of the stream, with the gap
/// between the two.
/// Complexity: the aggregate's, and 24 bytes.
/// Allocates: what the aggregate does.
/// Moved from: unchanged, with an aggregate of members without memory of their own; with any other it may only be
/// assigned to or destroyed.
/// Threads: one at a time.
template <class Aggregate = aggregate<count, mean, stddev, min, max>>
class inter_arrival {
 public:
  using sample = time_point;
  static constexpr bool commutative = false;

  inter_arrival() = default;
  explicit inter_arrival(Aggregate empty) : gaps_(std::move(empty)) {}

  /// Takes an event of this time.
  void update(time_point time) {
    if (events_ != 0) {
      if (time < last_) return;
      gap(time);
    } else {
      first_ = time;
    }
    last_ = time;
    ++events_;
  }
  void merge(const inter_arrival& later) {
    if (later.events_ == 0) return;
    if (events_ != 0)
      gap(later.first_);
    else
      first_ = later.first_;
    (void)gaps_.merge(later.gaps_);
    last_ = later.last_;
    events_ += later.events_;
  }

  std::uint64_t events() const noexcept { return events_; }
  /// The aggregate of the times between events, in seconds.
  const Aggregate& gaps() const noexcept { return gaps_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(events_);
    to.i64(first_.nanoseconds);
    to.i64(last_.nanoseconds);
    to.block(gaps_.save());
    return std::move(to).finish();
  }
  static result<inter_arrival> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    inter_arrival made;
    made.events_ = from->u64();
    made.first_ = time_point(from->i64());
    made.last_ = time_point(from->i64());
    auto gaps = Aggregate::load(from->block());
    if (auto done = from->finish(made.first_ <= made.last_); !done) return std::move(done).error();
    if (!gaps) return std::move(gaps).error().wrap("saved " + std::string(type));
    made.gaps_ = *std::move(gaps);
    return made;
  }

 private:
  static constexpr std::string_view type = "inter_arrival";

  void gap(time_point next) {
    if (next >= last_)
      (void)gaps_.update(static_cast<double>(detail::earlier_by(next.nanoseconds, last_.nanoseconds)) * 1e-9);
  }

  std::uint64_t events_ = 0;
  time_point first_;
  time_point last_;
  Aggregate gaps_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_RATES_HPP
