#ifndef MILLRACE_OBSERVE_INSTRUMENTS_HPP
#define MILLRACE_OBSERVE_INSTRUMENTS_HPP

#include <millrace/observe/detail/instrument_cells.hpp>

#include <atomic>
#include <cstdint>

// The four instruments: small handles that a `metrics_registry` makes and hot paths use.
//
// Copies name the same series. A handle is good as long as its registry; one made by the default
// constructor counts into nothing, so code may always hold one.
namespace millrace {
inline namespace v0 {
namespace observe {

class metrics_registry;

/// Counts what only grows. 4 bytes.
/// Hot path: one addition to the thread's own cell; allocates once a thread.
/// Threads: any number at once, none slows another.
class counter {
 public:
  constexpr counter() noexcept = default;

  void add(std::uint64_t by = 1) const noexcept { detail::write_local(cell_, by); }

 private:
  friend class metrics_registry;
  explicit counter(std::uint32_t cell) noexcept : cell_{cell + 1} {}

  detail::counter_cell cell_;
};

/// A value that goes up and down: the last `set` of any thread stands. 8 bytes.
/// Threads: any number at once, on one memory location.
class gauge {
 public:
  constexpr gauge() noexcept = default;

  void set(double value) const noexcept { cell_->value.store(value, std::memory_order_relaxed); }
  void add(double by) const noexcept { cell_->value.fetch_add(by, std::memory_order_relaxed); }
  double value() const noexcept { return cell_->value.load(std::memory_order_relaxed); }

 private:
  friend class metrics_registry;
  explicit gauge(detail::gauge_cell& cell) noexcept : cell_(&cell) {}

  detail::gauge_cell* cell_ = &detail::discarded_gauge();
};

/// Counts values into buckets by fixed bounds, and adds them up. 16 bytes.
/// A value that is not finite is counted, NaN and infinity in the last bucket and -infinity in the
/// first, but left out of the sum, which one of them would spoil for good.
/// Hot path: one table look-up and two additions; allocates once a thread. What is not positive, lies
/// below the lowest positive bound, or more than 32 octaves above it, is searched; so is everything
/// when two bounds are closer than a sixteenth of an octave. Threads: as `counter`.
class histogram {
 public:
  constexpr histogram() noexcept = default;

  void update(double value) const noexcept { detail::write_local(cells_, value); }

 private:
  friend class metrics_registry;
  explicit histogram(detail::histogram_cells cells) noexcept : cells_(cells) {}

  detail::histogram_cells cells_;
};

/// A histogram of durations: takes nanoseconds, is exported in seconds. 16 bytes.
/// Guarantee: sum, least and greatest are exact, in whole nanoseconds.
/// Hot path: one table look-up, two additions and a comparison; allocates once a thread. Bounds of
/// which two share an octave are searched. Threads: as `counter`.
class timer {
 public:
  constexpr timer() noexcept = default;

  void update(std::uint64_t nanoseconds) const noexcept { detail::write_local(cells_, nanoseconds); }

 private:
  friend class metrics_registry;
  explicit timer(detail::timer_cells cells) noexcept : cells_(cells) {}

  detail::timer_cells cells_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_INSTRUMENTS_HPP
