#ifndef MILLRACE_FEATURE_TABLES_DETAIL_RAW_COLUMNS_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_RAW_COLUMNS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/amounts.hpp>
#include <millrace/feature/tables/detail/time_text.hpp>
#include <millrace/feature/tables/table.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A cell as a reader found it: missing, a text that may also spell a number (CSV), a number, or a text that is one.
struct raw_cell {
  enum class form : std::uint8_t { missing, word, number, text };
  std::string_view spelled{};
  form as = form::missing;
  std::uint32_t place = 0;  // the column in its line: of cells or of characters, as the reader counts
};

/// How numbers are spelled.
struct number_form {
  char decimal = '.';
  char thousands = 0;    // what stands between groups of three digits; 0: nothing
  bool amounts = false;  // whether units may stand around them
};

/// Reads a whole text as a number. A number too small for a double is 0; one too large is infinite.
/// Allocates: where it is not spelled as in C++.
class number_reader {
 public:
  explicit number_reader(number_form how) noexcept : how_(how) {}

  bool read(std::string_view text, double& value) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
    if (how_.decimal == '.' && how_.thousands == 0) return read_plain(text, value);
    const bool negative = !text.empty() && text[0] == '-';
    if (negative) text.remove_prefix(1);
    if (text.empty() || text[0] == '-' || !plain_spelling(text, how_.decimal, how_.thousands, plain_)) return false;
    if (!read_plain(plain_, value)) return false;
    if (negative) value = -value;
    return true;
  }
  /// An amount with its unit, which is empty where it has none.
  bool read_amount(std::string_view text, double& value, std::string& unit) {
    const std::string spelled = keyboard_spelling(text);
    amount found;
    if (!take_amount(spelled, found) || !plain_spelling(found.digits, how_.decimal, how_.thousands, plain_) ||
        !read_plain(plain_, value))
      return false;
    if (found.negative) value = -value;
    unit = found.unit;
    return true;
  }

 private:
  static bool read_plain(std::string_view text, double& value) noexcept {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ptr != end || read.ec == std::errc::invalid_argument || text.empty()) return false;
    if (read.ec == std::errc::result_out_of_range) {
      const std::size_t exponent = text.find_first_of("eE");
      // Without an exponent, a number out of range has hundreds of digits before its point, or zeros behind it.
      const std::size_t point = text.find('.');
      const bool tiny =
          exponent != text.npos ? text.substr(exponent + 1).substr(0, 1) == "-" : point != text.npos && point < 300;
      const double sign = text[0] == '-' ? -1 : 1;
      value = sign * (tiny ? 0 : __builtin_inf());
    }
    return true;
  }

  number_form how_;
  std::string plain_;
};

/// A column in the making: what its cells say, before its kind is known.
struct raw_column {
  std::string name;
  std::vector<raw_cell> cells;
};

/// Makes columns of raw ones: of the kind that is declared, or of the first that all their cells allow: numbers, times,
/// categories. Where nothing is there, of numbers that are all missing.
template <class Table>
class column_maker {
 public:
  column_maker(number_form how, std::span<const declared_column> declared, const std::vector<std::size_t>& lines)
      : numbers_(how), amounts_(how.amounts), declared_(declared), lines_(lines) {}

  result<column> make(const raw_column& from) {
    for (const declared_column& one : declared_)
      if (one.name == from.name) return of_kind(from, one.kind);
    column made{from.name, column_kind::number};
    if (fill(from, made) == from.cells.size()) return made;
    if (amounts_ && fill_amounts(from, made)) return made;
    made = column{from.name, column_kind::time};
    if (fill(from, made) == from.cells.size()) return made;
    return of_kind(from, column_kind::category);
  }

 private:
  result<column> of_kind(const raw_column& from, column_kind kind) {
    column made{from.name, kind};
    const std::size_t done = fill(from, made);
    if (done == from.cells.size()) return made;
    if (kind == column_kind::number && amounts_ && fill_amounts(from, made)) return made;
    const raw_cell& cell = from.cells[done];
    std::string text = "line " + std::to_string(lines_[done]) + ", column " + std::to_string(cell.place) + " (\"" +
                       from.name + "\"): \"" + std::string(cell.spelled.substr(0, 100)) + "\" is no ";
    text += to_string(kind);
    return error(errc::invalid_data, std::move(text));
  }

  /// Fills a column of numbers with amounts of one unit; of percents each has its sign, but for zeros. False where it
  /// is none.
  bool fill_amounts(const raw_column& from, column& made) {
    made = column{from.name, column_kind::number};
    bool bare = false;
    std::string unit;
    for (const raw_cell& cell : from.cells) {
      double value = math::nan;
      if (cell.as != raw_cell::form::missing) {
        if (!numbers_.read_amount(cell.spelled, value, unit)) return false;
        bare = bare || (unit.empty() && value != 0);
        if (!unit.empty() && !made.unit.empty() && unit != made.unit) return false;
        if (!unit.empty()) made.unit = unit;
      }
      made.numbers.push_back(value);
    }
    return !(made.unit == "%" && bare);
  }

  /// Fills the column, and returns the first row whose cell is not of its kind.
  std::size_t fill(const raw_column& from, column& made) {
    vocabulary known;
    for (std::size_t row = 0; row < from.cells.size(); ++row)
      if (!add(from.cells[row], made, known)) return row;
    if (made.kind == column_kind::category)
      for (std::size_t i = 0; i < known.size(); ++i) made.texts.push_back(known[i]);
    return from.cells.size();
  }
  bool add(const raw_cell& cell, column& made, vocabulary& known) {
    const bool missing = cell.as == raw_cell::form::missing;
    if (made.kind == column_kind::number) {
      double value = math::nan;
      if (!missing && (cell.as == raw_cell::form::text || !numbers_.read(cell.spelled, value))) return false;
      made.numbers.push_back(value);
    } else if (made.kind == column_kind::time) {
      std::int64_t value = column::no_time;
      if (!missing && (cell.as == raw_cell::form::number || !time_reader(cell.spelled).read(value))) return false;
      made.times.push_back(value);
    } else if (missing || (made.kind == column_kind::category && cell.spelled.empty())) {
      made.codes.push_back(column::no_text);
    } else if (made.kind == column_kind::category) {
      known.insert(cell.spelled);
      made.codes.push_back(static_cast<std::uint32_t>(known.find(cell.spelled)));
    } else {
      made.codes.push_back(static_cast<std::uint32_t>(made.texts.size()));
      made.texts.push_back(std::string(cell.spelled));
    }
    return true;
  }

  number_reader numbers_;
  bool amounts_;
  std::span<const declared_column> declared_;
  const std::vector<std::size_t>& lines_;
};

/// The table of raw columns. Errors: of the first cell that is not of its declared kind; not_found: a declared column
/// that is not there.
template <class Table>
result<Table> table_of(std::span<const raw_column> columns, number_form how, std::span<const declared_column> declared,
                       std::vector<std::size_t> lines) {
  Table made;
  for (const declared_column& one : declared) {
    bool there = false;
    for (const raw_column& other : columns) there = there || other.name == one.name;
    if (!there) return error(errc::not_found, "no column is called \"" + one.name + '"');
  }
  column_maker<Table> maker(how, declared, lines);
  for (const raw_column& one : columns) {
    auto filled = maker.make(one);
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
