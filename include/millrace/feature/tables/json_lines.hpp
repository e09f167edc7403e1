#ifndef MILLRACE_FEATURE_TABLES_JSON_LINES_HPP
#define MILLRACE_FEATURE_TABLES_JSON_LINES_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/json_cells.hpp>
#include <millrace/feature/tables/detail/raw_columns.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How JSON lines become a table.
struct json_lines_options {
  /// Columns whose kind is said. Of the others it is found: numbers if all are numbers, true or false; times if all are
  /// strings as ISO 8601 has them; else categories.
  std::vector<declared_column> columns{};
};

namespace detail {

template <class Table>
class json_table {
 public:
  json_table(std::string text, const json_lines_options& how) : text_(std::move(text)), how_(how) {}

  result<Table> read() {
    json_cells cells(text_.data(), text_.size());
    while (cells.next_line()) {
      lines_.push_back(cells.line());
      auto done = cells.object([this](std::string_view key, const raw_cell& cell) { return take(key, cell); });
      if (!done) return std::move(done).error();
      for (raw_column& each : columns_)
        if (each.cells.size() < lines_.size()) each.cells.resize(lines_.size());
    }
    column_findings found;
    return table_of<Table>(columns_, {}, how_.columns, std::move(lines_), found);
  }

 private:
  /// False if the line has had this key already.
  bool take(std::string_view key, const raw_cell& cell) {
    // Lines mostly have the same keys in the same order: the column after that of the last key is looked at first.
    std::size_t at = likely_ < columns_.size() && columns_[likely_].name == key ? likely_ : place_of_column(key);
    if (at == columns_.size()) columns_.push_back({std::string(key), {}});
    likely_ = at + 1 < columns_.size() ? at + 1 : 0;
    std::vector<raw_cell>& cells = columns_[at].cells;
    if (cells.size() == lines_.size()) return false;
    cells.resize(lines_.size());
    cells.back() = cell;
    return true;
  }
  std::size_t place_of_column(std::string_view key) const noexcept {
    std::size_t at = 0;
    while (at < columns_.size() && columns_[at].name != key) ++at;
    return at;
  }

  std::string text_;
  const json_lines_options& how_;
  std::vector<raw_column> columns_;
  std::vector<std::size_t> lines_;
  std::size_t likely_ = 0;
};

}  // namespace detail

/// Reads a table from JSON lines: an object on each line, whose keys are the columns. A key that a line does not have,
/// null, and in a column of categories an empty string, are missing; true and false are 1 and 0. Columns are in the
/// order in which their keys first come up.
/// Errors: invalid_data, with line and column (the byte in the line), counted from 1: a line that is no JSON object, an
/// object or an array in one, a key twice, a string that is no UTF-8; type_mismatch, with line and column: a value that
/// is not of its declared kind; not_found: a declared column is on no line. They do not name a file; `.wrap(path)` adds
/// it. Allocates: the table, and for each cell 24 bytes while it reads.
template <class Table = table>
result<Table> read_json_lines(std::string text, const json_lines_options& how = {}) {
  return detail::json_table<Table>(std::move(text), how).read();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_JSON_LINES_HPP
