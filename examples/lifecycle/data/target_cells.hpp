#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_TARGET_CELLS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_TARGET_CELLS_HPP

#include "../format.hpp"
#include "questions.hpp"

#include <millrace/core/result.hpp>
#include <millrace/feature/tables/csv.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lifecycle {

enum class cell_kind : std::uint8_t { missing, number, not_finite, text };

struct parsed_cell {
  cell_kind kind = cell_kind::missing;
  bool exact = true;  // false: a whole number of so many digits that its neighbours are the same double
  double number = 0;
};

/// What a cell that is not missing says as it stands.
inline parsed_cell parse_number(std::string_view cell) {
  double value = 0;
  if (!mr::feature::read_number(cell, {}, value)) return {cell_kind::text};
  if (!std::isfinite(value)) return {cell_kind::not_finite};
  const bool exact = std::fabs(value) < 9007199254740992.0 || cell.find_first_of(".eE") != cell.npos;  // 2^53
  return {cell_kind::number, exact, value};
}

/// The target's cells as they stand in the file.
class target_cells {
 public:
  target_cells(std::string file, const mr::feature::table& from, std::string column, mr::feature::csv_options how)
      : file_(std::move(file)), from_(from), cells_(*from.find(column)), how_(std::move(how)) {
    how_.columns.clear();
    how_.not_finite = mr::feature::not_finite_cells::missing;
  }

  const std::string& name() const noexcept { return file_; }
  const std::string& column_name() const noexcept { return cells_.name; }
  std::size_t rows() const noexcept { return cells_.rows(); }
  std::size_t line(std::size_t row) const noexcept { return from_.line(row); }
  std::string_view cell(std::size_t row) const noexcept { return cells_.text(row); }
  parsed_cell parsed(std::size_t row) const {
    return cells_.missing(row) ? parsed_cell{cell_kind::missing} : parse_number(cell(row));
  }
  /// `adult.csv, line 17, column 3 ("age")`.
  std::string place(std::size_t row) const {
    return file_ + ", line " + std::to_string(line(row)) + ", column " +
           std::to_string(static_cast<std::size_t>(&cells_ - &from_[0]) + 1) + " (" + in_quotes(cells_.name) + ")";
  }

  /// The cells as what they hold, or `surely` as numbers. Errors: errc::type_mismatch where that may be one thing or
  /// another, or a cell is none.
  mr::result<mr::feature::column> read_again(bool surely, mr::feature::csv_findings& found) const {
    mr::feature::csv_options how = how_;
    if (surely) how.columns.push_back({cells_.name, mr::feature::column_kind::number});
    auto made = mr::feature::reread(from_, cells_.name, how, &found);
    if (!made) return refusal_in_words(file_, made.error(), found, how);
    return made;
  }

 private:
  std::string file_;
  const mr::feature::table& from_;
  const mr::feature::column& cells_;
  mr::feature::csv_options how_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_TARGET_CELLS_HPP
