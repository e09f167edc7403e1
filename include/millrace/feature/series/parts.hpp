#ifndef MILLRACE_FEATURE_SERIES_PARTS_HPP
#define MILLRACE_FEATURE_SERIES_PARTS_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/windows/sliding.hpp>
#include <millrace/aggregate/windows/sliding_count.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// A part of a `history` is an accessor and what it keeps for each key:
//   describe(text)             appends its kind and parameters
//   state                      with read(now, x), the column's value as of a time before x is remembered; remember(x,
//                              now); save(to) and load(from); takes_late: whether it remembers events out of order
// where x is NaN for a missing value, which is remembered as such by places and left out by windows.

template <class Member, duration Length, duration Pane, duration Lateness>
struct window_state {
  using window = windowed<sliding<Length, Pane>, aggregate<Member>, event_time<Lateness>>;
  static constexpr bool takes_late = true;
  window kept = window();

  double read(std::int64_t now, double) {
    kept.advance(time_point(now));
    return static_cast<double>(kept.template get<Member>());
  }
  void remember(double x, std::int64_t now) {
    if (!math::is_nan(x)) (void)kept.update(x, time_point(now));
  }
  void save(envelope_writer& to) const { to.block(kept.save()); }
  bool load(envelope_reader& from) {
    auto found = window::load(from.block());
    if (found) kept = std::move(*found);
    return found.has_value();
  }
};
template <class Member, std::size_t Items>
struct rolling_state {
  using window = windowed<sliding_count<Items>, aggregate<Member>>;
  static constexpr bool takes_late = false;
  window kept = window();

  double read(std::int64_t, double) { return static_cast<double>(kept.template get<Member>()); }
  void remember(double x, std::int64_t) {
    if (!math::is_nan(x)) (void)kept.update(x);
  }
  void save(envelope_writer& to) const { to.block(kept.save()); }
  bool load(envelope_reader& from) {
    auto found = window::load(from.block());
    if (found) kept = std::move(*found);
    return found.has_value();
  }
};
template <std::size_t Places, bool Difference>
struct lag_state {
  static constexpr bool takes_late = false;
  double kept[Places];
  std::size_t next = 0;

  lag_state() noexcept {
    for (double& one : kept) one = math::nan;
  }
  double read(std::int64_t, double x) const noexcept { return Difference ? x - kept[next] : kept[next]; }
  void remember(double x, std::int64_t) noexcept {
    kept[next] = x;
    next = next + 1 == Places ? 0 : next + 1;
  }
  void save(envelope_writer& to) const {
    to.u64(next);
    for (const double one : kept) to.f64(one);
  }
  bool load(envelope_reader& from) noexcept {
    const std::uint64_t at = from.u64();
    for (double& one : kept) one = from.f64();
    next = at < Places ? static_cast<std::size_t>(at) : 0;
    return at < Places;
  }
};
struct elapsed_state {
  static constexpr bool takes_late = false;
  std::int64_t last = 0;
  bool any = false;

  double read(std::int64_t now, double) const noexcept {
    // Whole, since times since 1970 as doubles are 256 ns apart. What is asked about is not before the last event.
    return any ? static_cast<double>(static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(last)) * 1e-9
               : math::nan;
  }
  void remember(double, std::int64_t now) noexcept {
    last = now;
    any = true;
  }
  void save(envelope_writer& to) const {
    to.u8(any ? 1 : 0);
    to.i64(last);
  }
  bool load(envelope_reader& from) noexcept {
    const std::uint8_t is = from.u8();
    last = from.i64();
    any = is == 1;
    return is <= 1;
  }
};

/// How a length of time is described: in nanoseconds, which tells any two apart.
inline void append_length(std::string& text, duration length) { (text += std::to_string(length.nanoseconds)) += "ns"; }

template <fixed_string Name, class State, class Accessor, class Describe>
class history_part {
 public:
  static constexpr std::string_view name = Name.view();
  using state = State;
  using accessor_type = Accessor;
  using cell = number_cell;

  constexpr explicit history_part(Accessor accessor) : accessor_(std::move(accessor)) {}
  static void describe(std::string& text) { Describe()((text += name) += ": "); }
  /// The event's value; NaN if it is missing or infinite.
  template <class Event>
  double value(const Event& event) const {
    return with_cell<number_cell>(event, accessor_, [](const number_cell& read, trouble found) {
      return found == trouble::none ? read.value : math::nan;
    });
  }

 private:
  [[no_unique_address]] Accessor accessor_;
};
struct nothing_read {
  template <class Event>
  constexpr double operator()(const Event&) const noexcept {
    return 0;
  }
};

template <class T>
inline constexpr bool is_history_part = false;
template <fixed_string Name, class State, class Accessor, class Describe>
inline constexpr bool is_history_part<history_part<Name, State, Accessor, Describe>> = true;

}  // namespace detail

/// Part of a `history`: a member of an aggregate over what the key's events had in the last `Length` of event time:
/// `window<"spent_1h", mr::sum, 1h>(&payment::amount)`, with <chrono> and its literals. Members that are sketches, or
/// more events than memory has room for, need panes: `window<"p90", mr::median, 1h, 1min>`, which then covers up to one
/// pane more.
/// `Lateness`: an event that comes that much after a later one is still remembered.
template <fixed_string Name, class Member, duration Length, duration Pane = duration{}, duration Lateness = duration{},
          class Accessor>
constexpr auto window(Accessor accessor) {
  static_assert(Length.nanoseconds > 0, "millrace[FEATURE-25]: a window of a history has a length above zero");
  constexpr auto describe = [](std::string& text) {
    text += "window(";
    text += type_name<Member>;
    for (const duration one : {Length, Pane, Lateness}) detail::append_length(text += ", ", one);
    text += ')';
  };
  return detail::history_part<Name, detail::window_state<Member, Length, Pane, Lateness>, Accessor, decltype(describe)>(
      std::move(accessor));
}

/// Part of a `history`: a member of an aggregate over the last `Items` values of the key's events, however long ago
/// they were: `rolling<"mean_5", mr::mean, 5>(&payment::amount)`.
template <fixed_string Name, class Member, std::size_t Items, class Accessor>
constexpr auto rolling(Accessor accessor) {
  static_assert(Items >= 1, "millrace[FEATURE-23]: a history looks back by one event at least");
  constexpr auto describe = [](std::string& text) {
    text += "rolling(";
    text += type_name<Member>;
    ((text += ", ") += std::to_string(Items)) += ')';
  };
  return detail::history_part<Name, detail::rolling_state<Member, Items>, Accessor, decltype(describe)>(
      std::move(accessor));
}

/// Part of a `history`: the value that the key's event had `Places` events ago; NaN if there was none, or it had none.
template <fixed_string Name, std::size_t Places = 1, class Accessor>
constexpr auto lag(Accessor accessor) {
  static_assert(Places >= 1, "millrace[FEATURE-23]: a history looks back by one event at least");
  constexpr auto describe = [](std::string& text) { ((text += "lag(") += std::to_string(Places)) += ')'; };
  return detail::history_part<Name, detail::lag_state<Places, false>, Accessor, decltype(describe)>(
      std::move(accessor));
}

/// Part of a `history`: the event's own value less the one that the key's event had `Places` events ago.
template <fixed_string Name, std::size_t Places = 1, class Accessor>
constexpr auto difference(Accessor accessor) {
  static_assert(Places >= 1, "millrace[FEATURE-23]: a history looks back by one event at least");
  constexpr auto describe = [](std::string& text) { ((text += "difference(") += std::to_string(Places)) += ')'; };
  return detail::history_part<Name, detail::lag_state<Places, true>, Accessor, decltype(describe)>(std::move(accessor));
}

/// Part of a `history`: the seconds since the key's last event; NaN for the first.
template <fixed_string Name>
constexpr auto elapsed() {
  constexpr auto describe = [](std::string& text) { text += "elapsed"; };
  return detail::history_part<Name, detail::elapsed_state, detail::nothing_read, decltype(describe)>(
      detail::nothing_read());
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SERIES_PARTS_HPP
