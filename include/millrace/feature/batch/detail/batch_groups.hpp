#ifndef MILLRACE_FEATURE_BATCH_DETAIL_BATCH_GROUPS_HPP
#define MILLRACE_FEATURE_BATCH_DETAIL_BATCH_GROUPS_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/batch/detail/batch_cell.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/dates.hpp>
#include <millrace/feature/tables/findings.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

inline std::string row_and_column(std::size_t row, std::string_view column) {
  return "row " + std::to_string(row) + ", column " + quoted_cell(column);
}

inline const column_view* find_view(std::span<const column_view> columns, std::string_view name) noexcept {
  for (const column_view& one : columns)
    if (one.name == name) return &one;
  return nullptr;
}
inline std::size_t first_present(const column_view& of) noexcept {
  std::size_t row = 0;
  while (row < of.rows() && of.missing(row)) ++row;
  return row;
}
/// The error for a column that must have cells of another kind: of the first cell that is not.
inline error wrong_kind(const column_view& of, std::string_view wanted) {
  std::size_t row = first_present(of);
  const std::size_t first = row;
  double number = 0;
  const bool words = of.kind == column_kind::category || of.kind == column_kind::text;
  std::int64_t time = 0;
  if (words && wanted == "number")
    while (row + 1 < of.rows() && (of.missing(row) || read_real(of.text(row), number))) ++row;
  if (words && wanted == "time")
    while (row + 1 < of.rows() && (of.missing(row) || read_time(of.text(row), date_order::iso, time))) ++row;
  if (words && wanted == "number" && !of.missing(row) && read_real(of.text(row), number)) row = first;  // "1" is a text
  if (of.missing(row)) row = first;
  std::string what = words                          ? quoted_cell(of.text(row))
                     : of.kind == column_kind::time ? std::string("a time")
                                                    : number_text(of.numbers[row]);
  return error(errc::type_mismatch, row_and_column(row, of.name) + ": " + what + " is no " + std::string(wanted));
}
inline result<const column_view*> find_column(std::span<const column_view> columns, std::string_view name,
                                              std::size_t rows) {
  const column_view* const found = find_view(columns, name);
  if (found == nullptr) return error(errc::not_found, "the batch has no column " + quoted_cell(name));
  if (found->rows() != rows)
    return error(errc::shape_mismatch, "column " + quoted_cell(name) + " has " + std::to_string(found->rows()) +
                                           " rows, the batch " + std::to_string(rows));
  return found;
}

/// A time of a row in nanoseconds; `no_time` if it is missing or beyond the range.
inline std::int64_t time_of(const column_view& of, std::size_t row) noexcept {
  if (of.kind == column_kind::time) return of.times[row];
  const double nanoseconds = of.numbers[row] * 1e9;
  return nanoseconds > -0x1p63 && nanoseconds < 0x1p63 ? static_cast<std::int64_t>(nanoseconds) : column::no_time;
}
/// Where the window of a time begins: the greatest multiple of `length` at or below it; `no_time` where that is beyond
/// the range.
inline std::int64_t window_of(std::int64_t time, std::int64_t length) noexcept {
  const std::int64_t over = time % length;
  std::int64_t begin = 0;
  return __builtin_sub_overflow(time, over < 0 ? over + length : over, &begin) ? column::no_time : begin;
}

/// The rows of a batch by group. `of[row]` is the number of a row's group, from 0 in the order of their first rows, or
/// `none` for a row without a time; `first[group]` is the first row of a group.
class batch_groups {
 public:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

  /// Errors: not_found, shape_mismatch, type_mismatch, each with the column.
  result<void> find(const batch_plan& plan, std::span<const column_view> columns, std::size_t rows) {
    if (rows >= none)
      return error(errc::out_of_range, "a batch has at most 2^32 - 2 rows, not " + std::to_string(rows));
    of_.assign(rows, 0);
    first_.assign(rows == 0 ? 0 : 1, 0);
    whole_ = plan.by.empty() && plan.time.empty();
    if (whole_) return {};
    if (!plan.time.empty())
      if (auto done = by_window(plan, columns, rows); !done) return done;
    for (const std::string& name : plan.by)
      if (auto done = by_text(name, columns, rows); !done) return done;
    number_again();
    return {};
  }

  std::span<const std::uint32_t> of() const noexcept { return of_; }
  std::size_t size() const noexcept { return first_.size(); }
  /// Are all rows one group, which is not looked for?
  bool whole() const noexcept { return whole_; }
  std::uint64_t refused() const noexcept { return refused_; }

  /// The bytes that a group is known by.
  std::string key(std::size_t group, const batch_plan& plan) const {
    std::string made;
    const std::size_t row = first_[group];
    if (time_ != nullptr) put_window(made, window_of(time_of(*time_, row), plan.window.nanoseconds));
    for (const column_view* one : texts_) put_text(made, one->missing(row), one->text(row));
    return made;
  }

 private:
  result<void> by_window(const batch_plan& plan, std::span<const column_view> columns, std::size_t rows) {
    auto found = find_column(columns, plan.time, rows);
    if (!found) return std::move(found).error();
    time_ = *found;
    if (time_->kind == column_kind::category || time_->kind == column_kind::text) {
      if (first_present(*time_) != rows) return wrong_kind(*time_, "time");
      of_.assign(rows, none);
      refused_ = rows;
      return {};
    }
    const std::int64_t length = plan.window.nanoseconds;
    split(rows, [&](std::size_t row) {
      const std::int64_t time = time_of(*time_, row);
      const std::int64_t begin = time == column::no_time ? time : window_of(time, length);
      if (begin != column::no_time) return static_cast<std::uint64_t>(begin);
      of_[row] = none;
      ++refused_;
      return std::uint64_t{0};
    });
    return {};
  }
  result<void> by_text(const std::string& name, std::span<const column_view> columns, std::size_t rows) {
    auto found = find_column(columns, name, rows);
    if (!found) return std::move(found).error();
    const column_view& texts = **found;
    const bool words = texts.kind == column_kind::category || texts.kind == column_kind::text;
    if (!words && first_present(texts) != rows) return wrong_kind(texts, "text to group by");
    texts_.push_back(&texts);
    if (words) split(rows, [&](std::size_t row) { return std::uint64_t{texts.codes[row]}; });
    return {};
  }

  /// Splits each group by what code(row) returns.
  template <class Code>
  void split(std::size_t rows, const Code& code) {
    keys_.assign(16, {});
    std::uint32_t groups = 0;
    std::uint32_t last_from = none, last_to = none;
    std::uint64_t last_code = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t from = of_[row];
      if (from == none) continue;
      const std::uint64_t now = code(row);
      if (of_[row] == none) continue;
      if (from != last_from || now != last_code) {
        last_to = number_of(from, now, groups);
        last_from = from;
        last_code = now;
      }
      of_[row] = last_to;
    }
  }
  struct pair_slot {
    std::uint64_t code = 0;
    std::uint32_t from = 0;
    std::uint32_t to = none;
  };
  /// The number of a pair, a new one if it has none.
  std::uint32_t number_of(std::uint32_t from, std::uint64_t code, std::uint32_t& groups) {
    if (2 * (std::size_t{groups} + 1) > keys_.size()) {
      std::vector<pair_slot> old(2 * keys_.size());
      old.swap(keys_);
      for (const pair_slot& one : old)
        if (one.to != none) slot_of(one.from, one.code) = one;
    }
    pair_slot& slot = slot_of(from, code);
    if (slot.to == none) slot = {code, from, groups++};
    return slot.to;
  }
  pair_slot& slot_of(std::uint32_t from, std::uint64_t code) noexcept {
    const std::size_t mask = keys_.size() - 1;
    std::size_t at = static_cast<std::size_t>(
                         folded_product(code ^ 0x9e3779b97f4a7c15U, std::uint64_t{from} + 0xa0761d6478bd642fU)) &
                     mask;
    while (keys_[at].to != none && (keys_[at].from != from || keys_[at].code != code)) at = (at + 1) & mask;
    return keys_[at];
  }
  /// Groups whose rows are all without a time leave no gap, and `first_` is found.
  void number_again() {
    first_.clear();
    std::vector<std::uint32_t> numbers;
    for (std::size_t row = 0; row < of_.size(); ++row) {
      std::uint32_t& group = of_[row];
      if (group == none) continue;
      if (group >= numbers.size()) numbers.resize(std::size_t{group} + 1, none);
      if (numbers[group] == none) {
        numbers[group] = static_cast<std::uint32_t>(first_.size());
        first_.push_back(row);
      }
      group = numbers[group];
    }
  }

  std::vector<std::uint32_t> of_;
  std::vector<std::size_t> first_;
  std::vector<pair_slot> keys_;
  const column_view* time_ = nullptr;
  std::vector<const column_view*> texts_;
  std::uint64_t refused_ = 0;
  bool whole_ = true;
};

/// The rows of the groups one behind the other, each group's in their order: rows begin[g] to begin[g + 1] of `rows`.
struct sorted_rows {
  std::vector<std::uint32_t> rows{};
  std::vector<std::size_t> begin{};

  explicit sorted_rows(const batch_groups& groups) : begin(groups.size() + 1) {
    std::size_t all = 0;
    for (const std::uint32_t group : groups.of())
      if (group != batch_groups::none) ++begin[group + std::size_t{1}], ++all;
    for (std::size_t g = 1; g < begin.size(); ++g) begin[g] += begin[g - 1];
    rows.resize(all);
    std::vector<std::size_t> next = begin;
    for (std::size_t row = 0; row < groups.of().size(); ++row)
      if (const std::uint32_t group = groups.of()[row]; group != batch_groups::none)
        rows[next[group]++] = static_cast<std::uint32_t>(row);
  }
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_DETAIL_BATCH_GROUPS_HPP
