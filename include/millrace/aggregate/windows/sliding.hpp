#ifndef MILLRACE_AGGREGATE_WINDOWS_SLIDING_HPP
#define MILLRACE_AGGREGATE_WINDOWS_SLIDING_HPP

#include <millrace/aggregate/windows/detail/disorder_engine.hpp>
#include <millrace/aggregate/windows/detail/ring.hpp>
#include <millrace/aggregate/windows/detail/window_bytes.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/detail/swap_members.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// An engine of items that come in order, with their times.
template <class Ops, class Engine>
class timed_in_order {
 public:
  using sample = typename Ops::sample;
  static constexpr std::string_view contents = contents_name<Engine, sample>();

  explicit timed_in_order(const typename Ops::running& empty) : engine_(empty) {}

  [[gnu::always_inline]] void insert(std::int64_t time, const sample& x) {
    times_.push_back(time);
    engine_.insert(x);
  }
  /// x may be null, for an item that can no longer matter: see `each_item`.
  void insert(std::int64_t time, const sample* x) {
    times_.push_back(time);
    insert_item(engine_, x);
  }
  [[gnu::always_inline]] void evict_until(std::int64_t time) {
    while (!times_.empty() && times_.front() <= time) evict_oldest();
  }
  [[gnu::always_inline]] void evict_oldest() {
    times_.pop_front();
    engine_.evict(1);
  }
  [[gnu::always_inline]] auto query() const { return engine_.query(); }
  bool has_until(std::int64_t time) const noexcept { return !times_.empty() && times_.front() <= time; }
  std::size_t size() const noexcept { return times_.size(); }
  const typename Ops::tally& counted() const noexcept { return engine_.counted(); }
  typename Ops::tally& counted() noexcept { return engine_.counted(); }
  /// Calls f(time, pointer to the item) for each item, by time.
  template <class F>
  void for_each(F&& f) const {
    std::uint64_t place = times_.begin();
    each_item(engine_, [&](const sample* x) { f(times_[place++], x); });
  }

  void save(envelope_writer& to) const {
    to.u64(times_.size());
    for (std::uint64_t p = times_.begin(); p != times_.end(); ++p) to.i64(times_[p]);
    save_items(to, engine_, engine_.begin());
  }
  /// Returns false unless the items' times ascend and are in (begin, end].
  bool load(envelope_reader& from, std::int64_t begin, std::int64_t end) {
    const std::size_t count = from.count(8);
    std::int64_t latest = begin;
    for (std::size_t i = 0; i != count; ++i) {
      const std::int64_t time = from.i64();
      if (time < latest || time == begin || time > end) return false;
      times_.push_back(latest = time);
    }
    return load_items<Ops>(from, engine_) && engine_.size() == count;
  }

 private:
  ring<std::int64_t> times_;
  Engine engine_;
};

/// An engine of items that come in any order, with their times.
template <class Ops>
class timed_in_disorder : public disorder_engine<Ops> {
 public:
  using typename disorder_engine<Ops>::sample;
  static constexpr std::string_view contents = std::is_same_v<sample, xy> ? "timed pairs" : "timed items";

  using disorder_engine<Ops>::disorder_engine;
  using disorder_engine<Ops>::insert;
  void insert(std::int64_t time, const sample* x) { insert(time, *x); }

  template <class F>
  void for_each(F&& f) const {
    disorder_engine<Ops>::for_each([&](std::int64_t time, const sample& x) { f(time, &x); });
  }
  void save(envelope_writer& to) const {
    to.u64(this->size());
    for_each([&](std::int64_t time, const sample* x) {
      to.i64(time);
      save_item(to, *x);
    });
  }
  bool load(envelope_reader& from, std::int64_t begin, std::int64_t end) {
    const std::size_t count = from.count(8 + sizeof(sample));
    std::int64_t latest = begin;
    for (std::size_t i = 0; i != count; ++i) {
      const std::int64_t time = from.i64();
      sample x{};
      load_item(from, x);
      if (time < latest || time == begin || time > end) return false;
      if (Ops::skips(x) || !Ops::admit(typename Ops::running{}, x, i)) return false;
      insert(latest = time, x);
    }
    return true;
  }
};

}  // namespace detail

/// An aggregate over the items of the last stretch of time, (now - length, now]; each item is forgotten by itself. Now
/// is the greatest time of an item or an `advance` so far; of windows by arrival, the time of the call that asks.
///
///     mr::windowed<mr::sliding<5min>, mr::aggregate<mr::count, mr::mean>, mr::event_time<10s>> recent;
///     recent.update(x, mr::time_point(time));
///
/// Models: by event time mergeable and saveable (items that are doubles or pairs).
/// Guarantee: as for `sliding_count`. With lateness, what the window holds does not depend on the order in which items
/// came, except for rounding and, in members such as `argmin`, for items of equal times. Merging two windows of one
/// length gives what one window over both streams would be; its now is the later of the two.
/// Complexity: items in order as for `sliding_count`; out of order amortised near O(1), O(sqrt n) at worst, see
/// `detail::disorder_engine`. get O(1), merge O(n). By arrival, get of a const window from which items have to go
/// copies the window. Memory: item and time for each item in the window. At most `most` items are kept: beyond, the
/// oldest is dropped before its time, and counted in `dropped()`.
/// Allocates: when it holds more items than ever before; else it uses memory again.
/// Threads: one at a time; const calls from any number.
/// Errors: `make`: invalid_argument. merge: type_mismatch for another length.
template <duration Length, class Forgetting, class Aggregate, class Time>
class windowed<sliding<Length, duration{}, Forgetting>, Aggregate, Time>
    : public detail::sliding_answers<windowed<sliding<Length, duration{}, Forgetting>, Aggregate, Time>, Aggregate>,
      public detail::time_of_items<detail::sample_t<Aggregate>, Time>,
      private detail::arrival_clock<Time> {
  static_assert(detail::keeps_one_each<Aggregate>,
                "millrace[WINDOW-6]: this window keeps partial aggregates beside its items, and the aggregate is too "
                "large or has heap memory; use sliding<length, pane> or tumbling windows");
  static_assert(sizeof(sliding<Length>) != 0);  // instantiates it, and so its static_asserts
  static constexpr bool ordered = Time::lateness == 0;
  static_assert(ordered || std::is_same_v<Forgetting, automatic>,
                "millrace[WINDOW-7]: worst_case and subtracting are for items that come in order, without lateness");
  using ops = detail::window_ops<Aggregate>;
  using engine_type =
      typename std::conditional_t<ordered, detail::in_order_of<ops, Aggregate, Forgetting, detail::timed_in_order>,
                                  std::type_identity<detail::timed_in_disorder<ops>>>::type;
  using answers = detail::sliding_answers<windowed, Aggregate>;
  friend answers;

 public:
  using sample = typename ops::sample;
  static constexpr std::size_t unbounded = ~std::size_t{0};

  /// `most`: how many items the window keeps at most; 0 is taken as 1.
  explicit windowed(std::size_t most = unbounded)
  requires(Length.nanoseconds != 0)
      : windowed(Length, most, 0) {}
  explicit windowed(duration length, std::size_t most = unbounded)
  requires(Length.nanoseconds == 0)
      : windowed(length, most, 0) {}
  template <detail::bare_number Number>
  explicit windowed(Number, const auto&...)
  requires(Length.nanoseconds == 0)
      : windowed(detail::no_unit<Number>::length, unbounded, 0) {}
  template <class Nothing = void>
  windowed()
  requires(Length.nanoseconds == 0)
      : windowed(Length, 1, 0) {
    static_assert(
        !std::is_void_v<Nothing>,
        "millrace[WINDOW-9]: sliding<> has no length of its own: give one to the constructor, or sliding<5min>");
  }
  /// Errors: invalid_argument for a length that is not above zero. A window that is constructed with one takes no item:
  /// all count as late.
  static result<windowed> make(duration length, std::size_t most = unbounded)
  requires(Length.nanoseconds == 0)
  {
    if (length.nanoseconds <= 0) return detail::no_length("sliding", "length", length);
    return windowed(length, most);
  }

  windowed(const windowed&) = default;
  windowed& operator=(const windowed&) = default;
  /// The window moved from is as newly made.
  windowed(windowed&& other) noexcept : windowed(duration(other.length_), other.most_, 0) { swap(other); }
  windowed& operator=(windowed&& other) noexcept {
    windowed taken(std::move(other));
    swap(taken);
    return *this;
  }

  /// Takes an item. Returns void, or result<void> if the aggregate can refuse an item.
  [[gnu::always_inline]] auto update(const sample& x)
  requires(detail::by_arrival<Time>)
  {
    return taken(x, this->now());
  }
  [[gnu::always_inline]] auto update(const sample& x, time_point time)
  requires(!detail::by_arrival<Time>)
  {
    return taken(x, time.nanoseconds);
  }

  using detail::time_of_items<typename ops::sample, Time>::update;

  /// Lets time pass without an item. Time does not go back.
  void advance(time_point time)
  requires(!detail::by_arrival<Time>)
  {
    pass(time.nanoseconds);
  }
  void advance()
  requires(detail::by_arrival<Time>)
  {
    pass(this->now());
  }

  duration length() const noexcept { return duration(length_); }
  /// How many items came from before the watermark or the window, and were left out.
  std::uint64_t late() const noexcept { return late_; }
  /// How many items were further ahead than `event_time` allows, and were left out.
  std::uint64_t refused() const noexcept { return refused_; }
  bool empty() const noexcept { return engine_.size() == 0; }
  /// Forgets all items and times.
  void reset() { *this = windowed(duration(length_), most_, 0); }
  /// How many items were dropped before their time, to make room when the window had `most` items.
  std::uint64_t dropped() const noexcept { return dropped_; }

  /// Adds the window of another stream.
  /// Errors: type_mismatch, if it is of another length.
  result<void> merge(const windowed& other)
  requires(!detail::by_arrival<Time>)
  {
    if (other.length_ != length_) return detail::other_window("length", duration(other.length_), duration(length_));
    windowed both(duration(length_), most_, 0);
    both.now_ = now_ > other.now_ ? now_ : other.now_;
    both.late_ = late_ + other.late_;
    both.refused_ = refused_ + other.refused_;
    both.dropped_ = dropped_ + other.dropped_;
    both.engine_.counted().skipped_before(engine_.counted().skipped_before() +
                                          other.engine_.counted().skipped_before());
    std::vector<std::pair<std::int64_t, const sample*>> theirs;
    theirs.reserve(other.size());
    other.engine_.for_each([&](std::int64_t time, const sample* x) { theirs.emplace_back(time, x); });
    auto next = theirs.begin();
    const std::int64_t gone = detail::earlier_by(both.now_, length_);
    const auto join = [&](std::int64_t time, const sample* x) {
      if (time > gone) both.insert(time, x);
    };
    engine_.for_each([&](std::int64_t time, const sample* x) {
      for (; next != theirs.end() && next->first < time; ++next) join(next->first, next->second);
      join(time, x);
    });
    for (; next != theirs.end(); ++next) join(next->first, next->second);
    *this = std::move(both);
    return {};
  }

  std::vector<std::byte> save() const
  requires(!detail::by_arrival<Time> && detail::has_bytes<sample>)
  {
    envelope_writer to(type());
    to.i64(length_);
    to.u64(most_);
    to.i64(now_);
    to.u64(late_);
    to.u64(dropped_);
    to.u64(engine_.counted().skipped_before());
    engine_.save(to);
    detail::save_refused(to, refused_);
    return std::move(to).finish();
  }
  static result<windowed> load(std::span<const std::byte> bytes)
  requires(!detail::by_arrival<Time> && detail::has_bytes<sample>)
  {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    const std::int64_t length = from->i64();
    if (Length.nanoseconds != 0 && length != Length.nanoseconds)
      return detail::other_window("length", duration(length), duration(Length.nanoseconds));
    const std::uint64_t most = from->u64();
    windowed made(duration(length), static_cast<std::size_t>(most), 0);
    made.now_ = from->i64();
    made.late_ = from->u64();
    made.dropped_ = from->u64();
    made.engine_.counted().skipped_before(from->u64());
    const bool valid = length >= 0 && most > 0 &&
                       made.engine_.load(*from, detail::earlier_by(made.now_, length), made.now_) &&
                       made.size() <= most;
    made.refused_ = detail::load_refused(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  windowed(duration length, std::size_t most, int)
      : length_(length.nanoseconds > 0 ? length.nanoseconds : 0),
        most_(most == 0 ? 1 : most),
        engine_(typename ops::running{}) {}
  void swap(windowed& other) noexcept {
    detail::swap_two<detail::arrival_clock<Time>>(*this, other);
    detail::swap_members(*this, other, &windowed::length_, &windowed::most_, &windowed::now_, &windowed::late_,
                         &windowed::refused_, &windowed::dropped_, &windowed::engine_);
  }

  [[gnu::always_inline]] auto taken(const sample& x, std::int64_t time) {
    if constexpr (detail::may_refuse<Aggregate>) {
      result<void> allowed = ops::admit(typename ops::running{}, x, 0);
      if (allowed) take(x, time);
      return allowed;
    } else {
      take(x, time);
    }
  }
  [[gnu::always_inline]] void take(const sample& x, std::int64_t time) {
    if constexpr (Time::jump != 0)
      if (detail::jumps(now_, time, Time::jump)) [[unlikely]] {
        ++refused_;
        return;
      }
    pass(time);
    if (ops::skips(x)) [[unlikely]] {
      engine_.counted().refuse();
      return;
    }
    if (time < detail::earlier_by(now_, Time::lateness) || time <= detail::earlier_by(now_, length_)) [[unlikely]] {
      ++late_;
      return;
    }
    insert(time, x);
  }
  template <class X>
  [[gnu::always_inline]] void insert(std::int64_t time, const X& x) {
    if (engine_.size() == most_) [[unlikely]] {
      ++dropped_;
      engine_.evict_oldest();
    }
    engine_.insert(time, x);
  }
  [[gnu::always_inline]] auto as_of_now() {
    if constexpr (detail::by_arrival<Time>) pass(this->now());
    return answers::as_of_now();
  }
  [[gnu::always_inline]] auto as_of_now() const {
    if constexpr (detail::by_arrival<Time>) {
      const std::int64_t now = this->now();
      if (engine_.has_until(detail::earlier_by(now, length_))) {
        windowed later = *this;
        later.pass(now);
        return later.answers::as_of_now();
      }
    }
    return answers::as_of_now();
  }
  [[gnu::always_inline]] void pass(std::int64_t time) {
    if (time <= now_) return;
    now_ = time;
    engine_.evict_until(detail::earlier_by(now_, length_));
  }

  static std::string type() { return "sliding<" + std::string(engine_type::contents) + ">"; }

  std::int64_t length_;
  std::size_t most_;
  std::int64_t now_ = detail::beginning_of_time;
  std::uint64_t late_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
  engine_type engine_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_SLIDING_HPP
