#ifndef MILLRACE_RESILIENCE_CALLS_RETRY_OPTIONS_HPP
#define MILLRACE_RESILIENCE_CALLS_RETRY_OPTIONS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// How a delay is drawn, so that callers who failed together do not come back together. The ceiling is what the delay
/// would be without: `base` times `growth` for each retry so far, and `cap` at most.
/// Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
enum class jitter : std::uint8_t {
  none,          // the ceiling
  full,          // between 0 and the ceiling: the least work for all together
  equal,         // between half of the ceiling and the ceiling
  decorrelated,  // between `base` and three times the delay before, and `cap` at most
};

/// How a `retry` tries again. A number that makes no sense becomes the nearest that does.
struct retry_options {
  /// How often a call is made at most, with the first time.
  std::uint32_t attempts = 3;
  duration base = duration(100'000'000);
  duration cap = duration(20'000'000'000);
  double growth = 2;
  jitter draw = jitter::full;
  /// How long all attempts and the delays between them may take; 0: however long. No delay ends after it.
  duration within = duration(0);
  /// Of the delays; 0: by the system's entropy.
  std::uint64_t seed = 0;
};

/// The options one by one, where the compiler knows them: `retry<attempts<5>, backoff<20ms, 1s>, within<3s>>`.
template <std::uint32_t Count>
struct attempts {
  static constexpr bool is_sensible = Count > 0;
  static constexpr void set(retry_options& in) noexcept { in.attempts = Count; }
};
/// A policy: how long the first wait is, and any wait at most.
template <duration Base, duration Cap>
struct backoff {
  static constexpr bool is_sensible = Base >= duration(0) && Base <= Cap;
  static constexpr void set(retry_options& in) noexcept {
    in.base = Base;
    in.cap = Cap;
  }
};
/// A policy: how waits are drawn.
template <jitter Draw>
struct jittered {
  static constexpr void set(retry_options& in) noexcept { in.draw = Draw; }
};
using no_jitter = jittered<jitter::none>;
using full_jitter = jittered<jitter::full>;
using equal_jitter = jittered<jitter::equal>;
using decorrelated_jitter = jittered<jitter::decorrelated>;
/// A policy: how long all attempts may take together.
template <duration Length>
struct within {
  static constexpr bool is_sensible = Length > duration(0);
  static constexpr void set(retry_options& in) noexcept { in.within = Length; }
};
/// A policy: what the drawn waits begin from.
template <std::uint64_t Seed>
struct seeded {
  static constexpr void set(retry_options& in) noexcept { in.seed = Seed; }
};

/// Which errors a `retry` tries again after: `retry_on<errc::io, errc::event_threw>`, or `retry_if{predicate}` for a
/// predicate over errors. What an open breaker refused is never tried again, whatever they say.
template <class Predicate>
struct retry_if {
  [[no_unique_address]] Predicate predicate{};
  bool retries(const error& why) const { return predicate(why); }
};
template <class Predicate>
retry_if(Predicate) -> retry_if<Predicate>;
/// A policy: the codes of errors after which a call is made again.
template <errc... Codes>
struct retry_on {
  static bool retries(const error& why) noexcept { return ((why.code() == Codes) || ...); }
};

/// The delays of one call, one after the other.
/// Guarantee: each is at least 0 and at most `cap`, also the thousandth.
/// Allocates: never.
class retry_delays {
 public:
  explicit retry_delays(const retry_options& options) noexcept
      : base_(options.base.nanoseconds > 0 ? options.base.nanoseconds : 0),
        cap_(options.cap.nanoseconds > base_ ? options.cap.nanoseconds : base_),
        growth_(options.growth >= 1 ? options.growth : 1),
        draw_(options.draw),
        ceiling_(base_) {}

  duration next(random_engine& random) noexcept {
    if (draw_ == jitter::decorrelated) {
      ceiling_ = between(base_, grown(ceiling_, 3), random);  // here the delay before; at first, `base`
      return duration(ceiling_);
    }
    const std::int64_t top = std::exchange(ceiling_, grown(ceiling_, growth_));
    if (draw_ == jitter::none) return duration(top);
    return duration(between(draw_ == jitter::equal ? top - top / 2 : 0, top, random));
  }

 private:
  std::int64_t grown(std::int64_t length, double by) const noexcept {
    const double longer = static_cast<double>(length) * by;
    return longer < static_cast<double>(cap_) ? static_cast<std::int64_t>(longer) : cap_;
  }
  static std::int64_t between(std::int64_t from, std::int64_t to, random_engine& random) noexcept {
    return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
  }

  std::int64_t base_;
  std::int64_t cap_;
  double growth_;
  jitter draw_;
  std::int64_t ceiling_;
};

/// What all callers of a budget may spend on retries together.
struct budget_options {
  /// How many retries all callers may have at once, when all has gone well.
  double tokens = 10;
  /// What a call that succeeds gives back: .1 lets every tenth call be a retry in the long run.
  double ratio = 0.1;
};

/// Bounds the retries of all callers that share it, so that they do not multiply the load on what is already down:
/// `retry{mr::borrow(budget)}`. Each retry costs one token, each success gives back `ratio` of one, and without a whole
/// token nobody retries.
/// Guarantee: among n successes there are at most tokens + ratio n retries.
/// Complexity: one atomic read for a success while the budget is full.
/// Allocates: never.
/// Threads: any number.
/// Source: gRPC's proposal A6 ("retry throttling") for the tokens, Finagle's RetryBudget for the price.
class retry_budget {
 public:
  explicit retry_budget(const budget_options& options = {}) noexcept
      : full_(thousandths(options.tokens)), ratio_(thousandths(options.ratio)), left_(full_) {}

  void succeeded() noexcept {
    std::int64_t now = left_.load_relaxed();
    while (now < full_ && !left_.replace_relaxed(now, now + ratio_ < full_ ? now + ratio_ : full_)) {
    }
  }
  /// Pays for a retry. Returns whether there was a token.
  bool withdraw() noexcept {
    std::int64_t now = left_.load_relaxed();
    while (now >= token)
      if (left_.replace_relaxed(now, now - token)) return true;
    return false;
  }
  double tokens() const noexcept { return static_cast<double>(left_.load_relaxed()) / token; }

 private:
  static constexpr std::int64_t token = 1000;
  static constexpr std::int64_t thousandths(double tokens) noexcept {
    return tokens > 0 ? tokens < 1e12 ? static_cast<std::int64_t>(tokens * token + 0.5) : token * 1'000'000'000'000 : 0;
  }

  std::int64_t full_;
  std::int64_t ratio_;
  detail::light_atomic<std::int64_t> left_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_RETRY_OPTIONS_HPP
