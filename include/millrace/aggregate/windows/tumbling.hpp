#ifndef MILLRACE_AGGREGATE_WINDOWS_TUMBLING_HPP
#define MILLRACE_AGGREGATE_WINDOWS_TUMBLING_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/windows/detail/pane_queue.hpp>
#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/detail/swap_members.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// A window that has ended: its range of time, and the aggregate over its items.
template <class Aggregate>
struct ended_window {
  time_range when;
  Aggregate what;
};

namespace detail {

/// Windows of one length that begin at every multiple of a step. Items are summed up in panes, whose length is the
/// greatest that divides both length and step.
template <class A>
class stepping_windows {
 public:
  stepping_windows(A empty, std::int64_t length, std::int64_t step)
      : empty_(std::move(empty)), length_(length), step_(step), pane_(common(length, step)) {}
  stepping_windows(const stepping_windows&) = default;
  stepping_windows& operator=(const stepping_windows&) = default;
  /// One that has been moved from is as newly made.
  stepping_windows(stepping_windows&& other) noexcept : stepping_windows(other.empty_, other.length_, other.step_) {
    swap(other);
  }
  stepping_windows& operator=(stepping_windows&& other) noexcept {
    stepping_windows taken(std::move(other));
    swap(taken);
    return *this;
  }

  std::int64_t watermark() const noexcept { return watermark_; }
  bool empty() const noexcept { return panes_.empty(); }
  void reset() { *this = stepping_windows(empty_, length_, step_); }

  /// The pane of an item, which is made if need be. Precondition: the item is not from before the watermark.
  A& pane_of(std::int64_t time) {
    const std::int64_t begin = aligned(time, pane_);
    std::size_t i = panes_.size();
    while (i != 0 && panes_[i - 1].begin > begin) --i;
    if (i != 0 && panes_[i - 1].begin == begin) return panes_[i - 1].sum;
    const auto where = panes_.begin() + static_cast<std::ptrdiff_t>(i);
    return panes_.insert(where, pane{begin, empty_})->sum;
  }

  /// Hands the windows that end at this time or before to sink(time_range, aggregate), in order, without those that
  /// have no items.
  template <class Sink>
  void close_until(std::int64_t time, Sink&& sink) {
    if (time > watermark_) watermark_ = time;
    while (!panes_.empty()) {
      // The first window that holds the oldest pane and has not ended yet.
      std::int64_t begin = later_by(aligned(earlier_by(panes_.front().begin, length_), step_), step_);
      if (begin < next_) begin = next_;
      const std::int64_t end = later_by(begin, length_);
      if (end > watermark_) return;
      const time_range when{time_point(begin), time_point(end)};
      if (length_ == pane_) {
        sink(when, std::as_const(panes_.front().sum));
      } else {
        A sum = empty_;
        for (const pane& p : panes_)
          if (p.begin >= begin && p.begin < end) (void)sum.merge(p.sum);
        sink(when, std::as_const(sum));
      }
      next_ = later_by(begin, step_);
      std::size_t done = 0;
      while (done != panes_.size() && (panes_[done].begin < next_ || next_ == end_of_time)) ++done;
      panes_.erase(panes_.begin(), panes_.begin() + static_cast<std::ptrdiff_t>(done));
    }
  }

  result<void> merge(const stepping_windows& other) {
    if (other.length_ != length_) return other_window("length", duration(other.length_), duration(length_));
    if (other.step_ != step_) return other_window("step", duration(other.step_), duration(step_));
    const auto ended = [](const stepping_windows& mine, const stepping_windows& theirs) {
      return !mine.panes_.empty() && mine.panes_.front().begin < theirs.next_;
    };
    if (ended(*this, other) || ended(other, *this))
      return error(errc::invalid_argument,
                   "a window that has ended in one of the two is still open in the other: advance both to the same "
                   "time before they merge");
    stepping_windows both = *this;
    for (const pane& p : other.panes_)
      if (auto done = merge_into(both.pane_of(p.begin), p.sum); !done) return done;
    if (other.watermark_ > both.watermark_) both.watermark_ = other.watermark_;
    if (other.next_ > both.next_) both.next_ = other.next_;
    *this = std::move(both);
    return {};
  }

  void save(envelope_writer& to) const {
    for (const std::int64_t n : {length_, step_, watermark_, next_}) to.i64(n);
    to.block(empty_.save());
    to.u64(panes_.size());
    for (const pane& p : panes_) {
      to.i64(p.begin);
      to.block(p.sum.save());
    }
  }
  /// `length` and `step`: what they must be, or 0 for any.
  static result<stepping_windows> load(envelope_reader& from, std::int64_t length, std::int64_t step) {
    const std::int64_t found = from.i64();
    const std::int64_t found_step = from.i64();
    if (length != 0 && found != length) return other_window("length", duration(found), duration(length));
    if (step != 0 && found_step != step) return other_window("step", duration(found_step), duration(step));
    const std::int64_t watermark = from.i64();
    const std::int64_t next = from.i64();
    auto empty = A::load(from.block());
    if (!empty) return std::move(empty).error();
    if (found_step <= 0 || found < found_step || (step == 0 && found != found_step))
      return error(errc::corrupt, "its numbers contradict each other");
    stepping_windows made(*std::move(empty), found, found_step);
    made.watermark_ = watermark;
    made.next_ = next;
    const std::size_t count = from.count(16);
    for (std::size_t i = 0; i != count; ++i) {
      const std::int64_t begin = from.i64();
      if (begin < next || aligned(begin, made.pane_) != begin || (i != 0 && begin <= made.panes_.back().begin))
        return error(errc::corrupt, "its windows are not in order");
      auto sum = A::load(from.block());
      if (!sum) return std::move(sum).error();
      made.panes_.push_back(pane{begin, *std::move(sum)});
    }
    return made;
  }

 private:
  struct pane {
    std::int64_t begin;
    A sum;
  };
  void swap(stepping_windows& other) noexcept {
    swap_members(*this, other, &stepping_windows::panes_, &stepping_windows::length_, &stepping_windows::step_,
                 &stepping_windows::pane_, &stepping_windows::next_, &stepping_windows::watermark_);
    std::swap(empty_, other.empty_);
  }
  /// The greatest common divisor.
  static std::int64_t common(std::int64_t a, std::int64_t b) noexcept {
    while (b != 0) {
      const std::int64_t rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  }

  A empty_;
  std::int64_t length_;
  std::int64_t step_;
  std::int64_t pane_;
  std::vector<pane> panes_;                     // by time; only those with items
  std::int64_t next_ = beginning_of_time;       // no window that begins before this is still open
  std::int64_t watermark_ = beginning_of_time;  // no item from before this is taken any more
};

/// What windows that end by time have in common: updates, the passing of time, and handing over what has ended.
template <class A, class Time>
class ending_windows : public time_of_items<sample_t<A>, Time>, private arrival_clock<Time> {
 public:
  using time_of_items<sample_t<A>, Time>::update;
  using sample = sample_t<A>;

  /// Takes an item. Before, hands the windows that end by its time to `sink(time_range, const Aggregate&)`, in order.
  template <class Sink>
  auto update(const sample& x, time_point time, Sink&& sink)
  requires(!by_arrival<Time>)
  {
    return take(x, time.nanoseconds, sink);
  }
  template <class Sink>
  requires(by_arrival<Time> && std::is_invocable_v<Sink&, time_range, const A&>)
  auto update(const sample& x, Sink&& sink) {
    return take(x, this->now(), sink);
  }
  /// Without a sink the window that ended last is kept, in `last()`.
  auto update(const sample& x, time_point time)
  requires(!by_arrival<Time>)
  {
    return update(x, time, keep());
  }
  auto update(const sample& x)
  requires(by_arrival<Time>)
  {
    return update(x, keep());
  }

  /// Lets time pass without an item.
  template <class Sink>
  void advance(time_point time, Sink&& sink)
  requires(!by_arrival<Time>)
  {
    windows_.close_until(earlier_by(time.nanoseconds, Time::lateness), sink);
  }
  void advance(time_point time)
  requires(!by_arrival<Time>)
  {
    advance(time, keep());
  }
  template <class Sink>
  void advance(Sink&& sink)
  requires(by_arrival<Time>)
  {
    windows_.close_until(this->now(), sink);
  }
  void advance()
  requires(by_arrival<Time>)
  {
    advance(keep());
  }

  /// Ends all windows that have items: the stream is over. What still comes is late.
  template <class Sink>
  void finish(Sink&& sink) {
    windows_.close_until(end_of_time, sink);
  }
  void finish() { finish(keep()); }

  /// The window that ended last, of those that went to no sink.
  const std::optional<ended_window<A>>& last() const noexcept { return last_; }
  /// How many items came from before the watermark, and were left out.
  std::uint64_t late() const noexcept { return late_; }
  /// How many items were further ahead than `event_time` allows, and were left out.
  std::uint64_t refused() const noexcept { return refused_; }
  /// Is no window open that has items?
  bool empty() const noexcept { return windows_.empty(); }
  /// Forgets all items and times, and the last window.
  void reset() {
    windows_.reset();
    last_.reset();
    late_ = refused_ = 0;
  }

 protected:
  ending_windows(const ending_windows&) = default;
  ending_windows& operator=(const ending_windows&) = default;
  /// The windows moved from are as newly made.
  ending_windows(ending_windows&& other) noexcept
      : arrival_clock<Time>(other),
        windows_(std::move(other.windows_)),
        last_(std::move(other.last_)),
        late_(std::exchange(other.late_, 0)),
        refused_(std::exchange(other.refused_, 0)) {
    other.last_.reset();
  }
  ending_windows& operator=(ending_windows&& other) noexcept {
    ending_windows taken(std::move(other));
    std::swap(static_cast<arrival_clock<Time>&>(*this), static_cast<arrival_clock<Time>&>(taken));
    windows_ = std::move(taken.windows_);
    last_ = std::move(taken.last_);
    late_ = taken.late_;
    refused_ = taken.refused_;
    return *this;
  }
  ending_windows(A empty, std::int64_t length, std::int64_t step)
      : windows_(std::move(empty), length > 0 ? length : 1, step > 0 ? step : 1) {
    if (length <= 0) finish();  // every item comes too late
  }

  result<void> merge_windows(const ending_windows& other) {
    result<void> done = windows_.merge(other.windows_);
    if (done) {
      late_ += other.late_;
      refused_ += other.refused_;
    }
    return done;
  }
  std::vector<std::byte> save_as(std::string_view type) const {
    envelope_writer to(type);
    to.u64(late_);
    windows_.save(to);
    save_refused(to, refused_);
    return std::move(to).finish();
  }
  result<void> load_as(std::string_view type, std::span<const std::byte> bytes, std::int64_t length,
                       std::int64_t step) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    late_ = from->u64();
    auto kept = stepping_windows<A>::load(*from, length, step);
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    windows_ = *std::move(kept);
    refused_ = load_refused(*from);
    return from->finish(true);
  }

 private:
  auto keep() {
    return [this](const time_range& when, const A& what) { last_.emplace(ended_window<A>{when, what}); };
  }
  template <class Sink>
  auto take(const sample& x, std::int64_t time, Sink& sink) {
    using answer = decltype(std::declval<A&>().update(x));
    const std::int64_t watermark = windows_.watermark();
    const bool too_far = watermark != beginning_of_time && jumps(later_by(watermark, Time::lateness), time, Time::jump);
    if (!too_far) windows_.close_until(earlier_by(time, Time::lateness), sink);
    if (too_far || time < windows_.watermark()) {
      ++(too_far ? refused_ : late_);
      if constexpr (std::is_void_v<answer>)
        return;
      else
        return answer();
    } else {
      return windows_.pane_of(time).update(x);
    }
  }

  stepping_windows<A> windows_;
  std::optional<ended_window<A>> last_;
  std::uint64_t late_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace detail

/// Windows of one length, one after the other, aligned to the time line's zero: each item is in one.
///
///     mr::windowed<mr::tumbling<1min>, mr::aggregate<mr::count, mr::mean>> minutes;
///     minutes.update(x, mr::time_point(time), [](mr::time_range when, const auto& minute) { ... });
///
/// Models: by event time mergeable and saveable if the aggregate is. `last()` is neither merged nor saved.
/// Guarantee: each window is handed over once, when the watermark reaches its end, in order of time. Windows without
/// items are not handed over, so to notice silence use a sliding window. Within the lateness the order of items makes
/// no more difference than it does to the aggregate. Merging two gives what one over both streams would be, if neither
/// has ended a window that is open in the other: `advance` both to the same time first.
/// Complexity: update as the aggregate's. Memory: lateness / length + 2 aggregates.
/// Allocates: for windows that have items, and what the aggregate does.
/// Threads: one at a time.
/// Errors: `make`: invalid_argument. merge: type_mismatch for windows of another length, invalid_argument if a window
/// has ended in one of the two and is open in the other, and the aggregate's own.
template <duration Length, class Aggregate, class Time>
class windowed<tumbling<Length>, Aggregate, Time> : public detail::ending_windows<Aggregate, Time> {
  static_assert(sizeof(tumbling<Length>) != 0);  // instantiates it, and so its static_asserts
  using base = detail::ending_windows<Aggregate, Time>;

 public:
  explicit windowed(Aggregate empty = Aggregate())
  requires(Length.nanoseconds != 0)
      : base(std::move(empty), Length.nanoseconds, Length.nanoseconds) {}
  explicit windowed(duration length, Aggregate empty = Aggregate())
  requires(Length.nanoseconds == 0)
      : base(std::move(empty), length.nanoseconds, length.nanoseconds) {}
  template <detail::bare_number Number>
  explicit windowed(Number, const auto&...)
  requires(Length.nanoseconds == 0)
      : windowed(detail::no_unit<Number>::length) {}
  template <class Nothing = void>
  windowed()
  requires(Length.nanoseconds == 0)
      : windowed(duration(1)) {
    static_assert(
        !std::is_void_v<Nothing>,
        "millrace[WINDOW-9]: tumbling<> has no length of its own: give one to the constructor, or tumbling<1min>");
  }
  /// Errors: invalid_argument for a length that is not above zero. Windows that are constructed with one take no item:
  /// all count as late.
  static result<windowed> make(duration length, Aggregate empty = Aggregate())
  requires(Length.nanoseconds == 0)
  {
    if (length.nanoseconds <= 0) return detail::no_length("tumbling", "length", length);
    return windowed(length, std::move(empty));
  }

  result<void> merge(const windowed& other)
  requires(!detail::by_arrival<Time>)
  {
    return this->merge_windows(other);
  }
  std::vector<std::byte> save() const
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    return this->save_as("tumbling");
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    windowed made = [] {
      if constexpr (Length.nanoseconds != 0)
        return windowed();
      else
        return windowed(duration(1));
    }();
    if (auto done = made.load_as("tumbling", bytes, Length.nanoseconds, Length.nanoseconds); !done)
      return std::move(done).error();
    return made;
  }
};

/// Windows of one length that begin at every multiple of a step, so that each item is in length / step of them.
///
/// Items are summed up in panes, whose length is the greatest common divisor of length and step; when a window ends its
/// panes are merged. Memory: (length + lateness) / pane + 2 aggregates. All else is as for `tumbling`.
template <duration Length, duration Step, class Aggregate, class Time>
class windowed<hopping<Length, Step>, Aggregate, Time> : public detail::ending_windows<Aggregate, Time> {
  static_assert(sizeof(hopping<Length, Step>) != 0);  // instantiates it, and so its static_asserts
  using base = detail::ending_windows<Aggregate, Time>;

 public:
  explicit windowed(Aggregate empty = Aggregate()) : base(std::move(empty), Length.nanoseconds, Step.nanoseconds) {}

  result<void> merge(const windowed& other)
  requires(!detail::by_arrival<Time>)
  {
    return this->merge_windows(other);
  }
  std::vector<std::byte> save() const
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    return this->save_as("hopping");
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    windowed made;
    if (auto done = made.load_as("hopping", bytes, Length.nanoseconds, Step.nanoseconds); !done)
      return std::move(done).error();
    return made;
  }
};

/// Windows of a number of items, one after the other.
///
/// When a window is full, `update(x, sink)` calls `sink(first, const Aggregate&)`, where `first` is the index of the
/// window's first item; without a sink the last full window is kept in `last()`. Items that the aggregate refuses count
/// too.
///
/// Models: saveable if the aggregate is. `last()` is not saved.
/// Complexity: update as the aggregate's. Memory: three aggregates.
/// Allocates: only what the aggregate does.
/// Threads: one at a time.
template <std::size_t Items, class Aggregate, class Time>
class windowed<tumbling_count<Items>, Aggregate, Time> {
 public:
  using sample = detail::sample_t<Aggregate>;

  explicit windowed(Aggregate empty = Aggregate())
  requires(Items != 0)
      : items_(Items), empty_(std::move(empty)), open_(empty_) {}
  /// Windows of `items` items each; 0 is taken as 1.
  explicit windowed(std::size_t items, Aggregate empty = Aggregate())
  requires(Items == 0)
      : items_(items == 0 ? 1 : items), empty_(std::move(empty)), open_(empty_) {}
  windowed(const windowed&) = default;
  windowed& operator=(const windowed&) = default;
  /// The windows moved from are as newly made.
  windowed(windowed&& other) noexcept : items_(other.items_), empty_(other.empty_), open_(other.empty_) { swap(other); }
  windowed& operator=(windowed&& other) noexcept {
    windowed taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Takes an item, and hands the window to the sink if that makes it full. Returns what the aggregate's `update`
  /// returns.
  template <class Sink>
  auto update(const sample& x, Sink&& sink) {
    if constexpr (std::is_void_v<decltype(open_.update(x))>) {
      open_.update(x);
      count(sink);
    } else {
      auto done = open_.update(x);
      count(sink);
      return done;
    }
  }
  auto update(const sample& x) {
    return update(x, [this](std::uint64_t, const Aggregate& full) { last_ = full; });
  }

  /// Forgets all items, and the last full window.
  void reset() {
    open_ = empty_;
    last_.reset();
    filled_ = 0;
    first_ = 0;
  }
  /// Does the window that is being filled have no item yet?
  bool empty() const noexcept { return filled_ == 0; }
  /// The window that is being filled, and below the last one that was full and went to no sink.
  const Aggregate& open() const noexcept { return open_; }
  const std::optional<Aggregate>& last() const noexcept { return last_; }

  std::vector<std::byte> save() const
  requires saveable<Aggregate>
  {
    envelope_writer to("tumbling_count");
    for (const std::uint64_t n : {std::uint64_t{items_}, std::uint64_t{filled_}, first_}) to.u64(n);
    to.block(empty_.save());
    to.block(open_.save());
    return std::move(to).finish();
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires saveable<Aggregate>
  {
    auto from = envelope_reader::open(bytes, "tumbling_count");
    if (!from) return std::move(from).error();
    const std::uint64_t items = from->u64();
    const std::uint64_t filled = from->u64();
    const std::uint64_t first = from->u64();
    if (Items != 0 && items != Items)
      return detail::other_window("width", static_cast<std::int64_t>(items), static_cast<std::int64_t>(Items));
    auto empty = Aggregate::load(from->block());
    if (!empty) return std::move(empty).error().wrap("saved tumbling_count");
    auto open = Aggregate::load(from->block());
    if (!open) return std::move(open).error().wrap("saved tumbling_count");
    if (auto done = from->finish(filled < items); !done) return std::move(done).error();
    return windowed(items, filled, first, *std::move(empty), *std::move(open));
  }

 private:
  windowed(std::uint64_t items, std::uint64_t filled, std::uint64_t first, Aggregate empty, Aggregate open)
      : items_(static_cast<std::size_t>(items)),
        filled_(static_cast<std::size_t>(filled)),
        first_(first),
        empty_(std::move(empty)),
        open_(std::move(open)) {}

  void swap(windowed& other) noexcept {
    detail::swap_members(*this, other, &windowed::items_, &windowed::filled_, &windowed::first_);
    std::swap(empty_, other.empty_);
    std::swap(open_, other.open_);
    std::swap(last_, other.last_);
  }
  /// Counts an item, and hands over the window if it is full.
  template <class Sink>
  void count(Sink& sink) {
    if (++filled_ != items_) return;
    sink(first_, std::as_const(open_));
    first_ += items_;
    filled_ = 0;
    open_ = empty_;
  }

  std::size_t items_;        // in a full window
  std::size_t filled_ = 0;   // in the open one so far
  std::uint64_t first_ = 0;  // the index of the open one's first item
  Aggregate empty_;
  Aggregate open_;
  std::optional<Aggregate> last_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_TUMBLING_HPP
