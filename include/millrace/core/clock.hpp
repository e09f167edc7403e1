#ifndef MILLRACE_CORE_CLOCK_HPP
#define MILLRACE_CORE_CLOCK_HPP

#include <millrace/core/detail/cycle_counter.hpp>
#include <millrace/core/detail/int128.hpp>

#include <time.h>
#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {

/// Where a chain takes its time from. `ticks()` reads the counter; `nanoseconds(ticks)` converts a reading to
/// nanoseconds since a start of the clock's own choice. The two are separate so that a hot path only reads and converts
/// later.
template <class C>
concept clock_policy = requires(const C& clock, std::uint64_t ticks) {
  { clock.ticks() } noexcept -> std::same_as<std::uint64_t>;
  { clock.nanoseconds(ticks) } noexcept -> std::same_as<std::uint64_t>;
};

namespace detail {
inline std::uint64_t read_clock(clockid_t which) noexcept {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}
}  // namespace detail

/// Nanoseconds since 1970-01-01T00:00:00Z by the system's wall clock. They jump, also back, when the clock is set.
inline std::uint64_t unix_nanoseconds() noexcept { return detail::read_clock(CLOCK_REALTIME); }

/// The system's monotonic clock, about 20 ns a reading: a chain's default.
/// Threads: any.
struct steady_clock {
  std::uint64_t ticks() const noexcept { return detail::read_clock(CLOCK_MONOTONIC); }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

/// The CPU's constant-rate counter, about 8 ns a reading. The first construction in a process spends 5 ms to calibrate
/// the counter against the monotonic clock, to a few parts in a million. Where the CPU has no such counter, the class
/// reads the monotonic clock instead.
/// Threads: any.
class tsc_clock {
 public:
  tsc_clock() noexcept : base_(calibrated()) {}

  /// Whether readings come from the CPU's counter.
  bool counts_cycles() const noexcept { return base_.rate != 0; }

  std::uint64_t ticks() const noexcept {
    return counts_cycles() ? detail::cycle_counter() : detail::read_clock(CLOCK_MONOTONIC);
  }
  std::uint64_t nanoseconds(std::uint64_t ticks) const noexcept {
    if (!counts_cycles()) return ticks;
    // Signed: another core's counter may lag a little, so a reading may lie just before the calibration's.
    const auto since = static_cast<std::int64_t>(ticks - base_.ticks);
    return base_.nanoseconds + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                                   (static_cast<detail::int128>(since) * static_cast<std::int64_t>(base_.rate)) >> 32));
  }

 private:
  struct calibration {
    std::uint64_t ticks = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t rate = 0;  // nanoseconds per tick, times 2^32; 0: the CPU has no counter
  };

  struct reading {
    std::uint64_t ticks;
    std::uint64_t nanoseconds;
  };
  /// Reads both clocks at nearly one moment: of eight tries it keeps the one in which the fewest cycles passed.
  static reading read_both() noexcept {
    reading best{};
    std::uint64_t width = ~std::uint64_t{0};
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t before = detail::cycle_counter();
      const std::uint64_t nanoseconds = detail::read_clock(CLOCK_MONOTONIC);
      const std::uint64_t after = detail::cycle_counter();
      if (after - before < width) {
        width = after - before;
        best = {before + width / 2, nanoseconds};
      }
    }
    return best;
  }
  static const calibration& calibrated() noexcept {
    static const calibration once = [] {
      if (!detail::has_cycle_counter()) return calibration{};
      const reading first = read_both();
      while (detail::read_clock(CLOCK_MONOTONIC) - first.nanoseconds < 5'000'000U) {
      }
      const reading last = read_both();
      const auto rate =
          (static_cast<detail::uint128>(last.nanoseconds - first.nanoseconds) << 32) / (last.ticks - first.ticks);
      return calibration{last.ticks, last.nanoseconds, static_cast<std::uint64_t>(rate)};
    }();
    return once;
  }

  calibration base_;
};

/// A clock for tests, which moves only when told to. The time is the caller's variable `now`, in nanoseconds, which
/// must outlive the clock and which copies of the clock share; every reading adds `step` to it.
class manual_clock {
 public:
  explicit manual_clock(std::uint64_t& now, std::uint64_t step = 0) noexcept : now_(&now), step_(step) {}
  std::uint64_t ticks() const noexcept {
    const std::uint64_t now = *now_;
    *now_ += step_;
    return now;
  }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }

 private:
  std::uint64_t* now_;
  std::uint64_t step_;
};

/// When an event began and ended, in nanoseconds of the chain's clock. The chain measures it once per event; every
/// middleware is given the same span.
struct time_span {
  std::uint64_t start = 0;
  std::uint64_t end = 0;

  /// The length of the span; 0 if the clock went back in between.
  constexpr std::uint64_t nanoseconds() const noexcept { return end > start ? end - start : 0; }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CLOCK_HPP
