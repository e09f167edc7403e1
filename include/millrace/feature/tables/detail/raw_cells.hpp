#ifndef MILLRACE_FEATURE_TABLES_DETAIL_RAW_CELLS_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_RAW_CELLS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/notation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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

/// A column in the making: what its cells say, before its kind is known.
struct raw_column {
  std::string name;
  std::vector<raw_cell> cells;
};

/// `line 17, column 3 ("age")`.
inline std::string place_of(const raw_column& of, std::size_t row, const std::vector<std::size_t>& lines) {
  return "line " + std::to_string(lines[row]) + ", column " + std::to_string(of.cells[row].place) + " (" +
         quoted_cell(of.name) + ")";
}

/// What a reader was told about its columns.
struct column_rules {
  static constexpr char automatic = '\x1a';  // a mark that is found by column

  char decimal = '.';
  char thousands = 0;
  bool amounts = false;
  date_order dates = date_order::iso;
  doubt doubtful = doubt::categories;
  not_finite_cells not_finite = not_finite_cells::kept;
  bool exact = false;

  /// How numbers are written as far as one was told, with nothing around them.
  notation bare() const {
    return {
        decimal == automatic ? '.' : decimal, thousands == automatic ? '\0' : thousands, false, {}, date_order::iso};
  }
  /// Whether numbers may be written in another way than that.
  bool finds_numbers() const noexcept { return amounts || decimal == automatic || thousands == automatic; }
  bool allows(const notation& one) const noexcept {
    return (decimal == automatic || decimal == one.decimal) && one.thousands != automatic &&
           (one.thousands == 0 || thousands == automatic || thousands == one.thousands);
  }
  bool counts(double value) const noexcept {
    return not_finite == not_finite_cells::kept || math::absolute(value) < __builtin_inf();
  }
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_RAW_CELLS_HPP
