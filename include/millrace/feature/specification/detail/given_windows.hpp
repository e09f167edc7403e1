#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_WINDOWS_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_WINDOWS_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/detail/aggregation_words.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// The windows of `window_state`, with lengths that are given at run time. They give the same bits.

/// Lateness that is bounded by who calls.
using any_lateness = event_time<duration((std::numeric_limits<std::int64_t>::max)())>;

/// An aggregate whose members are measures, from one of a place in `measures` on. Members that rest on the same state
/// are kept together, as each window that there is costs the compiler.
template <std::size_t First, class... Members>
struct figures {
  using aggregate_type = aggregate<Members...>;
  static constexpr bool is_sketch = First >= first_sketch;
  static constexpr bool has(std::size_t measure) noexcept {
    return measure >= First && measure < First + sizeof...(Members);
  }
  template <class Window>
  static double value(Window& of, const given_aggregation& how) {
    std::size_t member = First;
    double found = math::nan;
    ((how.measure == member++ ? void(found = number(of.template get<Members>(), how)) : void()), ...);
    return found;
  }

 private:
  template <class Figure>
  static double number(const Figure& of, const given_aggregation& how) {
    if constexpr (requires { of(how.quantile); })
      return of(how.quantile);
    else
      return static_cast<double>(of);
  }
};

/// Each event is forgotten by itself. Without lateness the window keeps its items in order.
template <class Figure, bool Ordered>
struct exact_window {
  using window =
      windowed<sliding<>, typename Figure::aggregate_type, std::conditional_t<Ordered, event_time<>, any_lateness>>;
  static window made(const given_aggregation& how) { return window(duration(how.length)); }
  static std::int64_t tick(std::int64_t time, const given_aggregation&) noexcept { return time; }
  static duration length(const given_aggregation& how) noexcept { return duration(how.length); }
};
/// A pane is forgotten as a whole. For the window a pane is of two ticks, since that is in its type, and the second is
/// the pane's last nanosecond: as of that one alone, the oldest pane has left a window of whole panes.
template <class Figure>
struct paned_window {
  using window = windowed<sliding<duration{}, duration(2)>, typename Figure::aggregate_type, any_lateness>;
  static window made(const given_aggregation& how) { return window(length(how)); }
  static std::int64_t tick(std::int64_t time, const given_aggregation& how) noexcept {
    std::int64_t pane = time / how.pane;
    std::int64_t into = time % how.pane;
    if (into < 0) {
      into += how.pane;
      --pane;
    }
    return 2 * pane + (into == how.pane - 1 ? 1 : 0);
  }
  static duration length(const given_aggregation& how) noexcept { return duration(2 * (how.length / how.pane)); }
};

/// What an aggregation keeps, key by key in the order of their places.
class kept_windows {
 public:
  kept_windows() = default;
  kept_windows(const kept_windows&) = default;
  kept_windows& operator=(const kept_windows&) = delete;
  virtual ~kept_windows() = default;
  virtual kept_windows* clone() const = 0;
  /// As of now, before what happens now is remembered.
  virtual double read(std::size_t place, std::int64_t now) = 0;
  /// Of a key without events.
  virtual double read_none(std::int64_t now) = 0;
  virtual void remember(std::size_t place, double x, std::int64_t now) = 0;
  virtual void add() = 0;
  virtual void keep_only(const std::vector<std::size_t>& places) = 0;
  virtual void save(envelope_writer& to, std::size_t place) const = 0;
  /// Reads what is kept for one more key.
  virtual bool load_next(envelope_reader& from) = 0;
};

template <class Kind, class Figure>
class windows_of final : public kept_windows {
 public:
  explicit windows_of(given_aggregation how) : how_(std::move(how)) {}

  kept_windows* clone() const override { return new windows_of(*this); }
  double read(std::size_t place, std::int64_t now) override { return value(all_[place], now); }
  double read_none(std::int64_t now) override {
    if (none_.empty()) none_.emplace_back(how_);
    return value(none_[0], now);
  }
  void remember(std::size_t place, double x, std::int64_t now) override {
    state& into = all_[place];
    if (math::is_nan(x)) return;
    into.pass(now);
    if (!into.is_late(now, how_.lateness)) (void)into.kept.update(x, time_point(Kind::tick(now, how_)));
  }
  void add() override { all_.emplace_back(how_); }
  void keep_only(const std::vector<std::size_t>& places) override {
    std::vector<state> kept;
    for (const std::size_t i : places) kept.push_back(std::move(all_[i]));
    all_ = std::move(kept);
  }
  void save(envelope_writer& to, std::size_t place) const override {
    to.i64(all_[place].now);
    to.block(all_[place].kept.save());
  }
  bool load_next(envelope_reader& from) override {
    const std::int64_t now = from.i64();
    auto found = Kind::window::load(from.block());
    if (!found || found->length() != Kind::length(how_)) return false;
    all_.emplace_back(std::move(*found), now);
    return true;
  }

 private:
  struct state {
    typename Kind::window kept;
    std::int64_t now = (std::numeric_limits<std::int64_t>::min)();  // the greatest so far; lateness counts from it

    explicit state(const given_aggregation& how) : kept(Kind::made(how)) {}
    state(typename Kind::window found, std::int64_t latest) : kept(std::move(found)), now(latest) {}
    void pass(std::int64_t time) noexcept {
      if (time > now) now = time;
    }
    bool is_late(std::int64_t time, std::int64_t lateness) const noexcept {
      return static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(time) > static_cast<std::uint64_t>(lateness);
    }
  };
  double value(state& of, std::int64_t now) {
    of.pass(now);
    of.kept.advance(time_point(Kind::tick(now, how_)));
    return Figure::value(of.kept, how_);
  }

  given_aggregation how_;
  std::vector<state> all_;
  std::vector<state> none_;  // one without events, once it was asked
};

template <class Figure>
kept_windows* windows_with(const given_aggregation& how) {
  if (how.pane != 0) return new windows_of<paned_window<Figure>, Figure>(how);
  if constexpr (!Figure::is_sketch) {
    if (how.lateness == 0) return new windows_of<exact_window<Figure, true>, Figure>(how);
    return new windows_of<exact_window<Figure, false>, Figure>(how);
  }
  return nullptr;  // `aggregation_of` has seen to it that sketches have panes
}
/// What an aggregation keeps. A template, so that including it compiles none of them.
template <class Aggregation>
owning_pointer<kept_windows> windows_for(const Aggregation& how) {
  owning_pointer<kept_windows> made;
  const auto make = [&]<class... Figures>(std::type_identity<Figures>...) {
    ((Figures::has(how.measure) ? void(made = owning_pointer<kept_windows>(windows_with<Figures>(how))) : void()), ...);
  };
  make(std::type_identity<figures<0, millrace::count>>(), std::type_identity<figures<1, sum, mean>>(),
       std::type_identity<figures<3, variance, stddev>>(),
       std::type_identity<figures<5, millrace::min, millrace::max, millrace::range, first, last>>(),
       std::type_identity<figures<10, median, interquartile_range, quantiles<>>>(),
       std::type_identity<figures<13, distinct<>>>());
  return made;
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_WINDOWS_HPP
