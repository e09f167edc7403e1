#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP

#include "notation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// What stands before a number's fraction, as far as one was told.
enum class decimal_mark : std::uint8_t {
  point,         // unless a column says otherwise, which is asked about
  comma,         // 3,14 is a number, 3.14 is none
  point_surely,  // 3,14 is a word like any other
};

/// What one cell says. Which spellings mean "missing" besides the empty one can be added to.
class cell_parser {
 public:
  explicit cell_parser(std::vector<std::string> also_missing = {}) : also_missing_(std::move(also_missing)) {}

  parsed_cell operator()(std::string_view cell, const notation& how = {}) const {
    return is_missing(cell) ? parsed_cell{cell_kind::missing} : parse_number(cell, how);
  }

 private:
  bool is_missing(std::string_view cell) const {
    static constexpr std::array<std::string_view, 8> spellings{"", "NA", "N/A", "n/a", "?", "null", "NULL", "None"};
    return (cell.size() <= 4 && std::find(spellings.begin(), spellings.end(), cell) != spellings.end()) ||
           std::find(also_missing_.begin(), also_missing_.end(), cell) != also_missing_.end();
  }

  std::vector<std::string> also_missing_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_CELLS_HPP
