#ifndef MILLRACE_FEATURE_TABLES_FINDINGS_HPP
#define MILLRACE_FEATURE_TABLES_FINDINGS_HPP

#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What a reader's note or refusal is about, and so which option says otherwise.
enum class table_matter : std::uint8_t {
  nothing,
  encoding,      ///< the text is not UTF-8
  delimiter,     ///< what stands between cells
  passed_lines,  ///< lines that are no rows: comments, what stands above the header, headers again
  names,         ///< a column has no name, or that of another
  cells,         ///< a row has more or fewer cells than the header
  decimal,       ///< a column's commas stand before fractions
  thousands,     ///< marks part thousands, or may
  unit,          ///< what stands around numbers is set aside, or there are two units
  percents,      ///< numbers stand among percents
  dates,         ///< a column is dates, or their order cannot be told
  strays,        ///< a column of numbers or dates has some cells that are none
  digits,        ///< whole numbers of more digits than a double tells apart
  not_finite,    ///< a cell says NaN or infinity
  kind           ///< a cell is not of its column's declared kind
};

/// What a reader made of something that could have been something else, or why it refused it.
struct table_note {
  table_matter about = table_matter::nothing;
  /// A sentence.
  std::string text{};
  /// The column's name and the cell, where it is about those.
  std::string column{};
  std::string cell{};
};

/// What becomes of a column that cannot be read for certain: nearly all of its cells, ten in eleven, are numbers or
/// dates, but some are not; or they are, in two units, or in a way that may mean two things.
enum class doubt : std::uint8_t {
  categories,  ///< it is categories, which a note says
  refused  ///< an error, with the place of the cell. A few numbers with words among them are categories all the same,
           ///< if there are no more than 50 different ones: 1, 2, 3+
};

/// What becomes of cells that say NaN or infinity.
enum class not_finite_cells : std::uint8_t {
  kept,     ///< infinities are numbers, and NaN is a missing one
  refused,  ///< an error
  missing,  ///< missing
};

/// A line of a text that was passed over.
struct passed_line {
  enum class reason : std::uint8_t { comment, banner, header };
  std::size_t line = 0;  // counted from 1
  reason as = reason::comment;
  std::string text{};
};

namespace detail {

/// Cut to 60 characters, in quotes for a message. Control characters, which could steer a terminal, become points.
inline std::string quoted_cell(std::string_view text) {
  std::string out = "\"";
  std::size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) != 0x80U && ++characters > 60) return out += "\xe2\x80\xa6\"";
    out += byte < 0x20 || byte == 0x7f ? '.' : c;
  }
  return out += '"';
}

/// 1 cell, 2 cells.
inline std::string counted(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count) + ' ';
  text += noun;
  return count == 1 ? text : text += 's';
}

}  // namespace detail

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_FINDINGS_HPP
