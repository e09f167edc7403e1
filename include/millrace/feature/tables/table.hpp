#ifndef MILLRACE_FEATURE_TABLES_TABLE_HPP
#define MILLRACE_FEATURE_TABLES_TABLE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/notation.hpp>

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

/// What the cells of a column are.
enum class column_kind : std::uint8_t { number, category, text, time };

/// The kind's name: `number`.
constexpr std::string_view to_string(column_kind kind) noexcept {
  switch (kind) {
    case column_kind::number: return "number";
    case column_kind::category: return "category";
    case column_kind::text: return "text";
    case column_kind::time: return "time";
  }
  return "number";
}

/// A column of a table: a name, and a cell for each row, which may be missing. Only the vectors of its kind are used.
struct column {
  /// The code of a missing category or text.
  static constexpr std::uint32_t no_text = static_cast<std::uint32_t>(-1);
  /// A missing time.
  static constexpr std::int64_t no_time = (std::numeric_limits<std::int64_t>::min)();

  std::string name;
  column_kind kind = column_kind::number;
  /// Numbers; a missing one is NaN.
  std::vector<double> numbers{};
  /// Times in nanoseconds since 1970-01-01T00:00:00Z; a missing one is `no_time`.
  std::vector<std::int64_t> times{};
  /// Of categories and texts: places in `texts`; a missing one is `no_text`.
  std::vector<std::uint32_t> codes{};
  /// The categories, in the order in which they first came up; or all texts in the order of the rows.
  std::vector<std::string> texts{};
  /// How its numbers or times were written; `read_number` and `read_time` read more of them.
  notation written{};

  std::size_t rows() const noexcept {
    return kind == column_kind::number ? numbers.size() : kind == column_kind::time ? times.size() : codes.size();
  }
  /// Precondition, here and below: row < rows().
  bool missing(std::size_t row) const noexcept {
    return kind == column_kind::number ? detail::math::is_nan(numbers[row])
           : kind == column_kind::time ? times[row] == no_time
                                       : codes[row] == no_text;
  }
  /// A category or a text; empty if it is missing, and in a column of numbers or times, which has none.
  std::string_view text(std::size_t row) const noexcept {
    return row >= codes.size() || codes[row] == no_text ? std::string_view() : std::string_view(texts[codes[row]]);
  }
};

/// Columns of one length, each with a name of its own.
class table {
 public:
  std::size_t rows() const noexcept { return columns_.empty() ? 0 : columns_[0].rows(); }
  /// How many columns there are.
  std::size_t size() const noexcept { return columns_.size(); }
  const column& operator[](std::size_t i) const noexcept { return columns_[i]; }
  /// The column of that name, or null.
  const column* find(std::string_view name) const noexcept {
    for (const column& one : columns_)
      if (one.name == name) return &one;
    return nullptr;
  }
  /// Where a row begins in the text that it was read from, counted from 1; 0 for a row that was not read from a text.
  std::size_t line(std::size_t row) const noexcept { return row < lines_.size() ? lines_[row] : 0; }

  /// Adds a column behind the others.
  /// Errors: invalid_argument: a column has this name, or a code has no text; shape_mismatch: not as many rows as the
  /// others have.
  template <class Column = column>
  result<void> add(Column made) {
    if (find(made.name) != nullptr)
      return error(errc::invalid_argument, "table: two columns are called " + detail::quoted_cell(made.name));
    if (size() != 0 && made.rows() != rows())
      return error(errc::shape_mismatch, "table: column " + detail::quoted_cell(made.name) + " has " +
                                             std::to_string(made.rows()) + " rows, those before it have " +
                                             std::to_string(rows()));
    if (made.kind == column_kind::category || made.kind == column_kind::text)
      for (const std::uint32_t code : made.codes)
        if (code >= made.texts.size() && code != column::no_text)
          return error(errc::invalid_argument, "table: column " + detail::quoted_cell(made.name) + " has the code " +
                                                   std::to_string(code) + ", and " + std::to_string(made.texts.size()) +
                                                   " texts");
    columns_.push_back(std::move(made));
    return {};
  }
  /// Says where the rows begin in their text.
  void set_lines(std::vector<std::size_t> lines) noexcept { lines_ = std::move(lines); }

 private:
  std::vector<column> columns_;
  std::vector<std::size_t> lines_;
};

/// A table of these rows, in this order, each as often as it is named: what `time_split` says of a table's rows, for
/// instance. Categories keep their codes.
/// Precondition: each is below from.rows(). Allocates: the table.
template <class Table>
Table gather_rows(const Table& from, std::span<const std::size_t> rows) {
  const auto gathered = [&](const auto& cells, auto& to) {
    if (cells.empty()) return;
    for (const std::size_t row : rows) to.push_back(cells[row]);
  };
  Table made;
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const column& one = from[i];
    column taken{.name = one.name, .kind = one.kind, .written = one.written};
    gathered(one.numbers, taken.numbers);
    gathered(one.times, taken.times);
    gathered(one.codes, taken.codes);
    if (one.kind == column_kind::category) taken.texts = one.texts;
    if (one.kind == column_kind::text)  // which stand in the order of the rows
      for (std::uint32_t& code : taken.codes) {
        if (code == column::no_text) continue;
        taken.texts.push_back(one.texts[code]);
        code = static_cast<std::uint32_t>(taken.texts.size() - 1);
      }
    (void)made.add(std::move(taken));  // as the others, it has a name of its own
  }
  for (const std::size_t row : rows) lines.push_back(from.line(row));
  made.set_lines(std::move(lines));
  return made;
}

/// A column that a reader is told the kind of, instead of finding it by the cells.
struct declared_column {
  std::string name;
  column_kind kind = column_kind::number;
  /// How its numbers or times are written, where `exactly`; else that is found, as the reader's options say.
  notation written{};
  bool exactly = false;
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_TABLE_HPP
