#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP

#include "grid.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace lifecycle {

enum class cell_kind : std::uint8_t { missing, number, not_finite, text };

struct parsed_cell {
  cell_kind kind;
  double number = std::numeric_limits<double>::quiet_NaN();
};

/// What stands before a number's fraction.
enum class decimal_mark : std::uint8_t {
  point,         // a cell such as 3,14 is refused: as a word it would mislead
  comma,         // 3,14 is a number, 3.14 is none
  point_surely,  // 3,14 is a word like any other
};

/// Whether a cell looks like a number with a comma in it: 3,14, -0,5 or 12,000.
inline bool has_decimal_comma(std::string_view cell) noexcept {
  if (!cell.empty() && (cell.front() == '-' || cell.front() == '+')) cell.remove_prefix(1);
  const std::size_t comma = cell.find(',');
  if (comma == 0 || comma == std::string_view::npos || comma + 1 == cell.size()) return false;
  const auto digits = [](std::string_view part) { return part.find_first_not_of("0123456789") == part.npos; };
  return digits(cell.substr(0, comma)) && digits(cell.substr(comma + 1));
}

/// What one cell says. Which spellings mean "missing" besides the empty one can be added to.
class cell_parser {
 public:
  explicit cell_parser(std::vector<std::string> also_missing = {}, decimal_mark decimal = decimal_mark::point)
      : also_missing_(std::move(also_missing)), decimal_(decimal) {}

  parsed_cell operator()(std::string_view cell) const {
    if (is_missing(cell)) return {cell_kind::missing};
    std::string with_point;
    if (decimal_ == decimal_mark::comma) {
      if (cell.find('.') != cell.npos) return {cell_kind::text};
      with_point = cell;
      std::replace(with_point.begin(), with_point.end(), ',', '.');
      cell = with_point;
    }
    const char* begin = cell.data();
    const char* const end = begin + cell.size();
    if (*begin == '+' && cell.size() > 1 && begin[1] != '-') ++begin;
    double value = 0;
    const auto read = std::from_chars(begin, end, value);
    if (read.ptr != end || read.ec == std::errc::invalid_argument) return {cell_kind::text};
    if (read.ec == std::errc::result_out_of_range) {  // too small is zero; too large is no finite number
      if (is_tiny({begin, end})) return {cell_kind::number, 0.0};
      return {cell_kind::not_finite};
    }
    if (!std::isfinite(value)) return {cell_kind::not_finite};
    return {cell_kind::number, value};
  }

 private:
  bool is_missing(std::string_view cell) const {
    static constexpr std::array<std::string_view, 8> spellings{"", "NA", "N/A", "n/a", "?", "null", "NULL", "None"};
    return (cell.size() <= 4 && std::find(spellings.begin(), spellings.end(), cell) != spellings.end()) ||
           std::find(also_missing_.begin(), also_missing_.end(), cell) != also_missing_.end();
  }

  static bool is_tiny(std::string_view number) {
    const std::size_t exponent = number.find_first_of("eE");
    return exponent == std::string_view::npos || number.substr(exponent + 1).starts_with('-');
  }

  std::vector<std::string> also_missing_;
  decimal_mark decimal_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP
