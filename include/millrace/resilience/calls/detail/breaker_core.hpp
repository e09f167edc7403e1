#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_BREAKER_CORE_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_BREAKER_CORE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/spin_lock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/detail/outcome_window.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

inline breaker_options sensible(breaker_options all) noexcept {
  const auto within = [](std::uint32_t number, std::uint32_t most) {
    return number == 0 ? 1 : number < most ? number : most;
  };
  all.calls = within(all.calls, 65'536);
  all.buckets = within(all.buckets, 1'024);
  all.probes = within(all.probes, 65'536);
  if (all.time.nanoseconds < 0) all.time = duration(0);
  if (all.time > duration(0) && all.time.nanoseconds < all.buckets) all.time = duration(std::int64_t{all.buckets});
  all.min_calls = within(all.min_calls, all.time > duration(0) ? ~std::uint32_t{0} : all.calls);
  if (all.slow.nanoseconds < 0) all.slow = duration(0);
  if (all.open_for.nanoseconds < 0) all.open_for = duration(0);
  if (all.max_open < all.open_for) all.max_open = all.open_for;
  // A rate that is no number is none that a share reaches: the breaker would never open.
  if (all.failure_rate != all.failure_rate) all.failure_rate = breaker_options().failure_rate;
  if (all.slow_rate != all.slow_rate) all.slow_rate = breaker_options().slow_rate;
  if (!(all.growth >= 1)) all.growth = 1;
  if (!(all.jitter > 0)) all.jitter = 0;
  if (all.probe_limit.nanoseconds < 0) all.probe_limit = duration(0);
  return all;
}

/// The states of a circuit breaker and how they follow one another, without clock and listeners: each function is told
/// the time, and says what changed. `word` is all that a call in a closed breaker reads, and what one that succeeds
/// writes nothing to while the window is clean: full of calls that were neither failed nor slow, so that one more
/// changes nothing. Everything else stands under a lock.
class breaker_core {
 public:
  explicit breaker_core(const breaker_options& options)
      : options_(sensible(options)),
        window_(options_),
        random_(options_.seed != 0 ? options_.seed : entropy_seed()),
        length_(options_.open_for.nanoseconds) {}

  const breaker_options& options() const noexcept { return options_; }

  // The word: the state, whether it is forced, whether the window is clean; above, which state in a row it is.
  static constexpr std::uint64_t forced_bit = 4;
  static constexpr std::uint64_t clean_bit = 8;
  static constexpr unsigned number_shift = 4;
  std::uint64_t word() const noexcept { return word_.load_acquire(); }
  static constexpr breaker_state state_of(std::uint64_t word) noexcept { return static_cast<breaker_state>(word & 3U); }
  static constexpr bool is_closed(std::uint64_t word) noexcept { return state_of(word) == breaker_state::closed; }
  static constexpr std::uint64_t number_of(std::uint64_t word) noexcept { return word >> number_shift; }

  /// Whether a call may be made now, and the word that it is made under. `change.number` is 0 if nothing changed.
  bool allows(std::uint64_t now, std::uint64_t& under, breaker_change& change) noexcept {
    under = word();
    if (is_closed(under)) return true;
    const spin_guard locked(lock_);
    if (state_of(word()) == breaker_state::open && !is_forced() && now >= reopens_) {
      become(breaker_state::half_open, 0, change);
      taken_ = 0;
      probed_ = {};
      since_ = now;
    }
    under = word();
    if (is_closed(under)) return true;
    if (state_of(under) == breaker_state::half_open) {
      if (taken_ < options_.probes) {
        ++taken_;
        return true;
      }
      // Probes that do not come back are as bad as ones that fail, and nobody else would end the state.
      const auto limit = static_cast<std::uint64_t>(options_.probe_limit.nanoseconds);
      if (limit != 0 && now > since_ && now - since_ >= limit) open(now, probed_, change);
    }
    not_allowed_.add_relaxed(1);
    return false;
  }

  /// Takes in how a call ended that was made under this word. What was begun in a state that is over says nothing about
  /// the present one.
  /// `now()` reads the clock, which a window of calls seldom asks for.
  template <class Now>
  void ended(std::uint64_t under, call_verdict verdict, bool slow, const Now& now, breaker_change& change) noexcept {
    const spin_guard locked(lock_);
    const std::uint64_t present = word();
    if (number_of(present) != number_of(under) || is_forced()) return;
    if (state_of(present) == breaker_state::half_open) {
      if (taken_ == probed_.calls) return;  // told of more calls than it allowed
      if (verdict == call_verdict::ignored) {
        --taken_;
        return;
      }
      probed_.update(verdict == call_verdict::failure, slow);
      if (is_too_bad(probed_, options_.probes))
        open(now(), probed_, change);
      else if (probed_.calls == options_.probes)
        close(change);
    } else if (is_closed(present) && verdict != call_verdict::ignored) {
      const std::uint64_t moment = window_.needs_time() ? now() : 0;
      window_.update(verdict == call_verdict::failure, slow, moment);
      const outcome_tally tally = window_.tally(moment);
      if (tally.calls >= options_.min_calls && is_too_bad(tally, tally.calls)) {
        length_ = options_.open_for.nanoseconds;
        open(now(), tally, change);
      } else {
        const std::uint64_t clean = window_.is_clean() ? clean_bit : 0;
        if ((present & clean_bit) != clean) word_.store_release(present ^ clean_bit);
      }
    }
  }

  void force(breaker_state state, breaker_change& change) noexcept {
    const spin_guard locked(lock_);
    window_.reset();
    become(state, forced_bit, change);
  }
  void reset(breaker_change& change) noexcept {
    const spin_guard locked(lock_);
    probed_ = {};
    close(change);
  }

  breaker_statistics statistics(std::uint64_t now) noexcept {
    const spin_guard locked(lock_);
    const outcome_tally tally = state_of(word()) == breaker_state::closed      ? window_.tally(now)
                                : state_of(word()) == breaker_state::half_open ? probed_
                                                                               : outcome_tally();
    return {state_of(word()), is_forced(), tally.calls, tally.failures, tally.slow, not_allowed_.load_relaxed(),
            opened_};
  }

  /// The error of a call that was not allowed.
  error refusal(const std::string& name, std::uint64_t now) noexcept {
    lock_.lock();
    const std::uint64_t present = word();
    const outcome_tally by = opened_by_;
    const std::uint64_t left = reopens_ > now ? reopens_ - now : 0;
    lock_.unlock();
    const std::string who = titled("circuit breaker", name);
    if ((present & forced_bit) != 0)
      return error(errc::unavailable, who + " is open until somebody closes it",
                   error(errc::vetoed, "it was opened by hand"));
    std::string why = std::to_string(by.failures) + " of " + std::to_string(by.calls) + " calls failed, " +
                      std::to_string(by.slow) + " were slow";
    if (state_of(present) != breaker_state::open)
      return error(errc::unavailable, who + " is half open, and its probes are under way",
                   error(errc::vetoed, std::move(why)));
    return error(errc::unavailable,
                 who + " is open, and tries again in " + std::to_string((left + 999'999) / 1'000'000) + " ms",
                 error(errc::vetoed, std::move(why)));
  }

 private:
  bool is_forced() const noexcept { return (word() & forced_bit) != 0; }

  bool is_too_bad(const outcome_tally& tally, std::uint64_t calls) const noexcept {
    const auto reaches = [calls](std::uint64_t bad, double rate) {
      return bad > 0 && static_cast<double>(bad) >= rate * static_cast<double>(calls);
    };
    return reaches(tally.failures, options_.failure_rate) || reaches(tally.slow, options_.slow_rate);
  }

  void become(breaker_state state, std::uint64_t bits, breaker_change& change) noexcept {
    const std::uint64_t before = word();
    change.from = state_of(before);
    change.to = state;
    change.number = number_of(before) + 1;
    word_.store_release(change.number << number_shift | bits | static_cast<std::uint64_t>(state));
    if (state == breaker_state::open) ++opened_;
  }
  void close(breaker_change& change) noexcept {
    change.calls = probed_.calls;
    change.failures = probed_.failures;
    change.slow = probed_.slow;
    window_.reset();
    length_ = options_.open_for.nanoseconds;
    become(breaker_state::closed, 0, change);
  }
  void open(std::uint64_t now, const outcome_tally& by, breaker_change& change) noexcept {
    opened_by_ = by;
    change.calls = by.calls;
    change.failures = by.failures;
    change.slow = by.slow;
    // From half open for longer than the last time.
    if (!is_closed(word())) length_ = bounded(static_cast<double>(length_) * options_.growth);
    const double more = static_cast<double>(length_) * options_.jitter * random_.uniform();
    change.open_for = duration(bounded(static_cast<double>(length_) + more));
    reopens_ = now + static_cast<std::uint64_t>(change.open_for.nanoseconds);
    become(breaker_state::open, 0, change);
  }
  std::int64_t bounded(double nanoseconds) const noexcept {
    const std::int64_t most = options_.max_open.nanoseconds;
    return nanoseconds < static_cast<double>(most) ? static_cast<std::int64_t>(nanoseconds) : most;
  }

  const breaker_options options_;
  light_atomic<std::uint64_t> word_{0};
  spin_lock lock_;
  outcome_window window_;
  random_engine random_;
  std::int64_t length_;  // of the last time that it was open, without the jitter
  std::uint64_t reopens_ = 0;
  outcome_tally opened_by_;
  std::uint32_t taken_ = 0;  // permits of probes, those that came back included
  outcome_tally probed_;
  std::uint64_t since_ = 0;  // when it became half open
  std::uint64_t opened_ = 0;
  light_atomic<std::uint64_t> not_allowed_{0};
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_BREAKER_CORE_HPP
