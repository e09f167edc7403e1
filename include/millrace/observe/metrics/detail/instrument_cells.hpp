#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_INSTRUMENT_CELLS_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_INSTRUMENT_CELLS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/observe/metrics/detail/bucket_table.hpp>
#include <millrace/observe/metrics/detail/cells.hpp>
#include <millrace/observe/metrics/detail/owned_cell.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

// How each instrument keeps its numbers in cells. Each class here has
//   end                  the index after its last cell, or `always_slow`
//   write(cells, v)      the hot path's update, on a slab that reaches to `end`
//   end_cell()           the index after its last cell; 0 for an instrument without a registry that has none
//   write_any(cells, v)  an update without a table, for an `end` of `always_slow`
//   kinds(bounds)        the kinds of its cells
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// An `end` that no slab reaches, so that the hot path's one comparison always chooses write_local_slowly.
inline constexpr std::uint32_t always_slow = (std::numeric_limits<std::uint32_t>::max)();

template <class Instrument, class Value>
[[gnu::noinline]] void write_local_slowly(Instrument instrument, Value value) noexcept {
  if (const std::uint32_t end = instrument.end_cell(); end != 0)
    cell_store::instance().write(end, [&](metric_cell* cells) { instrument.write_any(cells, value); });
}
/// The hot path of counters, histograms and timers.
/// Allocates: at a thread's first update, and when metrics have been added since.
template <class Instrument, class Value>
[[gnu::always_inline]] inline void write_local(const Instrument& instrument, Value value) noexcept {
  if (instrument.end > local_cells().size) [[unlikely]] {
    write_local_slowly(instrument, value);
    return;
  }
  instrument.write(local_cells().cells, value);
}

struct alignas(64) gauge_cell {
  light_atomic<double> value{0.0};
};
[[gnu::visibility("default")]] inline gauge_cell& discarded_gauge() noexcept {
  static constinit gauge_cell kept{};
  return kept;
}

struct counter_cell {
  std::uint32_t end = 1;  // without a registry: the first cell, cell_store::discarded, which nobody reads

  std::uint32_t end_cell() const noexcept { return end; }
  void write(metric_cell* cells, std::uint64_t by) const noexcept { bump(cells[end - 1], by); }
  void write_any(metric_cell* cells, std::uint64_t by) const noexcept { write(cells, by); }

  static std::vector<cell_kind> kinds() { return {cell_kind::integer}; }
};

/// For each bucket a pair of cells, a count and a sum. A sum for each bucket loses less to rounding than one for all,
/// because its values are of like size, and an addition seldom has to wait for the one before. The count is a double
/// too (exact up to 2^53), so that one vector instruction adds to both.
struct histogram_cells {
  const real_buckets* table = nullptr;
  std::uint32_t pairs = 0;
  std::uint32_t end = always_slow;

  constexpr histogram_cells() noexcept = default;
  histogram_cells(const real_buckets& buckets, std::uint32_t first) noexcept : table(&buckets), pairs(pairs_of(first)) {
    if (buckets.tabled) end = end_cell();
  }
  /// Where the pairs begin in a range of cells: at an even index, so that no pair lies in two cache lines. The range
  /// has a cell more than the pairs need, for that.
  static constexpr std::uint32_t pairs_of(std::uint32_t first) noexcept { return first + (first & 1U); }
  std::uint32_t end_cell() const noexcept {
    return table == nullptr ? 0 : pairs + 2 * (static_cast<std::uint32_t>(table->keys.size()) + 1) + 1;
  }

  void write(metric_cell* cells, double value) const noexcept {
    const std::uint64_t bits = real_buckets::bits_of(value);
    const std::uint64_t at = (bits >> real_buckets::shift) - table->base;
    if (at >= 512) [[unlikely]] {
      write_searched(*table, cells + pairs, value);
      return;
    }
    bump_pair(cells + pairs + 2 * (table->bucket[at] + (table->bound[at] < bits ? 1U : 0U)), value);
  }
  void write_any(metric_cell* cells, double value) const noexcept { write_searched(*table, cells + pairs, value); }

  static std::vector<cell_kind> kinds(std::size_t bounds) {
    return std::vector<cell_kind>(2 * (bounds + 1) + 1, cell_kind::real);
  }

 private:
  /// Finds the bucket by a search. Static, so that the handle itself may stay in registers.
  [[gnu::noinline]] static void write_searched(const real_buckets& table, metric_cell* pairs, double value) noexcept {
    const std::uint64_t bucket =
        __builtin_isnan(value) ? table.keys.size() : table.search(real_buckets::key_of(value + 0.0));
    bump_pair(pairs + 2 * bucket, __builtin_isfinite(value) ? value : 0.0);
  }
};

/// The sum, the extremes, and for each bucket a count; all in nanoseconds.
struct timer_cells {
  const whole_buckets* table = nullptr;
  std::uint32_t first = 0;
  std::uint32_t end = always_slow;

  // The hot path checks by one comparison whether a value lies within the extremes seen so far: value - low < span,
  // where span is greatest - least + 1; a value below `low` wraps around to a large number. Both start at 0, so that
  // the first value fails. The cells `greatest` and `least` are what is merged over threads; `least` holds the
  // complement of the value, so that 0 means none there too, and the larger complement is the smaller value.
  enum cell : std::uint32_t { sum, low, span, greatest, least, buckets };

  constexpr timer_cells() noexcept = default;
  timer_cells(const whole_buckets& of, std::uint32_t from) noexcept : table(&of), first(from) {
    if (of.tabled) end = end_cell();
  }
  std::uint32_t end_cell() const noexcept {
    return table == nullptr ? 0 : first + buckets + static_cast<std::uint32_t>(table->keys.size()) + 1;
  }

  void write(metric_cell* cells, std::uint64_t value) const noexcept {
    const unsigned at = whole_buckets::cell_of(value);
    write_bucket(cells + first, table->bucket[at] + (table->bound[at] < value ? 1U : 0U), value);
  }
  void write_any(metric_cell* cells, std::uint64_t value) const noexcept {
    write_bucket(cells + first, table->search(value), value);
  }

  static std::vector<cell_kind> kinds(std::size_t bounds) {
    std::vector<cell_kind> made(buckets + bounds + 1, cell_kind::integer);
    made[low] = made[span] = cell_kind::private_to_thread;
    made[greatest] = made[least] = cell_kind::largest;
    return made;
  }

 private:
  static void write_bucket(metric_cell* mine, std::uint64_t bucket, std::uint64_t value) noexcept {
    bump(mine[buckets + bucket], 1);
    bump(mine[sum], value);
    if (value - mine[low].load_relaxed() >= mine[span].load_relaxed()) [[unlikely]]
      widen(mine, value);
  }
  /// Takes a value outside the extremes into them.
  [[gnu::noinline]] static void widen(metric_cell* mine, std::uint64_t value) noexcept {
    raise(mine[greatest], value);
    raise(mine[least], ~value);
    const std::uint64_t lowest = ~mine[least].load_relaxed();
    mine[low].store_relaxed(lowest);
    mine[span].store_relaxed(mine[greatest].load_relaxed() - lowest + 1);
  }
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_INSTRUMENT_CELLS_HPP
