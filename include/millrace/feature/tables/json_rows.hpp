#ifndef MILLRACE_FEATURE_TABLES_JSON_ROWS_HPP
#define MILLRACE_FEATURE_TABLES_JSON_ROWS_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/raw_columns.hpp>
#include <millrace/feature/tables/json_lines.hpp>
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
namespace detail {

template <class Table>
class json_row_table {
 public:
  json_row_table(std::string text, const json_lines_options& how)
      : text_(std::move(text)), in_(text_), how_(how), cells_left_(text_.size() + 1024) {}

  result<Table> read() {
    if (in_.next() != json_token::array) return refused("no array of objects");
    for (;;) {
      const json_token token = in_.next();
      if (token == json_token::close) break;
      if (token == json_token::wrong) return refused("no JSON");
      if (token != json_token::object) return refused("row " + std::to_string(rows_) + " is no object");
      if (auto done = row(); !done) return std::move(done).error();
    }
    if (in_.next() != json_token::end) return refused("something follows the array");
    std::vector<std::size_t> places(rows_);
    for (std::size_t i = 0; i < rows_; ++i) places[i] = i;
    for (raw_column& each : columns_) each.cells.resize(rows_);
    column_findings found;
    auto made = table_of<Table>(columns_, {}, how_.columns, std::move(places), found);
    if (made) made->set_lines({});
    return made;
  }

 private:
  error refused(std::string why) const {
    return error(errc::invalid_data, "JSON rows, byte " + std::to_string(in_.at()) + ": " + std::move(why));
  }
  result<void> row() {
    for (;;) {
      const json_token token = in_.next();
      if (token == json_token::close) break;
      if (token != json_token::key) return refused("no JSON");
      const std::string_view key = plain(in_.raw());
      raw_cell cell;
      if (!value(cell))
        return refused("row " + std::to_string(rows_) + ", column " + quoted_cell(key) +
                       ": no JSON, or an object or an array; a table has numbers, strings, true, false and null");
      const std::size_t at = column_of(key);
      cell.place = static_cast<std::uint32_t>(at + 1);
      std::vector<raw_cell>& cells = columns_[at].cells;
      if (cells.size() > rows_)
        return refused("row " + std::to_string(rows_) + " has column " + quoted_cell(key) + " twice");
      const std::size_t more = rows_ + 1 - cells.size();
      if (more > cells_left_)
        return error(errc::out_of_range, "JSON rows: most rows have no column " + quoted_cell(key) +
                                             " and others: too many cells would be missing");
      cells_left_ -= more;
      cells.resize(rows_ + 1);
      cells.back() = cell;
    }
    ++rows_;
    return {};
  }
  bool value(raw_cell& cell) {
    cell.as = raw_cell::form::number;
    switch (in_.next()) {
      case json_token::text:
        cell.as = raw_cell::form::text;
        cell.spelled = plain(in_.raw());
        return true;
      case json_token::number: cell.spelled = in_.raw(); return true;
      case json_token::yes: cell.spelled = "1"; return true;
      case json_token::no: cell.spelled = "0"; return true;
      case json_token::null: cell.as = raw_cell::form::missing; return true;
      default: return false;
    }
  }
  /// The text without its escapes, which is no longer and stands in its place.
  std::string_view plain(std::string_view raw) {
    if (raw.find('\\') == raw.npos) return raw;
    const std::string made = json_unescaped(raw);
    const auto at = static_cast<std::size_t>(raw.data() - text_.data());
    for (std::size_t i = 0; i < made.size(); ++i) text_[at + i] = made[i];
    return {text_.data() + at, made.size()};
  }
  std::size_t column_of(std::string_view key) {
    // Rows mostly have the same keys in the same order: the column after that of the last key is looked at first.
    std::size_t at = likely_;
    if (at >= columns_.size() || columns_[at].name != key)
      for (at = 0; at < columns_.size() && columns_[at].name != key;) ++at;
    if (at == columns_.size()) columns_.push_back({std::string(key), {}});
    likely_ = at + 1 < columns_.size() ? at + 1 : 0;
    return at;
  }

  std::string text_;
  json_reader in_;
  const json_lines_options& how_;
  std::vector<raw_column> columns_;
  std::size_t rows_ = 0;
  std::size_t likely_ = 0;
  std::size_t cells_left_;  // so that rows without common columns take no more memory than a multiple of the text
};

}  // namespace detail

/// Reads a table from a JSON array of objects, whose keys are the columns: `[{"value": 1.5, "service": "eu"}, ...]`, as
/// `read_json_lines` reads lines of them.
/// Errors: invalid_data, with the byte, and the row counted from 0 and the column where there is one: no JSON, a row
/// that is no object, an object or array in one, a key twice; type_mismatch, where `line` is the row counted from 0,
/// and not_found, for declared columns as in `read_json_lines`; out_of_range: the rows have so few columns in common
/// that most cells of the table would be missing. Allocates: the table, and while it reads 24 bytes for each cell,
/// whose number is bounded by that of the text's bytes.
template <class Table = table>
result<Table> read_json_rows(std::string text, const json_lines_options& how = {}) {
  return detail::json_row_table<Table>(std::move(text), how).read();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_JSON_ROWS_HPP
