#ifndef MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_BYTES_HPP
#define MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_BYTES_HPP

#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/windows/detail/monotonic_engine.hpp>
#include <millrace/aggregate/windows/detail/window_engines.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class X>
inline constexpr bool has_bytes = std::is_same_v<X, double> || std::is_same_v<X, xy>;

inline void save_item(envelope_writer& to, double x) { to.f64(x); }
inline void save_item(envelope_writer& to, const xy& p) {
  to.f64(p.x);
  to.f64(p.y);
}
inline void load_item(envelope_reader& from, double& x) { x = from.f64(); }
inline void load_item(envelope_reader& from, xy& p) {
  p.x = from.f64();
  p.y = from.f64();
}

// Calls f with a pointer to each item of an engine, the oldest first. The pointer is null for an item that is in the
// window but can never matter, as in a monotonic queue into which a better one has come, and which no longer has it.

template <class Ops, class F>
void each_item(const kept_items<Ops>& engine, F&& f) {
  for (std::uint64_t p = engine.items().begin(); p != engine.items().end(); ++p) f(&engine.items()[p]);
}
template <class Ops, class F>
void each_item(const monotonic_engine<Ops>& engine, F&& f) {
  std::uint64_t low = engine.low().candidates().begin();
  std::uint64_t high = engine.high().candidates().begin();
  for (std::uint64_t p = engine.begin(); p != engine.end(); ++p) {
    const double* found = nullptr;
    if (low != engine.low().candidates().end() && engine.low().candidates()[low].place == p)
      found = &engine.low().candidates()[low++].value;
    if (high != engine.high().candidates().end() && engine.high().candidates()[high].place == p)
      found = &engine.high().candidates()[high++].value;
    f(found);
  }
}
/// Inserts an item that `each_item` gave, or leaves a place for it if it is null.
template <class Engine, class X>
void insert_item(Engine& engine, const X* x) {
  if (x != nullptr)
    engine.insert(*x);
  else if constexpr (requires { engine.end_at(0); })
    engine.end_at(engine.end() + 1);
}

/// Does the engine keep all items, and not only candidates for an extreme?
template <class Engine>
inline constexpr bool keeps_all = !requires(const Engine& e) { e.low(); };

/// The name of an engine's contents in saved bytes: candidates for a minimum, say, cannot be loaded as items.
template <class Engine, class X>
constexpr std::string_view contents_name() {
  if constexpr (keeps_all<Engine>)
    return std::is_same_v<X, xy> ? "pairs" : "items";
  else if constexpr (Engine::keeps_least && Engine::keeps_greatest)
    return "extremes";
  else
    return Engine::keeps_least ? "least" : "greatest";
}

/// The greatest place of a window's first item that is saved; a greater one, which no stream reaches, is saved as this.
inline constexpr std::uint64_t last_place = ~std::uint64_t{0} / 2;

/// Calls f(place, value) for each item of a monotonic queue that may still matter, oldest first. A loaded window may
/// say that it has any number of other items, so the time is that of these items alone.
template <class Ops, class F>
void each_candidate(const monotonic_engine<Ops>& engine, F&& f) {
  const ring<placed_item>& least = engine.low().candidates();
  const ring<placed_item>& greatest = engine.high().candidates();
  std::uint64_t low = least.begin();
  std::uint64_t high = greatest.begin();
  while (low != least.end() || high != greatest.end()) {
    const bool first = high == greatest.end() || (low != least.end() && least[low].place <= greatest[high].place);
    const placed_item next = first ? least[low] : greatest[high];
    if (low != least.end() && least[low].place == next.place) ++low;
    if (high != greatest.end() && greatest[high].place == next.place) ++high;
    f(next.place, next.value);
  }
}

/// Saves the place of the first item (u64), how many items there are (u64), then either all of them, or how many are
/// kept (u64) and each one's offset from the first (u64) and value.
template <class Engine>
void save_items(envelope_writer& to, const Engine& engine, std::uint64_t begin) {
  to.u64(begin < last_place ? begin : last_place);
  to.u64(engine.size());
  if constexpr (keeps_all<Engine>) {
    each_item(engine, [&](const auto* x) { save_item(to, *x); });
  } else {
    std::uint64_t count = 0;
    each_candidate(engine, [&](std::uint64_t, double) { ++count; });
    to.u64(count);
    each_candidate(engine, [&](std::uint64_t place, double x) {
      to.u64(place - begin);
      to.f64(x);
    });
  }
}
/// Loads what `save_items` saved. Returns false if the numbers contradict each other.
template <class Ops, class Engine>
bool load_items(envelope_reader& from, Engine& engine) {
  using sample = typename Ops::sample;
  const std::uint64_t begin = from.u64();
  if (begin > last_place) return false;
  engine.restart_at(begin);
  if constexpr (keeps_all<Engine>) {
    const std::size_t count = from.count(sizeof(sample));
    for (std::size_t i = 0; i != count; ++i) {
      sample x{};
      load_item(from, x);
      if (Ops::skips(x) || !Ops::admit(typename Ops::running{}, x, i)) return false;
      engine.insert(x);
    }
    return true;
  } else {
    const std::uint64_t size = from.u64();
    const std::size_t count = from.count(16);
    if (size > ~std::uint64_t{0} / 2) return false;
    std::uint64_t next = 0;
    for (std::size_t i = 0; i != count; ++i) {
      const std::uint64_t offset = from.u64();
      const double x = from.f64();
      if (offset < next || offset >= size || x != x) return false;
      engine.insert_at(x, begin + offset);
      next = offset + 1;
    }
    return next == size;  // the newest always matters
  }
}

/// A length in the largest unit of which it is a whole number: `300 s`, `1500 ms`.
[[gnu::cold]] inline std::string in_words(duration length) {
  const std::int64_t ns = length.nanoseconds;
  if (ns % 1'000'000'000 == 0) return std::to_string(ns / 1'000'000'000) + " s";
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + " ms";
  if (ns % 1'000 == 0) return std::to_string(ns / 1'000) + " us";
  return std::to_string(ns) + " ns";
}
/// The error for windows that differ in `what`, a number.
[[gnu::cold]] inline error other_window(std::string_view what, std::int64_t found, std::int64_t expected) {
  return error(errc::type_mismatch, "windows of different " + std::string(what) + ": the other has " +
                                        std::to_string(found) + ", this one " + std::to_string(expected));
}
/// The same, of lengths of time.
[[gnu::cold]] inline error other_window(std::string_view what, duration found, duration expected) {
  return error(errc::type_mismatch, "windows of different " + std::string(what) + ": the other's is " +
                                        in_words(found) + ", this one's " + in_words(expected));
}
[[gnu::cold]] inline error no_length(std::string_view window, std::string_view what, duration given) {
  return error(errc::invalid_argument,
               std::string(window) + ": the " + std::string(what) + ", " + in_words(given) + ", is not above zero");
}
/// Why there cannot be a window of so many panes; empty if there can.
[[gnu::cold]] inline std::string no_panes(duration window, std::size_t panes, std::size_t most) {
  if (window.nanoseconds <= 0) return "the window, " + in_words(window) + ", is not above zero";
  if (panes == 0) return "a window has one pane at the least, not none";
  if (panes > most)
    return std::to_string(panes) + " panes are more than the " + std::to_string(most) + " that it may have";
  if (panes > static_cast<std::uint64_t>(window.nanoseconds))
    return std::to_string(panes) + " panes of a window of " + in_words(window) + " would be shorter than a nanosecond";
  return {};
}

/// Saves the count of refused items, at the very end and only if it is not zero.
inline void save_refused(envelope_writer& to, std::uint64_t refused) {
  if (refused != 0) to.u64(refused);
}
inline std::uint64_t load_refused(envelope_reader& from) { return from.remaining() == 0 ? 0 : from.u64(); }

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_DETAIL_WINDOW_BYTES_HPP
