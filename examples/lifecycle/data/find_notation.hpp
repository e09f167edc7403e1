#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_FIND_NOTATION_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_FIND_NOTATION_HPP

#include "../format.hpp"
#include "cells.hpp"
#include "grid.hpp"
#include "notation.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Finds how a column writes its numbers. What is beyond doubt is taken, and said; what may mean two things is asked.
namespace lifecycle {

/// What one was told about numbers, for the whole file.
struct notation_wishes {
  decimal_mark decimal = decimal_mark::point;
  std::optional<char> thousands;  // 0: none
  date_order dates = date_order::none;
};

/// How a column writes its numbers, and what was assumed to say so; empty where nothing was.
struct found_notation {
  notation how;
  std::string assumed;
};

namespace detail {

/// One column's cells as they stand in the file.
struct column_cells {
  const grid& from;
  std::size_t at;
  const cell_parser& parse;

  std::size_t rows() const noexcept { return from.rows(); }
  std::string_view text(std::size_t row) const noexcept { return from.cell(row, at); }
  std::string in_place(std::size_t row) const { return from.place(row, at) + ": " + in_quotes(text(row)); }
  std::string name() const { return in_quotes(from.column_name(at)); }
};

/// A column that is not numbers as they stand: how many cells are, and the rows of those that say something else.
struct first_look {
  std::size_t numbers = 0;
  std::vector<std::size_t> texts;
};

/// How numbers are written as far as one was told, and without anything about them.
inline notation plain_notation(const notation_wishes& told) {
  notation how;
  how.decimal = told.decimal == decimal_mark::comma ? ',' : '.';
  return how;
}

inline std::size_t count_parsed(const column_cells& of, const std::vector<std::size_t>& rows, const notation& how) {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](std::size_t row) {
    return of.parse(of.text(row), how).kind == cell_kind::number;
  }));
}

/// Whether so many of these cells are numbers that the rest are mistakes.
inline bool nearly_all(std::size_t part, std::size_t all) noexcept { return part > 0 && (all - part) * 10 <= part; }

/// Another way to say it: what to write where the column is none of this.
inline std::string or_a_word(const column_cells& of) { return "--category " + of.name() + " takes it for a word"; }

/// Dates, if nearly every cell is one. Errors: errc::type_mismatch where it cannot be told whether the day or the month
/// stands first.
inline mr::result<std::optional<found_notation>> find_dates(const column_cells& of, const first_look& seen,
                                                            date_order told) {
  const auto with = [](date_order order) {
    notation how;
    how.dates = order;
    return how;
  };
  const std::size_t present = seen.numbers + seen.texts.size();
  const std::size_t sure = count_parsed(of, seen.texts, with(date_order::year_first));
  const std::size_t by_day = count_parsed(of, seen.texts, with(date_order::day_first));
  const std::size_t by_month = count_parsed(of, seen.texts, with(date_order::month_first));
  date_order order = by_day > by_month ? date_order::day_first : date_order::month_first;
  if (!nearly_all((std::max)(by_day, by_month), present)) return std::optional<found_notation>();
  if (by_day == sure && by_month == sure) order = date_order::year_first;
  if (by_day == by_month && by_day > sure) {
    const std::size_t row = *std::find_if(seen.texts.begin(), seen.texts.end(), [&](std::size_t one) {
      return of.parse(of.text(one), with(date_order::year_first)).kind != cell_kind::number;
    });
    if (told == date_order::none)
      return mr::error(mr::errc::type_mismatch,
                       of.in_place(row) + " may be " +
                           date_text(of.parse(of.text(row), with(date_order::day_first)).number) + " or " +
                           date_text(of.parse(of.text(row), with(date_order::month_first)).number) +
                           "; --dates day or --dates month says which of them stands first, " + or_a_word(of));
    order = told;
  }
  const std::string_view first = of.text(seen.texts.front());
  const parsed_cell said = of.parse(first, with(order));
  const std::string example =
      said.kind == cell_kind::number ? in_quotes(first) + " is " + date_text(said.number) + ", " : std::string();
  return std::optional(found_notation{with(order), "column " + of.name() + " is read as dates: " + example +
                                                       "as days since 1970; --category " + of.name() +
                                                       " takes them for words"});
}

/// The one unit that the cells bear, if any. Errors: errc::type_mismatch where they bear several.
inline mr::result<std::string> find_unit(const column_cells& of, const first_look& seen) {
  std::string unit;
  std::size_t dressed = 0;
  std::size_t other = of.rows();
  for (const std::size_t row : seen.texts) {
    const std::string spelled = mr::feature::keyboard_spelling(of.text(row));
    mr::feature::amount found;
    if (!mr::feature::take_amount(spelled, found) || found.unit.empty() || !is_digit(found.digits.back())) continue;
    ++dressed;
    if (unit.empty()) unit = found.unit;
    if (found.unit != unit && other == of.rows()) other = row;
  }
  if (other < of.rows() && nearly_all(seen.numbers + dressed, seen.numbers + seen.texts.size()))
    return mr::error(mr::errc::type_mismatch, of.in_place(other) + " stands in a column of " + in_quotes(unit) +
                                                  ", and amounts in two units are no one quantity; --category " +
                                                  of.name() + " takes them for words, --ignore " + of.name() +
                                                  " leaves the column out");
  return unit;
}

/// The ways to write numbers that are tried, those first that are taken without asking.
inline std::vector<notation> candidates(const notation_wishes& told, const std::string& unit) {
  std::vector<notation> all;
  const auto add = [&](char decimal, std::string_view marks) {
    for (const char mark : marks) {
      const char thousands = mark == '0' ? '\0' : mark;
      if (told.thousands && thousands != 0 && thousands != *told.thousands) continue;
      all.push_back({decimal, thousands, unit, date_order::none});
    }
  };
  if (told.decimal != decimal_mark::comma) add('.', "0, '");
  if (told.decimal != decimal_mark::point_surely) add(',', "0. '");
  return all;
}

/// 1,000 and $12,345,678, but not 0,123 or 3,14: what may be a number of thousands.
inline bool may_be_thousands(std::string_view cell, char mark) {
  const std::string spelled = mr::feature::keyboard_spelling(cell);
  mr::feature::amount found;
  return mr::feature::take_amount(spelled, found) &&
         mr::feature::is_grouped(found.digits.substr(0, found.digits.find_first_not_of("0123456789,.")), mark);
}

/// Whether every cell that has the mark has it once, between digits, with three behind it; and what stands beside them.
struct single_groups {
  std::size_t first = 0;  // the row of the first such cell; the number of rows where there is none
  bool all = true;
  bool trailing_zero = false;  // 1.020: nobody has shortened the fractions, so that a 980 beside it had none
  bool short_whole = false;    // a number without the mark, of three digits at most
  bool long_whole = false;     // one of more
};

inline single_groups look_for_groups(const column_cells& of, char mark) {
  single_groups seen;
  seen.first = of.rows();
  for (std::size_t row = 0; row < of.rows(); ++row) {
    const std::string spelled = mr::feature::keyboard_spelling(of.text(row));
    mr::feature::amount found;
    if (!mr::feature::take_amount(spelled, found)) continue;
    const std::string_view digits = found.digits;
    if (digits.find(mark) == digits.npos) {
      const bool whole = digits.find_first_not_of("0123456789") == digits.npos;
      (whole && digits.size() <= 3 ? seen.short_whole : seen.long_whole) = true;
    } else if (digits.find(mark) == digits.rfind(mark) && mr::feature::is_grouped(digits, mark)) {
      if (seen.first == of.rows()) seen.first = row;
      seen.trailing_zero = seen.trailing_zero || digits.back() == '0';
    } else {
      seen.all = false;
      break;
    }
  }
  return seen;
}

/// Numbers may be none of what they seem: 980 and 1.020 are thousands where points part them, and so are 980 and 1,020
/// although --decimal comma was asked for. Errors: errc::type_mismatch, with the question.
inline mr::result<void> ask_about_groups(const column_cells& of, const notation_wishes& told, const std::string& unit) {
  if (told.thousands || told.decimal == decimal_mark::point_surely) return {};
  const bool comma = told.decimal == decimal_mark::comma;
  const single_groups seen = look_for_groups(of, comma ? ',' : '.');
  if (!seen.all || seen.first == of.rows()) return {};
  if (!comma && (!seen.trailing_zero || !seen.short_whole || seen.long_whole)) return {};
  const notation small{comma ? ',' : '.', 0, unit, date_order::none};
  const notation large{comma ? '.' : ',', comma ? ',' : '.', unit, date_order::none};
  const std::string_view cell = of.text(seen.first);
  return mr::error(mr::errc::type_mismatch,
                   of.in_place(seen.first) + " may be " + shortest(of.parse(cell, large).number) + " or " +
                       fixed(of.parse(cell, small).number, 3) + "; " +
                       (comma ? "leave --decimal comma out to read the former" : "--thousands point reads the former") +
                       ", --thousands none reads the latter");
}

/// The error for a column whose commas stand before fractions, which nobody has said.
inline mr::error ask_for_decimal_comma(const column_cells& of, const std::vector<std::size_t>& texts) {
  const auto surely = std::find_if(texts.begin(), texts.end(), [&](std::size_t row) {
    return of.text(row).find(',') != std::string_view::npos && !may_be_thousands(of.text(row), ',');
  });
  return mr::error(mr::errc::type_mismatch, of.in_place(surely == texts.end() ? texts.front() : *surely) +
                                                " looks like a number with a decimal comma; --decimal comma reads it "
                                                "so, --decimal point takes it for a word");
}

/// What was taken for granted, by the first cell that needed it.
inline std::string assumption(const column_cells& of, const std::vector<std::size_t>& texts, const notation& how) {
  const notation bare{how.decimal, 0, how.unit, date_order::none};
  std::string said;
  const auto example = [&](auto needs) {
    const auto row = std::find_if(texts.begin(), texts.end(), [&](std::size_t one) {
      return of.parse(of.text(one), how).kind == cell_kind::number && needs(of.text(one));
    });
    return row == texts.end() ? std::string()
                              : in_quotes(of.text(*row)) + " is " + shortest(of.parse(of.text(*row), how).number);
  };
  const auto grouped_cell = [&](std::string_view cell) { return of.parse(cell, bare).kind != cell_kind::number; };
  if (how.thousands != 0)
    if (const std::string shown = example(grouped_cell); !shown.empty()) {
      said = std::string(how.thousands == ','    ? "commas"
                         : how.thousands == '.'  ? "points"
                         : how.thousands == '\'' ? "apostrophes"
                                                 : "blanks") +
             " are taken for separators of thousands: " + shown;
      if (how.thousands == ',' && count_parsed(of, texts, {',', 0, how.unit, date_order::none}) == texts.size())
        said += "; --decimal comma with --thousands none would take them for decimal commas";
    }
  if (!how.unit.empty()) {
    if (!said.empty()) said += "; ";
    said += "the unit " + in_quotes(how.unit) + " is set aside";
    if (const std::string shown = example([&](std::string_view cell) { return cell.find(how.unit) != cell.npos; });
        !shown.empty())
      said += ": " + shown;
  }
  return said.empty() ? said : "column " + of.name() + ": " + said;
}

/// Numbers that are written neither as C++ does nor in one of the ways that were told.
inline mr::result<found_notation> find_dressed(const column_cells& of, const first_look& seen,
                                               const notation_wishes& told) {
  mr::result<std::string> unit = find_unit(of, seen);
  if (!unit) return std::move(unit).error();
  const notation bare = plain_notation(told);
  found_notation best{bare, ""};
  std::size_t most = 0;
  for (const notation& one : candidates(told, *unit))
    if (const std::size_t parsed = count_parsed(of, seen.texts, one); parsed > most) {
      most = parsed;
      best.how = one;
    }
  if (!nearly_all(seen.numbers + most, seen.numbers + seen.texts.size()) || most == 0) return found_notation{bare, ""};
  if (*unit == "%" && seen.numbers > 0)
    for (std::size_t row = 0; row < of.rows(); ++row)
      if (const parsed_cell cell = of.parse(of.text(row)); cell.kind == cell_kind::number && cell.number != 0)
        return mr::error(mr::errc::type_mismatch,
                         of.in_place(row) +
                             " stands among percents without saying whether it is one; write all cells "
                             "in one way, or --ignore " +
                             of.name() + " leaves the column out");
  const bool by_comma = std::any_of(seen.texts.begin(), seen.texts.end(),
                                    [&](std::size_t row) { return of.text(row).find(',') != std::string_view::npos; });
  if (best.how.decimal == ',' && told.decimal != decimal_mark::comma && by_comma)
    return ask_for_decimal_comma(of, seen.texts);
  if (best.how.thousands == 0)
    if (auto sure = ask_about_groups(of, told, *unit); !sure) return std::move(sure).error();
  best.assumed = assumption(of, seen.texts, best.how);
  return best;
}

}  // namespace detail

/// How the column writes its numbers. Errors: errc::type_mismatch where that may be one thing or another: the message
/// gives both, and the option that says which.
inline mr::result<found_notation> find_notation(const grid& from, std::size_t at, const cell_parser& parse,
                                                const notation_wishes& told) {
  const detail::column_cells of{from, at, parse};
  const notation bare = detail::plain_notation(told);
  detail::first_look seen;
  std::size_t with_digits = 0;
  for (std::size_t row = 0; row < of.rows(); ++row) {
    const cell_kind kind = parse(of.text(row), bare).kind;
    if (kind == cell_kind::number) ++seen.numbers;
    if (kind != cell_kind::text) continue;
    seen.texts.push_back(row);
    with_digits += of.text(row).find_first_of("0123456789") == std::string_view::npos ? 0U : 1U;
  }
  if (!detail::nearly_all(seen.numbers + with_digits, seen.numbers + seen.texts.size()))
    return found_notation{bare, ""};  // words
  if (seen.texts.empty()) {
    if (auto sure = detail::ask_about_groups(of, told, ""); !sure) return std::move(sure).error();
    return found_notation{bare, ""};
  }
  mr::result<std::optional<found_notation>> dates = detail::find_dates(of, seen, told.dates);
  if (!dates) return std::move(dates).error();
  if (*dates) return **std::move(dates);
  return detail::find_dressed(of, seen, told);
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_FIND_NOTATION_HPP
