#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNITS_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNITS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge/detail/count_table.hpp>
#include <millrace/deliver/judge/detail/judge_core.hpp>
#include <millrace/deliver/judge/detail/judged_unit_table.hpp>
#include <millrace/deliver/measurement.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The units of a judge that counts by unit: those with a bad outcome, for each column, and those at their first
/// request.
///
/// A note is, from its highest bit: 4 bits of the step, 1 of the arm, 1 that is set, 1 that is set for a score, 9 of
/// the column, 16 of the order; then 32 of the badness or, for a first request, 16 of the metrics that were measured
/// and 16 of those bad. The order grows with the requests that the thread has had in this step. So of two hosts' notes
/// of a unit the one with the smaller upper half is the earlier, as far as hosts can tell, whatever came of it.
struct judged_units {
  /// A unit with a request: when, where, and how many its thread has had before.
  struct sighting {
    std::uint64_t unit;
    std::size_t step;
    arm which;
    std::uint64_t before;
  };

  explicit judged_units(std::size_t room) : bad(room), first(room) {}

  /// Whether a bad outcome is the unit's first of this column.
  bool add_bad(const sighting& of, std::size_t column, std::uint64_t by) noexcept {
    return add(of.unit, column, head(of, column) | by);
  }
  /// Whether a score is the unit's first of this column.
  bool add_score(const sighting& of, std::size_t column, std::uint64_t by) noexcept {
    return add(of.unit, column, head(of, column) | score_bit | by);
  }
  static std::uint64_t first_note(const sighting& of, std::uint64_t measured, std::uint64_t bad_ones) noexcept {
    return head(of, 0) | measured << 16 | bad_ones;
  }
  /// Whether a unit is taken, and has its first request.
  template <class Note>
  bool add_first(std::uint64_t unit, Note note) noexcept {
    const std::uint64_t key = splitmix64(unit);
    const std::size_t fill = first.fill();
    const std::uint64_t left_out = fill < 8 ? 0 : fill < 12 ? 1 : fill < 14 ? 3 : 7;
    return fill < 15 && (key >> 60 & left_out) == 0 && first.insert(key, note) == judged_unit_table::found::added;
  }
  /// A number in [0, 1) that rounds badness up or down, for each unit and metric its own.
  static double chance(std::uint64_t unit, std::size_t metric) noexcept {
    std::uint64_t key = ~unit + metric;
    return static_cast<double>(splitmix64(key) >> 11) * 0x1p-53;
  }

  /// Adds the units of another judge and moves what they counted there to where they count first.
  void merge(const judged_units& other, count_table& counts, std::size_t columns_a_step) noexcept {
    // The other's counts have been added as they are. So a unit that was there already counts too often by one of them.
    bad.merge(other.bad, [&](std::uint64_t surplus) { take_off_bad(surplus, counts, columns_a_step); });
    first.merge(other.first, [&](std::uint64_t surplus) { take_off_first(surplus, counts, columns_a_step); });
  }

  judged_unit_table bad;
  judged_unit_table first;

 private:
  static constexpr std::uint64_t score_bit = std::uint64_t{1} << 57;

  bool add(std::uint64_t unit, std::size_t column, std::uint64_t note) noexcept {
    std::uint64_t key = unit ^ column * 0x9e3779b97f4a7c15U;
    return bad.insert(splitmix64(key), [&] { return note; }) == judged_unit_table::found::added;
  }
  /// A number as 5 bits of its size and its 11 bits below the highest, which grows with it.
  static std::uint64_t rough(std::uint64_t number) noexcept {
    const auto size = static_cast<unsigned>(std::bit_width(number));
    if (size <= 11) return number;
    return size > 42 ? 0xffff : std::uint64_t{size - 11} << 11 | (number >> (size - 12) & 0x7ff);
  }
  static std::uint64_t head(const sighting& of, std::size_t column) noexcept {
    return std::uint64_t{of.step} << 60 | std::uint64_t{of.which == arm::candidate} << 59 | std::uint64_t{1} << 58 |
           std::uint64_t{column} << 48 | rough(of.before) << 32;
  }
  static std::size_t step_of(std::uint64_t note) noexcept { return static_cast<std::size_t>(note >> 60); }
  static std::size_t arm_of(std::uint64_t note) noexcept { return static_cast<std::size_t>(note >> 59 & 1); }
  static void take_off_bad(std::uint64_t note, count_table& counts, std::size_t columns_a_step) noexcept {
    const auto column = static_cast<std::size_t>(note >> 48 & 0x1ff);
    const std::size_t at = step_of(note) * columns_a_step + column + arm_of(note);
    if (at >= counts.columns() || column < bad_at) return;
    counts.add(at, 0 - (note & 0xffffffffU));
    if ((note & score_bit) != 0) counts.add(at - bad_at + measured_at, std::uint64_t{0} - 1);
  }
  static void take_off_first(std::uint64_t note, count_table& counts, std::size_t columns_a_step) noexcept {
    const std::size_t step = step_of(note) * columns_a_step + arm_of(note);
    if (step - arm_of(note) + columns_a_step > counts.columns()) return;
    counts.add(step + units_at, std::uint64_t{0} - 1);
    for (std::size_t metric = 0; (metric + 2) * columns_by_unit <= columns_a_step; ++metric) {
      const std::size_t at = step + (metric + 1) * columns_by_unit;
      counts.add(at + first_at, 0 - (note >> (16 + metric) & 1));
      counts.add(at + first_bad_at, 0 - (note >> metric & 1));
    }
  }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNITS_HPP
