#ifndef MILLRACE_OBSERVE_METRICS_INSTRUMENTS_HPP
#define MILLRACE_OBSERVE_METRICS_INSTRUMENTS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/observe/metrics/detail/exemplar_slots.hpp>
#include <millrace/observe/metrics/detail/instrument_cells.hpp>
#include <millrace/observe/metrics/detail/native_buckets.hpp>
#include <millrace/observe/metrics/exemplar.hpp>

#include <cstdint>
#include <type_traits>

// The instruments: small handles that a `metrics_registry` makes and hot paths use.
//
// A copy of a handle updates the same series. A handle may be used as long as its registry exists. One made by the
// default constructor belongs to no registry: its updates are lost, so that code can hold one before it has a registry.
//
// Counters, histograms and timers may be updated with an exemplar: it is copied into its bucket's place, where the one
// before was, and gets the time of the wall clock unless it has one. An update without one costs nothing for it.
namespace millrace {
inline namespace v0 {
namespace observe {

class metrics_registry;

/// Counts what only grows, in whole numbers; fractions do not compile, and a negative number counts nothing. 4 bytes.
/// Complexity: one addition to the thread's own cell.
/// Allocates: a thread's cells, at its first update and when metrics have been added since.
/// Threads: any number at once; none slows another.
class counter {
 public:
  constexpr counter() noexcept = default;

  void add(std::uint64_t by = 1) const noexcept { detail::write_local(cell_, by); }
  void add(std::uint64_t by, const exemplar& of) const noexcept {
    add(by);
    if (cell_.end != detail::counter_cell().end)
      detail::exemplar_store::instance().keep(cell_.end - 1, 1, 0, of, static_cast<double>(by));
  }
  /// The same for numbers of other types, which as a std::uint64_t would lose their fraction or their sign.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void add(Number by) const noexcept {
    static_assert(
        !std::is_floating_point_v<Number>,
        "millrace[METRICS-2]: a counter counts whole numbers; add fractions to a gauge, or update a histogram");
    if (!std::is_signed_v<Number> || by > Number()) add(static_cast<std::uint64_t>(by));
  }

 private:
  friend class metrics_registry;
  explicit counter(std::uint32_t cell) noexcept : cell_{cell + 1} {}

  detail::counter_cell cell_;
};

/// Counts time, such as what a process has used of a processor: exports are in seconds, with their fraction. 4 bytes.
/// A length below 0 counts nothing. Complexity, allocation, threads: as `counter`.
class time_counter {
 public:
  constexpr time_counter() noexcept = default;

  void add(duration length) const noexcept {
    if (length.nanoseconds > 0) detail::write_local(cell_, static_cast<std::uint64_t>(length.nanoseconds));
  }

 private:
  friend class metrics_registry;
  explicit time_counter(std::uint32_t cell) noexcept : cell_{cell + 1} {}

  detail::counter_cell cell_;
};

/// A value that goes up and down; the last `set` of any thread counts. 8 bytes.
/// Complexity: one atomic store or addition, on a memory location that all threads share.
/// Allocates: never.
/// Threads: any number at once.
class gauge {
 public:
  constexpr gauge() noexcept = default;

  void set(double value) const noexcept { cell_->value.store_relaxed(value); }
  void add(double by) const noexcept {
    for (double now = cell_->value.load_relaxed(); !cell_->value.replace_relaxed(now, now + by);) {
    }
  }
  double value() const noexcept { return cell_->value.load_relaxed(); }

 private:
  friend class metrics_registry;
  explicit gauge(detail::gauge_cell& cell) noexcept : cell_(&cell) {}

  detail::gauge_cell* cell_ = &detail::discarded_gauge();
};

/// Counts values into buckets by fixed bounds, and adds them up. 16 bytes. A value that is not finite is counted, NaN
/// and infinity in the last bucket and -infinity in the first, but not added to the sum, which would never be finite
/// again.
/// Complexity: one table look-up and two additions; a binary search among the bounds for values that are not positive,
/// or below the lowest positive bound, or more than a factor of 2^32 above it, and for all values if a sixteenth of an
/// octave (of a factor of 2) holds two bounds.
/// Allocates: as `counter`.
/// Threads: as `counter`.
class histogram {
 public:
  constexpr histogram() noexcept = default;

  void update(double value) const noexcept { detail::write_local(cells_, value); }
  /// The exemplar of a value that is not finite is not kept.
  void update(double value, const exemplar& of) const noexcept {
    update(value);
    if (cells_.table == nullptr || !__builtin_isfinite(value)) return;
    const auto bucket = static_cast<std::size_t>(cells_.table->search(detail::real_buckets::key_of(value + 0.0)));
    detail::exemplar_store::instance().keep(cells_.pairs, cells_.table->keys.size() + 1, bucket, of, value);
  }

 private:
  friend class metrics_registry;
  explicit histogram(detail::histogram_cells cells) noexcept : cells_(cells) {}

  detail::histogram_cells cells_;
};

/// A histogram of durations. 16 bytes.
///
///     timed.update(250ms);               // any std::chrono::duration
///     timed.update(mr::seconds(0.25));   // or mr::duration
///     timed.update(std::uint64_t(250));  // a whole number: nanoseconds, as clocks read them
///
/// Units: exports are in seconds. A number with a fraction has no unit, and does not compile. A length of time below 0,
/// from a clock that was set back, counts as 0.
/// Guarantee: sum, least and greatest are exact, in whole nanoseconds.
/// Complexity: one table look-up, two additions and a comparison; a binary search among the bounds in place of the
/// look-up if two bounds lie between the same two powers of 2, in nanoseconds.
/// Allocates: as `counter`.
/// Threads: as `counter`.
class timer {
 public:
  constexpr timer() noexcept = default;

  void update(duration length) const noexcept { update(length.nanoseconds); }
  void update(std::uint64_t nanoseconds) const noexcept { detail::write_local(cells_, nanoseconds); }
  void update(duration length, const exemplar& of) const noexcept {
    const auto value = length.nanoseconds < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(length.nanoseconds);
    update(value);
    if (cells_.table == nullptr) return;
    const auto bucket = static_cast<std::size_t>(cells_.table->search(value));
    detail::exemplar_store::instance().keep(cells_.first, cells_.table->keys.size() + 1, bucket, of,
                                            static_cast<double>(value) / 1e9);
  }
  /// The same for numbers of other types, which as a std::uint64_t would lose their fraction or their sign.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void update(Number nanoseconds) const noexcept {
    static_assert(
        !std::is_floating_point_v<Number>,
        "millrace[METRICS-3]: a timer takes a length of time: mr::seconds(0.25), std::chrono::milliseconds(250), "
        "or nanoseconds as a whole number");
    update(nanoseconds < Number() ? std::uint64_t{0} : static_cast<std::uint64_t>(nanoseconds));
  }

 private:
  friend class metrics_registry;
  explicit timer(detail::timer_cells cells) noexcept : cells_(cells) {}

  detail::timer_cells cells_;
};

/// Counts values into buckets that grow by a constant factor, 2^(2^-schema): a quantile of whatever size is known to
/// within that factor, without bounds chosen beforehand. Prometheus calls it a native histogram, OpenTelemetry an
/// exponential one. 16 bytes. Formats that have no such thing show its count and its sum.
///
///     const auto latency = registry.native_histogram({"latency_seconds", "How long requests took.", "seconds"});
///     latency->update(mr::seconds(0.25));
///
/// A value that is not finite is counted, -infinity as other negative numbers and NaN as infinity, but not added to the
/// sum.
/// Complexity: one table look-up, two additions. Memory of each thread: 8 bytes a bucket, 4 KiB by default.
/// Allocates: as `counter`.
/// Threads: as `counter`.
class native_histogram {
 public:
  constexpr native_histogram() noexcept = default;

  void update(double value) const noexcept { detail::write_local(cells_, value); }
  /// A length of time, in seconds.
  void update(duration length) const noexcept { update(length.seconds()); }

 private:
  friend class metrics_registry;
  explicit native_histogram(detail::native_cells cells) noexcept : cells_(cells) {}

  detail::native_cells cells_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_INSTRUMENTS_HPP
