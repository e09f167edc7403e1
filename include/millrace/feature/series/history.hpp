#ifndef MILLRACE_FEATURE_SERIES_HISTORY_HPP
#define MILLRACE_FEATURE_SERIES_HISTORY_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/detail/remembered_keys.hpp>
#include <millrace/feature/detail/slots.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/series/parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A time_point of std::chrono, or the library's own, in nanoseconds.
struct moment_cell {
  template <class T>
  static constexpr bool accepts = time_like<T> || std::is_same_v<T, time_point>;

  std::int64_t value = 0;

  template <class T>
  trouble read(const T& from) noexcept {
    if constexpr (std::is_same_v<T, time_point>)
      value = from.nanoseconds;
    else
      value = to_nanoseconds(from.time_since_epoch());
    return trouble::none;
  }
};

}  // namespace detail

/// Features of an event that depend on the events of the same key before it: what a card spent within the last hour,
/// the value before, the time since. One object for training, where it replays the past, and for serving, where it goes
/// on; made by `make_history`.
///
///     auto recent = mf::make_history<payment>(&payment::card, &payment::at,
///                                             mf::window<"spent_1h", mr::sum, 1h>(&payment::amount),
///                                             mf::lag<"last_amount">(&payment::amount));
///     if (auto done = recent.replay(past, rows); !done) return std::move(done).error();  // in the order of arrival
///     recent(now, row);  // the same, for one event that has just come
///
/// Shapes: a row has one float for each part, in their order.
/// Guarantee: an event's features are of the events of its key that came before it, and happened no later; never of
/// itself. To replay events gives the bits that they had when they came, before saving and after loading.
/// An event that happened before the latest of its key is late: its columns are NaN, and only windows of enough
/// lateness remember it. The same holds for one without key or time, which nothing remembers. Late events are so in
/// training as while serving, if the past is replayed in the order of arrival. Where that is not known, sort it by
/// time. Events of equal times see each other in the order in which they came. Complexity: that of the parts' windows.
/// Memory: a key has its parts' states. Beyond `most_keys` keys, those are forgotten whose last event is older than
/// `idle` before the latest of all, and if there is none, new keys are not remembered, and their columns are those of a
/// key without events. Allocates: for new keys, and where windows grow. Threads: one at a time; const calls from any
/// number. Accessors must not throw.
template <class Event, class Key, class Time, class... Parts>
class history {
  static_assert(sizeof...(Parts) > 0 && (detail::is_history_part<Parts> && ...),
                "millrace[FEATURE-24]: make_history<Event>(key, time, parts...) takes parts such as window<\"spent\", "
                "mr::sum, 1h>(&payment::amount)");
  static_assert(
      detail::nobody_is<detail::ill_named<Parts...>, Event>,
      "millrace[FEATURE-3]: a transform's name is empty, or holds '.', '=', '#' or a control character, which "
      "stand between a name and what tells its columns apart");
  static_assert(detail::nobody_is<detail::named_twice<Parts...>, Event>,
                "millrace[FEATURE-4]: two transforms have one name");
  static_assert(detail::nobody_is<detail::unreadable<Event, Parts...>, Event>,
                "millrace[FEATURE-5]: an accessor cannot be called with the event: it is a pointer to a member of the "
                "event, or something that is called with a const event");
  static_assert(
      detail::nobody_is<detail::mistyped<detail::number_cell, Event, Parts...>, Event>,
      "millrace[FEATURE-6]: a transform of numbers reads something else; for a text use one_hot, categorical, "
      "hashed or text_length, for a moment temporal");

 public:
  using event_type = Event;
  static constexpr std::size_t width = sizeof...(Parts);
  static constexpr std::size_t default_most_keys = detail::remembered_keys::default_most;

  constexpr history(Key key, Time time, Parts... parts)
      : key_(std::move(key)), time_(std::move(time)), parts_{{std::move(parts)}...} {}

  /// How many keys are kept, and how old the last event of a key is that may be forgotten for another one.
  void keep(std::size_t most_keys, duration idle) noexcept { keys_.keep(most_keys, idle.nanoseconds); }
  static std::vector<std::string> names() { return {std::string(Parts::name)...}; }
  /// What decides the meaning of the columns.
  static std::string schema() {
    std::string text;
    ((text += text.empty() ? "" : "; ", Parts::describe(text)), ...);
    return text;
  }

  /// Writes the event's row, and remembers the event. Precondition: out.size() >= width.
  void operator()(const Event& event, std::span<float> out) {
    read(event, out);
    remember(event);
  }
  /// Writes the event's row without remembering it: for an event that is asked about twice, or that may not happen.
  /// What is asked about is taken to be now: windows forget what is too old for it.
  void read(const Event& event, std::span<float> out) {
    detail::fill_columns(out.data(), width, detail::missing_value);
    asked at(event, *this);
    if (!at.known) return;
    const std::size_t found = keys_.find(at.key.value);
    if (found == detail::remembered_keys::none) {
      states fresh;
      return write(event, at.now, fresh, out.data());
    }
    if (at.now >= keys_.latest(found)) write(event, at.now, states_.all[found], out.data());
  }
  /// Remembers the event, for those after it.
  void remember(const Event& event);

  /// Writes the rows of past events, in this order, as they would have been when they came, and remembers the events.
  /// Errors: shape_mismatch: `out` is not events.size() * width long.
  result<void> replay(std::span<const Event> events, std::span<float> out) {
    if (out.size() / width != events.size() || out.size() % width != 0)
      return error(errc::shape_mismatch, "history: " + std::to_string(out.size()) + " numbers for " +
                                             std::to_string(events.size()) + " rows of " + std::to_string(width));
    for (std::size_t i = 0; i < events.size(); ++i) (*this)(events[i], out.subspan(i * width, width));
    return {};
  }

  /// How many keys are remembered.
  std::size_t keys() const noexcept { return keys_.size(); }
  /// How many events came late, had no key or time, or had a new key for which there was no room.
  std::uint64_t late() const noexcept { return keys_.late(); }
  std::uint64_t unknown() const noexcept { return keys_.unknown(); }
  std::uint64_t overflow() const noexcept { return keys_.overflow(); }

  /// The schema, and what is remembered.
  std::vector<std::byte> save() const;
  /// Returns a history with this one's accessors, and what was saved.
  /// Errors: those of an envelope; type_mismatch: the bytes are of other parts, and the message lists both.
  result<history> load(std::span<const std::byte> bytes) const;

 private:
  using indices = std::make_index_sequence<sizeof...(Parts)>;
  using states = detail::slots<typename Parts::state...>;
  /// An event's key and time.
  struct asked {
    bool known = false;
    detail::category_cell key;
    std::string text;  // of a key that the accessor returned by value
    std::int64_t now = 0;

    asked(const Event& event, const history& of) {
      known = detail::with_cell<detail::category_cell>(event, of.key_,
                                                       [this](const detail::category_cell& read, trouble met) {
                                                         text = read.value;
                                                         return met == trouble::none;
                                                       });
      key.value = text;
      known =
          detail::with_cell<detail::moment_cell>(event, of.time_, [this](const detail::moment_cell& read, trouble met) {
            now = read.value;
            return known && met == trouble::none;
          });
    }
    asked(const asked&) = delete;
    asked& operator=(const asked&) = delete;
  };

  void write(const Event& event, std::int64_t now, states& from, float* out) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((void)detail::write_float(detail::at<Index>(from).read(now, detail::at<Index>(parts_).value(event)),
                                 out + Index),
       ...);
    }(indices());
  }

  [[no_unique_address]] Key key_;
  [[no_unique_address]] Time time_;
  detail::slots<Parts...> parts_;
  detail::remembered_keys keys_;
  detail::states_by_key<states> states_;
};

/// Makes a `history` of the accessors of key and time, and parts: `window`, `rolling`, `lag`, `difference`, `elapsed`.
/// The key is a category, the time a std::chrono::time_point or `mr::time_point`; both may be optional.
template <class Event, class Key, class Time, class... Parts>
constexpr history<Event, Key, Time, Parts...> make_history(Key key, Time time, Parts... parts) {
  return {std::move(key), std::move(time), std::move(parts)...};
}

template <class Event, class Key, class Time, class... Parts>
void history<Event, Key, Time, Parts...>::remember(const Event& event) {
  const asked at(event, *this);
  if (!at.known) return keys_.skip();
  const auto to = keys_.note(at.key.value, at.now, states_);
  if (to.place == detail::remembered_keys::none) return;
  states& into = states_.all[to.place];
  const auto one = [&]<class State>(State& state, double x) {
    if (!to.late || State::takes_late) state.remember(x, at.now);
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (one(detail::at<Index>(into), detail::at<Index>(parts_).value(event)), ...);
  }(indices());
}

template <class Event, class Key, class Time, class... Parts>
std::vector<std::byte> history<Event, Key, Time, Parts...>::save() const {
  envelope_writer to("history");
  to.text(schema());
  keys_.save(to);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    to.i64(keys_.latest(i));
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (detail::at<Index>(states_.all[i]).save(to), ...);
    }(indices());
  }
  return std::move(to).finish();
}
template <class Event, class Key, class Time, class... Parts>
result<history<Event, Key, Time, Parts...>> history<Event, Key, Time, Parts...>::load(
    std::span<const std::byte> bytes) const {
  auto from = detail::open_schema(bytes, "history", "a saved history holds", schema());
  if (!from) return std::move(from).error();
  history made = *this;
  made.states_.all.clear();
  bool valid = made.keys_.load(*from);
  for (std::size_t i = 0; valid && from->ok() && i < made.keys_.size(); ++i) {
    made.keys_.load_next(*from);
    states& one = made.states_.all.emplace_back();
    valid = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return (detail::at<Index>(one).load(*from) && ...);
    }(indices());
  }
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SERIES_HISTORY_HPP
