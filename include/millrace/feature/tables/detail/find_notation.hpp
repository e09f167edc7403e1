#ifndef MILLRACE_FEATURE_TABLES_DETAIL_FIND_NOTATION_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_FIND_NOTATION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/raw_cells.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/notation.hpp>
#include <millrace/feature/tables/table.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// How a column is written: numbers, times, or words. What was taken for granted to say so is noted; where that may be
/// one thing or another, the note says both, and it is `doubtful`.
struct found_notation {
  column_kind kind = column_kind::category;
  notation how{};
  table_note note{};
  bool doubtful = false;
};

/// Finds how a column writes its numbers or times, by all of its cells.
template <class Column>
class notation_finder {
 public:
  notation_finder(const Column& of, const column_rules& told, const std::vector<std::size_t>& lines)
      : of_(of), told_(told), lines_(lines), bare_(told.bare()) {}

  /// What is found of a column that is not numbers as they stand. `times`: whether it may be those, too.
  found_notation find(bool times) {
    std::size_t with_digits = 0;
    number_reader read(bare_);
    for (std::size_t row = 0; row < of_.cells.size(); ++row) {
      if (missing(row)) continue;
      double value = 0;
      if (read.read(text(row), value)) {
        numbers_ += told_.counts(value) ? 1U : 0U;
      } else {
        texts_.push_back(row);
        with_digits += text(row).find_first_of("0123456789") == std::string_view::npos ? 0U : 1U;
      }
    }
    if (!nearly_all(numbers_ + with_digits, numbers_ + texts_.size())) return {};
    found_notation found;
    if (times && told_.dates != date_order::iso && find_dates(found)) return found;
    return find_dressed();
  }

  /// Numbers may be none of what they seem: 980 and 1.020 are thousands where points part them, and so are 980 and
  /// 1,020 although decimal commas were asked for. Returns whether that is so.
  bool groups_are_doubtful(const std::string& unit, found_notation& found) {
    const bool comma = told_.decimal == ',';
    if (told_.thousands != column_rules::automatic || (!comma && told_.decimal != column_rules::automatic))
      return false;
    const single_groups seen = look_for_groups(comma ? ',' : '.');
    if (!seen.all || seen.first == of_.cells.size()) return false;
    if (!comma && (!seen.trailing_zero || !seen.short_whole || seen.long_whole)) return false;
    const notation fraction{comma ? ',' : '.', 0, told_.amounts, unit, date_order::iso};
    const notation large{comma ? '.' : ',', comma ? ',' : '.', told_.amounts, unit, date_order::iso};
    found = doubt_about(table_matter::thousands, seen.first,
                        " may be " + number_text(number(seen.first, large), -1) + " or " +
                            number_text(number(seen.first, fraction), 3));
    return true;
  }

  /// Whether so many of these cells are of a kind that the rest are mistakes.
  static bool nearly_all(std::size_t part, std::size_t all) noexcept { return part > 0 && (all - part) * 10 <= part; }

 private:
  /// Whether every cell that has the mark has it once, between digits, with three behind it; and what stands beside.
  struct single_groups {
    std::size_t first = 0;  // the row of the first such cell; the number of rows where there is none
    bool all = true;
    bool trailing_zero = false;  // 1.020: nobody has shortened the fractions, so that a 980 beside it had none
    bool short_whole = false;    // a number without the mark, of three digits at most
    bool long_whole = false;     // one of more
  };

  bool missing(std::size_t row) const noexcept { return of_.cells[row].as == raw_cell::form::missing; }
  std::string_view text(std::size_t row) const noexcept { return of_.cells[row].spelled; }
  /// NaN where it is none.
  double number(std::size_t row, const notation& how) const {
    double value = 0;
    return !missing(row) && read_number(text(row), how, value) ? value : math::nan;
  }
  static std::string number_text(double value, int digits) {
    char text[400];
    const auto end = digits < 0 ? std::to_chars(text, text + sizeof text, value)
                                : std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
    return std::string(text, end.ptr);
  }
  std::size_t count_numbers(const notation& how) const {
    number_reader read(how);
    std::size_t count = 0;
    double value = 0;
    for (const std::size_t row : texts_) count += read.read(text(row), value) && told_.counts(value) ? 1U : 0U;
    return count;
  }
  bool is_time(std::size_t row, date_order order, std::int64_t& value) const {
    return read_time(keyboard_spelling(text(row)), order, value);
  }
  std::size_t count_times(date_order order) const {
    std::size_t count = 0;
    std::int64_t value = 0;
    for (const std::size_t row : texts_) count += is_time(row, order, value) ? 1U : 0U;
    return count;
  }
  found_notation doubt_about(table_matter about, std::size_t row, std::string_view what) const {
    table_note note{about, place_of(of_, row, lines_) + ": " + quoted_cell(text(row)), of_.name,
                    std::string(text(row))};
    note.text += what;
    return {column_kind::category, bare_, std::move(note), true};
  }

  /// False if they are none.
  bool find_dates(found_notation& found) {
    const std::size_t sure = count_times(date_order::year_first);
    const std::size_t by_day = count_times(date_order::day_first);
    const std::size_t by_month = count_times(date_order::month_first);
    if (!nearly_all(by_day > by_month ? by_day : by_month, numbers_ + texts_.size())) return false;
    date_order order = by_day > by_month ? date_order::day_first : date_order::month_first;
    if (by_day == sure && by_month == sure) {
      order = date_order::year_first;
    } else if (by_day == by_month) {
      if (told_.dates != date_order::day_first && told_.dates != date_order::month_first) {
        found = either_day_or_month();
        return true;
      }
      order = told_.dates;
    }
    found = {column_kind::time, bare_, {table_matter::dates, "column " + quoted_cell(of_.name), of_.name}, false};
    found.how.dates = order;
    found.note.text += " is read as dates";
    std::int64_t value = 0;
    if (const std::size_t first = texts_[0]; is_time(first, order, value))
      found.note.text += ": " + quoted_cell(text(first)) + " is " + date_text(value);
    return true;
  }
  found_notation either_day_or_month() const {
    std::int64_t day = 0;
    std::int64_t month = 0;
    for (const std::size_t row : texts_)
      if (!is_time(row, date_order::year_first, day) && is_time(row, date_order::day_first, day) &&
          is_time(row, date_order::month_first, month))
        return doubt_about(table_matter::dates, row, " may be " + date_text(day) + " or " + date_text(month));
    return doubt_about(table_matter::dates, texts_[0], " may say the day first, or the month");
  }

  /// Numbers that are written neither as C++ does nor in the one way that was told.
  found_notation find_dressed() {
    found_notation found{column_kind::category, bare_, {}, false};
    std::string unit;
    if (told_.amounts && !find_unit(unit, found)) return found;
    notation best = bare_;
    std::size_t most = 0;
    for (const char decimal : {'.', ','})
      for (const char thousands : {'\0', decimal == '.' ? ',' : '.', ' ', '\'', told_.thousands}) {
        const notation one{decimal, thousands, told_.amounts, unit, date_order::iso};
        if (!told_.allows(one)) continue;
        if (const std::size_t count = count_numbers(one); count > most) {
          most = count;
          best = one;
        }
      }
    if (!nearly_all(numbers_ + most, numbers_ + texts_.size()) || most == 0) return found;
    if (unit == "%" && numbers_ > 0 && bare_among_percents(found)) return found;
    if (best.decimal == ',' && told_.decimal == column_rules::automatic && decimal_comma(found)) return found;
    if (best.thousands == 0 && groups_are_doubtful(unit, found)) return found;
    found.kind = column_kind::number;
    found.note = assumption(best);
    found.how = std::move(best);
    return found;
  }
  /// The one unit that the cells bear, if any. False where nearly all are amounts, in several.
  bool find_unit(std::string& unit, found_notation& found) {
    std::size_t dressed = 0;
    std::size_t other = of_.cells.size();
    for (const std::size_t row : texts_) {
      const std::string spelled = keyboard_spelling(text(row));
      amount one;
      if (!take_amount(spelled, one) || one.unit.empty() || !is_decimal_digit(one.digits.back())) continue;
      ++dressed;
      if (unit.empty()) unit = one.unit;
      if (one.unit != unit && other == of_.cells.size()) other = row;
    }
    if (other == of_.cells.size() || !nearly_all(numbers_ + dressed, numbers_ + texts_.size())) return true;
    found =
        doubt_about(table_matter::unit, other,
                    " stands in a column of " + quoted_cell(unit) + ", and amounts in two units are no one quantity");
    return false;
  }
  bool bare_among_percents(found_notation& found) {
    for (std::size_t row = 0; row < of_.cells.size(); ++row)
      if (const double value = number(row, bare_); value < 0 || value > 0) {
        found = doubt_about(table_matter::percents, row, " stands among percents without saying whether it is one");
        return true;
      }
    return false;
  }
  /// 3,14, which nobody has said is a number.
  bool decimal_comma(found_notation& found) {
    std::size_t first = of_.cells.size();
    for (const std::size_t row : texts_)
      if (text(row).find(',') != std::string_view::npos) {
        if (first == of_.cells.size()) first = row;
        if (may_be_thousands(row)) continue;
        first = row;
        break;
      }
    if (first == of_.cells.size()) return false;
    found = doubt_about(table_matter::decimal, first, " looks like a number with a decimal comma");
    return true;
  }
  /// 1,000 and $12,345,678, but not 0,123 or 3,14.
  bool may_be_thousands(std::size_t row) const {
    const std::string spelled = keyboard_spelling(text(row));
    amount found;
    return take_amount(spelled, found) &&
           is_grouped(found.digits.substr(0, found.digits.find_first_not_of("0123456789,.")), ',');
  }
  single_groups look_for_groups(char mark) const {
    single_groups seen;
    seen.first = of_.cells.size();
    for (std::size_t row = 0; row < of_.cells.size() && seen.all; ++row) {
      const std::string spelled = keyboard_spelling(text(row));
      amount found;
      if (missing(row) || !take_amount(spelled, found)) continue;
      const std::string_view digits = found.digits;
      if (digits.find(mark) == digits.npos) {
        const bool whole = digits.find_first_not_of("0123456789") == digits.npos;
        (whole && digits.size() <= 3 ? seen.short_whole : seen.long_whole) = true;
      } else if (digits.find(mark) == digits.rfind(mark) && is_grouped(digits, mark)) {
        if (seen.first == of_.cells.size()) seen.first = row;
        seen.trailing_zero = seen.trailing_zero || digits.back() == '0';
      } else {
        seen.all = false;
      }
    }
    return seen;
  }

  /// What was taken for granted, by the first cell that needed it.
  table_note assumption(const notation& how) const {
    notation ungrouped = how;
    ungrouped.thousands = 0;
    table_note note{table_matter::nothing, "column " + quoted_cell(of_.name) + ": ", of_.name};
    if (how.thousands != 0)
      if (const std::size_t row = first_text(
              how, [&](std::size_t one) { return !(math::absolute(number(one, ungrouped)) < __builtin_inf()); });
          row < of_.cells.size()) {
        note.about = table_matter::thousands;
        note.cell = text(row);
        note.text += how.thousands == ','    ? "commas"
                     : how.thousands == '.'  ? "points"
                     : how.thousands == '\'' ? "apostrophes"
                                             : "blanks";
        note.text += " are taken for separators of thousands: " + quoted_cell(note.cell) + " is " +
                     number_text(number(row, how), -1);
      }
    if (how.unit.empty()) return note;
    if (note.about == table_matter::nothing)
      note.about = table_matter::unit;
    else
      note.text += "; ";
    note.text += "the unit " + quoted_cell(how.unit) + " is set aside";
    const std::size_t row =
        first_text(how, [&](std::size_t one) { return text(one).find(how.unit) != std::string::npos; });
    if (row < of_.cells.size()) note.text += ": " + quoted_cell(text(row)) + " is " + number_text(number(row, how), -1);
    return note;
  }
  template <class Needs>
  std::size_t first_text(const notation& how, Needs needs) const {
    for (const std::size_t row : texts_)
      if (math::absolute(number(row, how)) < __builtin_inf() && needs(row)) return row;
    return of_.cells.size();
  }

  const Column& of_;
  const column_rules& told_;
  const std::vector<std::size_t>& lines_;
  notation bare_;
  std::size_t numbers_ = 0;
  std::vector<std::size_t> texts_;  // rows of the cells that are no numbers as they stand
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_FIND_NOTATION_HPP
