#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_TABLE_CELLS_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_TABLE_CELLS_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// The names and kinds of a table's columns, as `table_features::make` takes them where there is no table.
template <class Table>
std::vector<declared_column> columns_of(const Table& from) {
  std::vector<declared_column> made;
  for (std::size_t i = 0; i < from.size(); ++i) made.push_back({from[i].name, from[i].kind});
  return made;
}

namespace detail {

/// The columns as messages list them: `amount: number, country: category`.
template <class Columns>
std::string listed(const Columns& columns) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i)
    ((((text += i == 0 ? "" : ", ") += printable(columns[i].name)) += ": ") += to_string(columns[i].kind));
  return text;
}
/// Whether a column may stand in for another one: categories and texts are both texts.
constexpr bool same_kind(column_kind a, column_kind b) noexcept {
  const auto words = [](column_kind kind) { return kind == column_kind::category || kind == column_kind::text; };
  return a == b || (words(a) && words(b));
}

/// Whether nothing stands in a column. A reader that is not told takes it for one of numbers.
inline bool is_empty(const column& one) noexcept {
  for (std::size_t row = 0; row < one.rows(); ++row)
    if (!one.missing(row)) return false;
  return true;
}

template <class T>
concept table_like = requires(const T& rows) {
  rows.rows();
  rows.find("");
};

/// Whether a table has the columns that features read; one without any value may be of any kind. Errors:
/// type_mismatch, listing both sides.
template <class Table>
result<void> checked_inputs(const Table& rows, const std::vector<declared_column>& inputs) {
  for (const declared_column& one : inputs) {
    const column* const found = rows.find(one.name);
    if (found != nullptr && (same_kind(found->kind, one.kind) || is_empty(*found))) continue;
    return error(errc::type_mismatch,
                 "column \"" + printable(one.name) + "\" is " + (found == nullptr ? "not there" : "of another kind") +
                     ": the features read [" + listed(inputs) + "], the table has [" + listed(columns_of(rows)) + ']');
  }
  return {};
}

/// Up to rows_at_once cells of each source of a transform. Precondition: the table has the inputs.
struct gathered_cells {
  cell cells[most_sources][rows_at_once];
  source_cells view;

  template <class Table>
  gathered_cells(const Table& rows, const std::vector<declared_column>& inputs, const std::vector<std::size_t>& sources,
                 std::size_t first, std::size_t count) noexcept {
    view.sources = sources.size();
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const std::size_t i = sources[k];
      const bool in_place = i < rows.size() && rows[i].name == inputs[i].name;
      const column& from = in_place ? rows[i] : *rows.find(inputs[i].name);
      for (std::size_t row = 0; row < count; ++row) cells[k][row] = cell(from, first + row);
      view.each[k] = cells[k];
    }
  }
  gathered_cells(const gathered_cells&) = delete;
  gathered_cells& operator=(const gathered_cells&) = delete;
};

/// The cell of that name: the one in its likely place, else the first; a missing one if there is none.
inline cell cell_called(std::span<const named_cell> row, std::string_view name, std::size_t likely) noexcept {
  if (likely < row.size() && row[likely].name == name) return row[likely].value;
  for (const named_cell& one : row)
    if (one.name == name) return one.value;
  return {};
}
/// How many letters have to be changed, left out or put in to make one name of the other.
template <class = void>
std::size_t letters_apart(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      const std::size_t other = (row[j] < corner ? row[j] : corner) + 1;
      row[j + 1] = changed < other ? changed : other;
    }
  }
  return row[b.size()];
}
/// Whether a row has a cell for each input. Errors: not_found, with each that has none, eight at most, and the name in
/// the row that is nearest, of those that are no input's.
template <class = void>
result<void> checked_names(std::span<const named_cell> row, const std::vector<declared_column>& inputs) {
  const auto is_input = [&](std::string_view name) {
    for (const declared_column& one : inputs)
      if (one.name == name) return true;
    return false;
  };
  constexpr std::size_t most_named = 8;
  std::string text;
  std::size_t absent = 0;
  for (const declared_column& one : inputs) {
    bool found = false;
    for (const named_cell& each : row) found = found || each.name == one.name;
    if (found || ++absent > most_named) continue;
    const named_cell* nearest = nullptr;
    std::size_t least = 0;
    for (const named_cell& each : row) {
      const std::string_view name = each.name.substr(0, 200);
      if (is_input(each.name)) continue;
      const std::size_t apart = letters_apart(std::string_view(one.name).substr(0, 200), name);
      if (nearest == nullptr || apart < least) nearest = &each, least = apart;
    }
    text += (text.empty() ? "no cell is called \"" : "; none is called \"") + printable(one.name) + '"';
    if (nearest != nullptr) text += "; the nearest that no feature reads is \"" + printable(nearest->name) + '"';
  }
  if (absent == 0) return {};
  if (absent > most_named) text += "; and " + std::to_string(absent - most_named) + " more have no cell";
  return error(errc::not_found, std::move(text));
}
/// The cells of a single row.
struct found_cells {
  cell cells[most_sources];
  source_cells view;

  found_cells(std::span<const named_cell> row, const std::vector<declared_column>& inputs,
              const std::vector<std::size_t>& sources) noexcept {
    view.sources = sources.size();
    for (std::size_t k = 0; k < sources.size(); ++k) {
      cells[k] = cell_called(row, inputs[sources[k]].name, sources[k]);
      view.each[k] = &cells[k];
    }
  }
  found_cells(const found_cells&) = delete;
  found_cells& operator=(const found_cells&) = delete;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_TABLE_CELLS_HPP
