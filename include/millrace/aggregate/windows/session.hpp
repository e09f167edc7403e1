#ifndef MILLRACE_AGGREGATE_WINDOWS_SESSION_HPP
#define MILLRACE_AGGREGATE_WINDOWS_SESSION_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/windows/detail/pane_queue.hpp>
#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>
#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/detail/swap_members.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// Windows that last as long as items keep coming: a session begins with its first item, and ends `Gap` after its last,
/// if no item has come until then.
///
///     mr::windowed<mr::session<30s>, mr::aggregate<mr::count>> visits;
///     visits.update(1.0, mr::time_point(time), [](mr::time_range when, const auto& visit) { ... });
///
/// Models: by event time mergeable and saveable if the aggregate is. `last()` is neither merged nor saved.
/// Guarantee: sessions are the ones that the items would make in order of time: an item that comes late, but within the
/// lateness, may lengthen a session, or join two. Merging joins the open sessions of two streams; sessions that have
/// ended stay as they were.
/// Complexity: update as the aggregate's, and a merge where two sessions join. Memory: lateness / gap + 2 aggregates,
/// of sessions that are still open.
/// Allocates: for sessions, and what the aggregate does.
/// Threads: one at a time.
/// Errors: `make`: invalid_argument. merge: type_mismatch for another gap, and the aggregate's own.
template <duration Gap, class Aggregate, class Time>
class windowed<session<Gap>, Aggregate, Time> : public detail::time_of_items<detail::sample_t<Aggregate>, Time>,
                                                private detail::arrival_clock<Time> {
  static_assert(sizeof(session<Gap>) != 0);  // instantiates it, and so its static_asserts

 public:
  using sample = detail::sample_t<Aggregate>;
  using detail::time_of_items<sample, Time>::update;

  explicit windowed(Aggregate empty = Aggregate())
  requires(Gap.nanoseconds != 0)
      : gap_(Gap.nanoseconds), empty_(std::move(empty)) {}
  explicit windowed(duration gap, Aggregate empty = Aggregate())
  requires(Gap.nanoseconds == 0)
      : windowed(gap, std::move(empty), 0) {
    if (gap.nanoseconds <= 0) watermark_ = detail::end_of_time;  // every item comes too late
  }
  template <detail::bare_number Number>
  explicit windowed(Number, const auto&...)
  requires(Gap.nanoseconds == 0)
      : windowed(detail::no_unit<Number>::length) {}
  template <class Nothing = void>
  windowed()
  requires(Gap.nanoseconds == 0)
      : windowed(duration(1)) {
    static_assert(!std::is_void_v<Nothing>,
                  "millrace[WINDOW-9]: session<> has no gap of its own: give one to the constructor, or session<30s>");
  }
  /// Errors: invalid_argument for a gap that is not above zero. A window that is constructed with one takes no item:
  /// all count as late.
  static result<windowed> make(duration gap, Aggregate empty = Aggregate())
  requires(Gap.nanoseconds == 0)
  {
    if (gap.nanoseconds <= 0) return detail::no_length("session", "gap", gap);
    return windowed(gap, std::move(empty));
  }

  windowed(const windowed&) = default;
  windowed& operator=(const windowed&) = default;
  /// A window that has been moved from is as newly made.
  windowed(windowed&& other) noexcept : windowed(duration(other.gap_), other.empty_, 0) { swap(other); }
  windowed& operator=(windowed&& other) noexcept {
    windowed taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Takes an item. Before, hands the sessions that end by its time to `sink(time_range, const Aggregate&)`, in order.
  template <class Sink>
  auto update(const sample& x, time_point time, Sink&& sink)
  requires(!detail::by_arrival<Time>)
  {
    return take(x, time.nanoseconds, sink);
  }
  template <class Sink>
  requires(detail::by_arrival<Time> && std::is_invocable_v<Sink&, time_range, const Aggregate&>)
  auto update(const sample& x, Sink&& sink) {
    return take(x, this->now(), sink);
  }
  /// Without a sink the session that ended last is kept, in `last()`.
  auto update(const sample& x, time_point time)
  requires(!detail::by_arrival<Time>)
  {
    return update(x, time, keep());
  }
  auto update(const sample& x)
  requires(detail::by_arrival<Time>)
  {
    return update(x, keep());
  }

  /// Lets time pass without an item.
  template <class Sink>
  void advance(time_point time, Sink&& sink)
  requires(!detail::by_arrival<Time>)
  {
    close_until(detail::earlier_by(time.nanoseconds, Time::lateness), sink);
  }
  void advance(time_point time)
  requires(!detail::by_arrival<Time>)
  {
    advance(time, keep());
  }
  template <class Sink>
  void advance(Sink&& sink)
  requires(detail::by_arrival<Time>)
  {
    close_until(this->now(), sink);
  }
  void advance()
  requires(detail::by_arrival<Time>)
  {
    advance(keep());
  }

  /// Ends all sessions: the stream is over. What still comes is late.
  template <class Sink>
  void finish(Sink&& sink) {
    close_until(detail::end_of_time, sink);
  }
  void finish() { finish(keep()); }

  const std::optional<ended_window<Aggregate>>& last() const noexcept { return last_; }
  /// How many items came from before the watermark, and were left out.
  std::uint64_t late() const noexcept { return late_; }
  /// How many items were further ahead than `event_time` allows, and were left out.
  std::uint64_t refused() const noexcept { return refused_; }
  /// Is no session open?
  bool empty() const noexcept { return open_.empty(); }
  /// Forgets all items and times, and the last session.
  void reset() { *this = windowed(duration(gap_), empty_, 0); }
  std::size_t open_sessions() const noexcept { return open_.size(); }

  /// Errors: type_mismatch, if the gap is another; the aggregate's own.
  result<void> merge(const windowed& other)
  requires(!detail::by_arrival<Time>)
  {
    if (other.gap_ != gap_) return detail::other_window("gap", duration(other.gap_), duration(gap_));
    windowed both = *this;
    for (const one& theirs : other.open_)
      if (auto done = both.join(theirs); !done) return done;
    if (other.watermark_ > both.watermark_) both.watermark_ = other.watermark_;
    both.late_ += other.late_;
    both.refused_ += other.refused_;
    *this = std::move(both);
    return {};
  }

  std::vector<std::byte> save() const
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    envelope_writer to("session");
    to.i64(gap_);
    to.i64(watermark_);
    to.u64(late_);
    to.block(empty_.save());
    to.u64(open_.size());
    for (const one& each : open_) {
      to.i64(each.first);
      to.i64(each.last);
      to.block(each.sum.save());
    }
    detail::save_refused(to, refused_);
    return std::move(to).finish();
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(!detail::by_arrival<Time> && saveable<Aggregate>)
  {
    auto from = envelope_reader::open(bytes, "session");
    if (!from) return std::move(from).error();
    const std::int64_t gap = from->i64();
    if (Gap.nanoseconds != 0 && gap != Gap.nanoseconds)
      return detail::other_window("gap", duration(gap), duration(Gap.nanoseconds));
    const std::int64_t watermark = from->i64();
    const std::uint64_t late = from->u64();
    auto empty = Aggregate::load(from->block());
    if (!empty) return std::move(empty).error().wrap("saved session");
    windowed made(duration(gap), *std::move(empty), 0);
    made.watermark_ = watermark;
    made.late_ = late;
    bool valid = gap > 0;
    const std::size_t count = from->count(24);
    for (std::size_t i = 0; i != count; ++i) {
      const std::int64_t first = from->i64();
      const std::int64_t last = from->i64();
      valid = valid && first <= last && detail::later_by(last, gap) > watermark &&
              (i == 0 || detail::later_by(made.open_.back().last, gap) <= first);
      auto sum = Aggregate::load(from->block());
      if (!sum) return std::move(sum).error().wrap("saved session");
      made.open_.push_back(one{first, last, *std::move(sum)});
    }
    made.refused_ = detail::load_refused(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  windowed(duration gap, Aggregate empty, int)
      : gap_(gap.nanoseconds > 0 ? gap.nanoseconds : 1), empty_(std::move(empty)) {}

  void swap(windowed& other) noexcept {
    detail::swap_two<detail::arrival_clock<Time>>(*this, other);
    detail::swap_members(*this, other, &windowed::gap_, &windowed::watermark_, &windowed::late_, &windowed::refused_,
                         &windowed::open_);
    std::swap(empty_, other.empty_);
    std::swap(last_, other.last_);
  }

  /// An open session: the times of its first and last item.
  struct one {
    std::int64_t first;
    std::int64_t last;
    Aggregate sum;
  };

  auto keep() {
    return
        [this](const time_range& when, const Aggregate& what) { last_.emplace(ended_window<Aggregate>{when, what}); };
  }

  template <class Sink>
  auto take(const sample& x, std::int64_t time, Sink& sink) {
    using answer = decltype(std::declval<Aggregate&>().update(x));
    const bool too_far = watermark_ != detail::beginning_of_time &&
                         detail::jumps(detail::later_by(watermark_, Time::lateness), time, Time::jump);
    if (!too_far) close_until(detail::earlier_by(time, Time::lateness), sink);
    if (too_far || time < watermark_) {
      ++(too_far ? refused_ : late_);
      if constexpr (std::is_void_v<answer>)
        return;
      else
        return answer();
    } else {
      return session_of(time).update(x);
    }
  }

  template <class Sink>
  void close_until(std::int64_t time, Sink& sink) {
    if (time > watermark_) watermark_ = time;
    std::size_t done = 0;
    // A session stays open while an item of the watermark's time, the earliest that may still come, would belong to it.
    for (; done != open_.size() && detail::later_by(open_[done].last, gap_) <= watermark_; ++done)
      sink(time_range{time_point(open_[done].first), time_point(detail::later_by(open_[done].last, gap_))},
           std::as_const(open_[done].sum));
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  Aggregate& session_of(std::int64_t time) {
    // The first session that does not end before the item, looked for from the newest on.
    std::size_t i = open_.size();
    while (i != 0 && detail::later_by(open_[i - 1].last, gap_) > time) --i;
    if (i == open_.size() || detail::earlier_by(open_[i].first, gap_) >= time)
      return open_.insert(open_.begin() + static_cast<std::ptrdiff_t>(i), one{time, time, empty_})->sum;
    one& found = open_[i];
    if (time < found.first) found.first = time;
    if (time > found.last) found.last = time;
    if (i + 1 != open_.size() && meets(open_[i + 1], found)) (void)take_in(i, i + 1);
    return open_[i].sum;
  }

  /// Is there less than the gap between an earlier and a later session?
  bool meets(const one& later, const one& earlier) const noexcept {
    return detail::earlier_by(later.first, gap_) < earlier.last;
  }
  /// Session j becomes part of session i.
  result<void> take_in(std::size_t i, std::size_t j) {
    one& into = open_[i];
    const one& from = open_[j];
    if (from.first < into.first) into.first = from.first;
    if (from.last > into.last) into.last = from.last;
    result<void> done = detail::merge_into(into.sum, from.sum);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(j));
    return done;
  }
  result<void> join(const one& session) {
    std::size_t i = 0;
    while (i != open_.size() && open_[i].first < session.first) ++i;
    open_.insert(open_.begin() + static_cast<std::ptrdiff_t>(i), session);
    if (i != 0 && meets(open_[i], open_[i - 1])) {
      --i;
      if (auto done = take_in(i, i + 1); !done) return done;
    }
    while (i + 1 != open_.size() && meets(open_[i + 1], open_[i]))
      if (auto done = take_in(i, i + 1); !done) return done;
    return {};
  }

  std::int64_t gap_;
  Aggregate empty_;
  std::vector<one> open_;  // by time
  std::optional<ended_window<Aggregate>> last_;
  std::int64_t watermark_ = detail::beginning_of_time;
  std::uint64_t late_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_SESSION_HPP
