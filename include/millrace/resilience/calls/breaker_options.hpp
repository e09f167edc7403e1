#ifndef MILLRACE_RESILIENCE_CALLS_BREAKER_OPTIONS_HPP
#define MILLRACE_RESILIENCE_CALLS_BREAKER_OPTIONS_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Whether a `circuit_breaker` makes the calls that it is given: all of them, a few probes, or none.
enum class breaker_state : std::uint8_t { closed, half_open, open };

/// The state's name: `half_open`.
constexpr std::string_view to_string(breaker_state state) noexcept {
  constexpr std::string_view names[] = {"closed", "half_open", "open"};
  return names[static_cast<std::uint8_t>(state) % 3];
}

/// How a `circuit_breaker` judges and what it does. A number that makes no sense becomes the nearest that does.
struct breaker_options {
  /// The rates are of the last so many calls, 65,536 at most; or, if `time` is above 0, of those of the last `time`.
  std::uint32_t calls = 100;
  duration time = duration(0);
  /// Into how many parts `time` is cut, 1,024 at most: that finely old calls leave.
  std::uint32_t buckets = 10;
  /// Below so many calls there are no rates; at most `calls`.
  std::uint32_t min_calls = 20;
  /// From which share of calls that failed the breaker opens; above 1: never.
  double failure_rate = 0.5;
  /// From when on a call is slow; 0: calls are not timed.
  duration slow = duration(0);
  /// From which share of slow calls the breaker opens; above 1: never.
  double slow_rate = 1;
  /// How long the breaker is open, before it lets probes through.
  duration open_for = duration(10'000'000'000);
  /// How much longer each time when the probes failed, and how long at most.
  double growth = 2;
  duration max_open = duration(300'000'000'000);
  /// How much longer by lot, as a share, so that many breakers do not probe together.
  double jitter = 0.1;
  /// How many calls decide whether the breaker closes again, and how long it waits for them: after that it is open
  /// again. 0: for ever.
  std::uint32_t probes = 3;
  duration probe_limit = duration(60'000'000'000);
  /// Of the jitter; 0: by the system's entropy.
  std::uint64_t seed = 0;
};

/// The options one by one, where the compiler knows them: `circuit_breaker<last_calls<50>, failure_rate<30>>`. Shares
/// are in percent.
template <std::uint32_t Calls>
struct last_calls {
  static constexpr bool is_sensible = Calls > 0 && Calls <= 65'536;
  static constexpr void set(breaker_options& in) noexcept { in.calls = Calls; }
};
/// A policy: calls are counted over so long, in so many parts.
template <duration Time, std::uint32_t Buckets = 10>
struct last_time {
  static constexpr bool is_sensible = Time.nanoseconds >= Buckets && Buckets > 0 && Buckets <= 1'024;
  static constexpr void set(breaker_options& in) noexcept {
    in.time = Time;
    in.buckets = Buckets;
  }
};
/// A policy: so many calls must have ended before a breaker opens.
template <std::uint32_t Calls>
struct min_calls {
  static constexpr bool is_sensible = Calls > 0;
  static constexpr void set(breaker_options& in) noexcept { in.min_calls = Calls; }
};
/// A policy: the percentage of calls whose failure opens a breaker.
template <std::uint32_t Percent>
struct failure_rate {
  static constexpr bool is_sensible = Percent > 0 && Percent <= 100;
  static constexpr void set(breaker_options& in) noexcept { in.failure_rate = Percent / 100.0; }
};
/// A policy: how long a slow call takes, and which percentage of them opens a breaker.
template <duration Length, std::uint32_t Percent = 100>
struct slow_calls {
  static constexpr bool is_sensible = Length > duration(0) && Percent > 0 && Percent <= 100;
  static constexpr void set(breaker_options& in) noexcept {
    in.slow = Length;
    in.slow_rate = Percent / 100.0;
  }
};
/// A policy: how long a breaker is open, at first and at most.
template <duration Length, duration Most = Length>
struct open_for {
  static constexpr bool is_sensible = Length > duration(0) && Length <= Most;
  static constexpr void set(breaker_options& in) noexcept {
    in.open_for = Length;
    in.max_open = Most;
  }
};
/// A policy: how many calls a half-open breaker lets through.
template <std::uint32_t Calls>
struct probes {
  static constexpr bool is_sensible = Calls > 0;
  static constexpr void set(breaker_options& in) noexcept { in.probes = Calls; }
};

/// What an error says about what was called.
enum class call_verdict : std::uint8_t { success, failure, ignored };

/// Which errors a `circuit_breaker` counts: `fails_on<errc::io, errc::timeout>`, and ignores all others; or as a
/// function from the error to a verdict says, `judged_by{function}`. Without either, what `is_failure` says.
template <errc... Codes>
struct fails_on {
  static call_verdict verdict(const error& why) noexcept {
    return ((why.code() == Codes) || ...) ? call_verdict::failure : call_verdict::ignored;
  }
};
/// A policy: the function by which calls are judged.
template <class Judge>
struct judged_by {
  [[no_unique_address]] Judge judge{};
  call_verdict verdict(const error& why) const { return judge(why); }
};
template <class Judge>
judged_by(Judge) -> judged_by<Judge>;

/// A change of a breaker's state, and the calls that it was decided by.
struct breaker_change {
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  /// By which changes are in order, where threads tell of them at once.
  std::uint64_t number = 0;
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  std::uint64_t slow = 0;
  /// How long it stays open, if that is what it is now and nobody forced it.
  duration open_for = duration(0);
};

/// Who is told of a breaker's changes, by the thread whose call made them and under no lock:
/// `on_change{[&](const breaker_change& change) noexcept { ... }}`.
template <class Listener>
struct on_change {
  [[no_unique_address]] Listener listener{};
  void changed(const breaker_change& change) const noexcept(noexcept(listener(change))) { listener(change); }
};
template <class Listener>
on_change(Listener) -> on_change<Listener>;

/// A breaker as it stands, and what it has done since it was made.
struct breaker_statistics {
  breaker_state state = breaker_state::closed;
  bool is_forced = false;
  // In the window; a half-open breaker's are of its probes.
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  std::uint64_t slow = 0;
  std::uint64_t not_allowed = 0;
  std::uint64_t opened = 0;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_BREAKER_OPTIONS_HPP
