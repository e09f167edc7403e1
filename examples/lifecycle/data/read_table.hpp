#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP

#include "../format.hpp"
#include "cells.hpp"
#include "columns.hpp"
#include "find_notation.hpp"
#include "grid.hpp"
#include "leaks.hpp"
#include "read_target.hpp"
#include "split.hpp"
#include "table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

/// A column that a model reads, and as what.
struct wanted_column {
  std::string name;
  column_type type = column_type::number;
  notation written;
};

/// How a table is to be read.
struct reading {
  std::string target;                // empty: no column is to be learned
  std::string positive;              // empty: chosen, see read_target.hpp
  std::optional<task_kind> task;     // what the target is; else found
  bool nan_is_missing = false;       // else a cell that says NaN is an error
  bool drop_missing_target = false;  // else a row without a target is an error
  std::vector<std::string> missing;  // further spellings of "missing"
  grid_format format;
  notation_wishes numbers;
  std::vector<std::string> words;     // columns that are categories, whatever they hold
  std::vector<std::string> ignored;   // columns that are left out
  std::vector<wanted_column> wanted;  // read only these, as these; empty: all, by what they hold
};

namespace detail {

/// Reads a table column by column; what one should know about them goes into its notes.
class table_reader {
 public:
  table_reader(grid from, const reading& how) : from_(std::move(from)), how_(how), parse_(how.missing) {}

  mr::result<table> read() {
    made_.name = from_.name();
    made_.notes = from_.notes();
    for (const auto* names : {&how_.words, &how_.ignored})
      for (const std::string& name : *names)
        if (const auto at = from_.find(name); !at) return at.error();
    read_goal goal;
    if (!how_.target.empty()) {
      const mr::result<std::size_t> at = from_.find(how_.target);
      if (!at) return at.error();
      target_ = *at;
      mr::result<read_goal> read = read_target(from_, target_, {how_.positive, how_.task, how_.numbers}, parse_);
      if (!read) return std::move(read).error();
      goal = *std::move(read);
      take_target(goal);
    }
    made_.lines = from_.lines();
    if (auto all = add_columns(); !all) return std::move(all).error();
    // What stops for good is said first: leaving rows out would lead to it.
    if (goal.asks && !how_.drop_missing_target) {
      if (std::all_of(made_.columns.begin(), made_.columns.end(), [](const column& c) { return !c.dropped.empty(); }))
        return nothing_to_learn_from(made_);
      if (auto few = too_few_rows(made_)) return *std::move(few);
      return *std::move(goal.asks);
    }
    made_.leaks = find_leaks(made_);
    return std::move(made_);
  }

 private:
  /// Keeps the rows that have a target.
  void take_target(const read_goal& goal) {
    made_.target = goal.target;
    if (!goal.note.empty()) made_.notes.push_back(goal.note);
    if (made_.target.task == task_kind::binary &&
        lower_case(made_.target.positive) == lower_case(made_.target.negative))
      made_.notes.push_back("the target's classes " + in_quotes(made_.target.positive) + " and " +
                            in_quotes(made_.target.negative) + " differ in their case alone");
    if (goal.without == 0) return;
    made_.notes.push_back(counted(goal.without, "row") + (goal.without == 1 ? " has" : " have") + " no target and " +
                          (goal.without == 1 ? "was" : "were") + " left out");
    const auto keep = [&](auto& of_rows) {
      std::size_t kept = 0;
      for (std::size_t row = 0; row < of_rows.size(); ++row)
        if (goal.has_target[row]) of_rows[kept++] = of_rows[row];
      of_rows.resize(kept);
    };
    keep(made_.target.labels);
    keep(made_.target.values);
    from_.keep_rows([&](std::size_t row) { return goal.has_target[row]; });
  }

  bool is_named(const std::vector<std::string>& names, std::size_t at) const {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      const auto found = from_.find(name);
      return found && *found == at;
    });
  }

  mr::result<void> add_columns() {
    for (const wanted_column& one : how_.wanted) {
      const mr::result<std::size_t> at = from_.find(one.name);
      if (!at) return at.error();
      if (auto added = add_wanted(*at, one); !added) return added;
    }
    for (std::size_t at = 0; at < from_.columns() && how_.wanted.empty(); ++at)
      if (at != target_)
        if (auto added = add(at); !added) return added;
    return {};
  }

  /// Reads a column as what it holds.
  mr::result<void> add(std::size_t at) {
    if (is_named(how_.ignored, at)) {
      column made = category_column(from_, at, parse_column(from_, at, parse_, {}));
      made.dropped = "as --ignore asks";
      made_.columns.push_back(std::move(made));
      return {};
    }
    if (is_named(how_.words, at)) return take(at, parse_column(from_, at, parse_, {}), column_type::category, {});
    mr::result<found_notation> found = find_notation(from_, at, parse_, how_.numbers);
    if (!found) return std::move(found).error();
    std::vector<parsed_cell> cells = parse_column(from_, at, parse_, found->how);
    if (is_category(cells)) {
      std::string note = note_on_strange_cells(from_, at, cells);
      if (!note.empty()) made_.notes.push_back(std::move(note));
      return take(at, std::move(cells), column_type::category, {});
    }
    if (std::any_of(cells.begin(), cells.end(), [](const parsed_cell& cell) { return !cell.exact; })) {
      made_.notes.push_back("column " + in_quotes(from_.column_name(at)) +
                            " has whole numbers beyond 2^53, where doubles are no longer told apart, and is read as "
                            "categories");
      return take(at, std::move(cells), column_type::category, {});
    }
    if (!found->assumed.empty()) made_.notes.push_back(found->assumed);
    return take(at, std::move(cells), column_type::number, found->how);
  }

  /// Reads a column as a model has learned it. Where that was plain numbers, they may be written in another way now.
  mr::result<void> add_wanted(std::size_t at, const wanted_column& as) {
    notation how = as.written;
    if (as.type == column_type::number && how.plain()) {
      mr::result<found_notation> found = find_notation(from_, at, parse_, how_.numbers);
      if (!found) return std::move(found).error();
      if (found->how.dates == date_order::none && found->how.unit.empty()) {
        how = found->how;
        if (!found->assumed.empty()) made_.notes.push_back(found->assumed);
      }
    }
    return take(at, parse_column(from_, at, parse_, how), as.type, how);
  }

  mr::result<void> take(std::size_t at, std::vector<parsed_cell> cells, column_type type, const notation& how) {
    mr::result<column> read = read_column(from_, at, std::move(cells), type, how, how_.nan_is_missing);
    if (!read) return std::move(read).error();
    made_.columns.push_back(*std::move(read));
    return {};
  }

  grid from_;
  const reading& how_;
  cell_parser parse_;
  table made_;
  std::size_t target_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace detail

/// Reads a table out of CSV text: finds each column's type, sets aside the columns that cannot help, and turns the
/// target into classes or numbers. `name` is what messages call it.
///
/// Errors: errc::invalid_data (not a table), errc::truncated (no rows), errc::not_found (no such column),
/// errc::unsupported (a target that cannot be learned), errc::not_finite and errc::type_mismatch (a cell that is no
/// number, or may be two); each names the line and column where there is one.
inline mr::result<table> read_table(std::string name, std::string text, const reading& how) {
  mr::result<grid> from = grid::read(std::move(name), std::move(text), how.format);
  if (!from) return std::move(from).error();
  return detail::table_reader(*std::move(from), how).read();
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
