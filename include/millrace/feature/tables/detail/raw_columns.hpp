#ifndef MILLRACE_FEATURE_TABLES_DETAIL_RAW_COLUMNS_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_RAW_COLUMNS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/find_notation.hpp>
#include <millrace/feature/tables/detail/raw_cells.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// What was noted while a table was read, and why it was refused.
struct column_findings {
  std::vector<table_note> notes;
  table_note refused;
};

/// Makes columns of raw ones: of the kind that is declared, or of the first that all their cells allow: numbers, times,
/// categories. Where nothing is there, of numbers that are all missing.
template <class Table>
class column_maker {
 public:
  column_maker(const column_rules& how, const std::vector<std::size_t>& lines, column_findings& found)
      : how_(how), lines_(lines), found_(found) {}

  result<column> make(const raw_column& from) {
    const notation bare = how_.bare();
    column numbers = column_of(from, column_kind::number, bare);
    if (fill_loosely(from, numbers) && strays_ == 0) return certain(from, std::move(numbers));
    const std::size_t numbers_strays = strays_;
    const std::size_t first = first_stray_;
    found_notation seen;
    if (how_.finds_numbers() || how_.dates != date_order::iso)
      seen = notation_finder<raw_column>(from, how_, lines_).find(true);
    if (seen.doubtful) return doubtful(from, std::move(seen.note));
    if (seen.kind != column_kind::category) {
      column made = column_of(from, seen.kind, seen.how);
      if (fill_loosely(from, made)) {
        if (strays_ > 0) return with_strays(from, made, first_stray_, strays_);
        if (blurred_) return too_many_digits(from);
        note(std::move(seen.note));
        return finite(from, std::move(made));
      }
    }
    column times = column_of(from, column_kind::time, bare);
    if (fill(from, times) == from.cells.size()) return times;
    if (numbers.rows() == from.cells.size()) return with_strays(from, numbers, first, numbers_strays);
    return of_category(from);
  }

  /// Of the kind that is declared. Errors: type_mismatch: a cell is not of it.
  result<column> make(const raw_column& from, const declared_column& as) {
    column made = column_of(from, as.kind, as.exactly ? as.written : how_.bare());
    if (as.kind == column_kind::category) return of_category(from);
    const std::size_t wrong = fill(from, made);
    const bool numbers = as.kind == column_kind::number;
    if (wrong == from.cells.size() && (!numbers || as.exactly)) return finite(from, std::move(made));
    if (wrong == from.cells.size()) return certain(from, std::move(made), true);
    if (!as.exactly && (numbers ? how_.finds_numbers() : as.kind == column_kind::time)) {
      found_notation seen = notation_finder<raw_column>(from, how_, lines_).find(!numbers);
      if (seen.doubtful) return refuse(std::move(seen.note), errc::type_mismatch);
      if (seen.kind == as.kind) {
        made = column_of(from, as.kind, seen.how);
        if (fill(from, made) == from.cells.size()) {
          note(std::move(seen.note));
          return finite(from, std::move(made));
        }
      }
    }
    return refuse_cell(from, wrong, table_matter::kind, std::string(" is no ").append(to_string(as.kind)));
  }

 private:
  static column column_of(const raw_column& from, column_kind kind, notation how) {
    column made{from.name, kind};
    made.written = std::move(how);
    return made;
  }
  void note(table_note made) {
    if (made.about != table_matter::nothing) found_.notes.push_back(std::move(made));
  }
  error refuse(table_note why, errc code) {
    found_.refused = std::move(why);
    return error(code, found_.refused.text);
  }
  error refuse_cell(const raw_column& from, std::size_t row, table_matter about, std::string_view what) {
    const std::string_view cell = from.cells[row].spelled;
    return refuse(
        {about, place_of(from, row, lines_) + ": " + quoted_cell(cell).append(what), from.name, std::string(cell)},
        errc::type_mismatch);
  }

  /// Numbers as they stand, which may be meant in another way, or be identifiers.
  result<column> certain(const raw_column& from, column made, bool declared = false) {
    found_notation seen;
    const bool blurred = blurred_;
    if (notation_finder<raw_column>(from, how_, lines_).groups_are_doubtful({}, seen)) {
      if (declared) return refuse(std::move(seen.note), errc::type_mismatch);
      return doubtful(from, std::move(seen.note));
    }
    if (blurred && !declared) return too_many_digits(from);
    return finite(from, std::move(made));
  }
  result<column> doubtful(const raw_column& from, table_note why) {
    if (how_.doubtful == doubt::refused) return refuse(std::move(why), errc::type_mismatch);
    why.text += "; the column is read as categories";
    note(std::move(why));
    return of_category(from);
  }
  result<column> too_many_digits(const raw_column& from) {
    note({table_matter::digits,
          "column " + quoted_cell(from.name) +
              " has whole numbers beyond 2^53, where doubles are no longer told apart, and is read as categories",
          from.name});
    return of_category(from);
  }
  /// Numbers or times with a few cells among them that are none: a mistake, unless they are categories such as 3+.
  result<column> with_strays(const raw_column& from, const column& made, std::size_t first, std::size_t strays) {
    const bool numbers = made.kind == column_kind::number;
    if (how_.doubtful == doubt::refused && more_than(50, made))
      return refuse_cell(from, first, table_matter::strays,
                         numbers ? " stands in a column of numbers" : " stands in a column of dates");
    std::size_t present = 0;
    for (std::size_t row = 0; row < made.rows(); ++row) present += made.missing(row) ? 0U : 1U;
    note({table_matter::strays,
          "column " + quoted_cell(from.name) + " is read as categories, though " + std::to_string(present) + " of " +
              counted(present + strays, "cell") + " are " + (numbers ? "numbers" : "dates") + ": line " +
              std::to_string(lines_[first]) + " says " + quoted_cell(from.cells[first].spelled),
          from.name, std::string(from.cells[first].spelled)});
    return of_category(from);
  }
  /// Whether a column has more different values than that.
  static bool more_than(std::size_t most, const column& made) {
    std::vector<double> seen;
    for (std::size_t row = 0; row < made.rows() && seen.size() <= most; ++row) {
      if (made.missing(row)) continue;
      const double value = made.kind == column_kind::number ? made.numbers[row] : static_cast<double>(made.times[row]);
      bool fresh = true;
      for (const double other : seen) fresh = fresh && (other < value || other > value);
      if (fresh) seen.push_back(value);
    }
    return seen.size() > most;
  }
  /// What becomes of cells that say NaN or infinity, in numbers.
  result<column> finite(const raw_column& from, column made) {
    if (made.kind != column_kind::number || how_.not_finite == not_finite_cells::kept) return made;
    for (std::size_t row = 0; row < made.rows(); ++row) {
      if (from.cells[row].as == raw_cell::form::missing || math::absolute(made.numbers[row]) < __builtin_inf())
        continue;
      if (how_.not_finite == not_finite_cells::refused) return refuse_not_finite(from, row);
      made.numbers[row] = math::nan;
    }
    return made;
  }
  error refuse_not_finite(const raw_column& from, std::size_t row) {
    const std::string_view cell = from.cells[row].spelled;
    return refuse({table_matter::not_finite,
                   place_of(from, row, lines_) + ": the cell says " + quoted_cell(cell) + ", which is no number",
                   from.name, std::string(cell)},
                  errc::not_finite);
  }
  /// Among categories NaN still marks a value that somebody failed to compute; Inf and Nan are words like others.
  static bool says_nan(std::string_view cell) noexcept {
    return cell == "NaN" || cell == "nan" || cell == "NAN" || cell == "-nan";
  }
  result<column> of_category(const raw_column& from) {
    column made{from.name, column_kind::category};
    vocabulary known;
    for (std::size_t row = 0; row < from.cells.size(); ++row) {
      const raw_cell& cell = from.cells[row];
      bool missing = cell.as == raw_cell::form::missing || cell.spelled.empty();
      if (how_.not_finite != not_finite_cells::kept && says_nan(cell.spelled) && !missing) {
        if (how_.not_finite == not_finite_cells::refused) return refuse_not_finite(from, row);
        missing = true;
      }
      if (!missing) known.insert(cell.spelled);
      made.codes.push_back(missing ? column::no_text : static_cast<std::uint32_t>(known.find(cell.spelled)));
    }
    for (std::size_t i = 0; i < known.size(); ++i) made.texts.push_back(known[i]);
    return made;
  }

  /// Fills a column of numbers or times, and leaves out what is none. False, and the column is not whole, where that is
  /// so much that the column is something else.
  bool fill_loosely(const raw_column& from, column& made) {
    strays_ = 0;
    blurred_ = false;
    number_reader read(made.written);
    for (std::size_t row = 0; row < from.cells.size(); ++row) {
      if (add(from.cells[row], made, read)) continue;
      if (strays_++ == 0) first_stray_ = row;
      if (strays_ * 11 > from.cells.size()) return false;
      add({}, made, read);
    }
    std::size_t present = 0;
    for (const raw_cell& cell : from.cells) present += cell.as == raw_cell::form::missing ? 0U : 1U;
    if (strays_ == 0 || (present - strays_) >= strays_ * 10) return true;
    made.numbers.clear();
    made.times.clear();
    return false;
  }
  /// Fills the column, and returns the first row whose cell is not of its kind.
  std::size_t fill(const raw_column& from, column& made) {
    blurred_ = false;
    number_reader read(made.written);
    for (std::size_t row = 0; row < from.cells.size(); ++row)
      if (!add(from.cells[row], made, read)) return row;
    return from.cells.size();
  }
  bool add(const raw_cell& cell, column& made, number_reader& read) {
    const bool missing = cell.as == raw_cell::form::missing;
    if (made.kind == column_kind::number) {
      double value = math::nan;
      if (!missing && (cell.as == raw_cell::form::text || !read.read(cell.spelled, value))) return false;
      blurred_ = blurred_ || (how_.exact && !missing && read.is_blurred(cell.spelled, value));
      made.numbers.push_back(value);
    } else if (made.kind == column_kind::time) {
      std::int64_t value = column::no_time;
      if (!missing && (cell.as == raw_cell::form::number || !time_of(cell.spelled, made.written, value))) return false;
      made.times.push_back(value);
    } else {
      made.codes.push_back(missing ? column::no_text : static_cast<std::uint32_t>(made.texts.size()));
      if (!missing) made.texts.push_back(std::string(cell.spelled));
    }
    return true;
  }
  static bool time_of(std::string_view text, const notation& how, std::int64_t& value) {
    return read_time(text, how, value) ||
           (how.dates != date_order::iso && read_time(keyboard_spelling(text), how, value));
  }

  const column_rules& how_;
  const std::vector<std::size_t>& lines_;
  column_findings& found_;
  std::size_t strays_ = 0;       // of the last filling: cells that are not of the kind,
  std::size_t first_stray_ = 0;  // the first of them,
  bool blurred_ = false;         // and whether numbers had more digits than doubles have
};

/// The table of raw columns. Errors: of the first cell that is not of its declared kind; not_found: a declared column
/// that is not there, where all have to be.
template <class Table>
result<Table> table_of(std::span<const raw_column> columns, const column_rules& how,
                       std::span<const declared_column> declared, std::vector<std::size_t> lines,
                       column_findings& found, bool all_declared = true) {
  Table made;
  for (const declared_column& one : declared) {
    bool there = !all_declared;
    for (const raw_column& other : columns) there = there || other.name == one.name;
    if (!there) return error(errc::not_found, "no column is called " + quoted_cell(one.name));
  }
  column_maker<Table> maker(how, lines, found);
  for (const raw_column& one : columns) {
    const declared_column* as = nullptr;
    for (const declared_column& other : declared)
      if (other.name == one.name) as = &other;
    auto filled = as != nullptr ? maker.make(one, *as) : maker.make(one);
    if (!filled) return std::move(filled).error();
    if (auto added = made.add(*std::move(filled)); !added) return std::move(added).error();
  }
  made.set_lines(std::move(lines));
  return made;
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_RAW_COLUMNS_HPP
