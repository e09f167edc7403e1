#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP

#include "../format.hpp"
#include "columns.hpp"
#include "leaks.hpp"
#include "questions.hpp"
#include "read_target.hpp"
#include "split.hpp"
#include "table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/tables/csv.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// A column that a model reads, and as what.
struct wanted_column {
  std::string name;
  column_type type = column_type::number;
  notation written;
  bool verbatim = false;  // of a category: also cells that say NaN are words
};

/// How this job reads a CSV file unless it is told otherwise: what can be found is, and a cell that says NaN is an
/// error rather than missing.
inline mr::feature::csv_options found_by_default() {
  mr::feature::csv_options how = mr::feature::csv_options::found();
  how.missing = {"NA", "N/A", "n/a", "?", "null", "NULL", "None"};
  how.not_finite = mr::feature::not_finite_cells::refused;
  return how;
}

/// Whether a text is JSON, of which no CSV has the beginning: {" or [{ or [".
inline bool is_json(std::string_view text) {
  const auto next = [&] {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    const char c = at == text.npos ? '\0' : text[at];
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return c;
  };
  const char first = next();
  const char second = next();
  return (first == '{' && (second == '"' || second == '}')) ||
         (first == '[' && (second == '{' || second == '[' || second == '"' || second == ']'));
}

/// How a table is to be read.
struct reading {
  std::string target;                // empty: no column is to be learned
  std::string positive;              // empty: chosen, see read_target.hpp
  std::optional<task_kind> task;     // what the target is; else found
  bool drop_missing_target = false;  // else a row without a target is an error
  mr::feature::csv_options file = found_by_default();
  std::vector<std::string> missing;   // further spellings of "missing"
  std::vector<std::string> words;     // columns that are categories, whatever they hold
  std::vector<std::string> ignored;   // columns that are left out
  std::vector<wanted_column> wanted;  // read only these, as these; empty: all, by what they hold
};

namespace detail {

/// Reads a table; what one should know about how goes into its notes.
class table_reader {
 public:
  table_reader(std::string name, const reading& how) : how_(how), file_(how.file) {
    made_.name = std::move(name);
    file_.missing.insert(file_.missing.end(), how.missing.begin(), how.missing.end());
    declare_columns();
  }

  mr::result<table> read(std::string text) {
    if (is_json(text))
      return mr::error(mr::errc::invalid_data,
                       made_.name + " is JSON, and this job reads CSV, whose first line names the columns");
    mr::feature::csv_findings found;
    mr::result<mr::feature::table> read = mr::feature::read_csv(std::move(text), file_, &found);
    if (read || read.error().code() == mr::errc::not_found)
      if (auto all = find_columns(found); !all) return std::move(all).error();
    if (!read) return refused(read.error(), found);
    if (read->rows() == 0)
      return mr::error(mr::errc::truncated,
                       made_.name + " has a header of " + counted(found.header.size(), "column") + " and no rows");
    made_.notes = notes_in_words(found);
    read_goal goal;
    std::vector<std::size_t> rows(read->rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    if (!how_.target.empty()) {
      const target_cells cells(made_.name, *read, trimmed(how_.target), file_);
      mr::result<read_goal> target = read_target(cells, {how_.positive, how_.task});
      if (!target) return std::move(target).error();
      goal = *std::move(target);
      take_target(goal, rows);
    }
    for (const std::size_t row : rows) made_.lines.push_back(read->line(row));
    add_columns(*read, rows);
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
  void declare_columns() {
    using mr::feature::column_kind;
    for (const std::string& name : how_.words) file_.columns.push_back({trimmed(name), column_kind::category});
    for (const std::string& name : how_.ignored) file_.columns.push_back({trimmed(name), column_kind::text});
    if (!how_.target.empty()) file_.columns.push_back({trimmed(how_.target), column_kind::text});
    file_.declared_only = !how_.wanted.empty();
    for (const wanted_column& one : how_.wanted) {
      const bool number = one.type == column_type::number;
      // What a model has learned as plain numbers may be written in another way now, but has no unit.
      const bool plain = number && one.written.plain();
      if (plain) file_.amounts = false;
      const bool date = one.written.dates != date_order::iso;
      file_.columns.push_back({one.name,
                               !number ? (one.verbatim ? column_kind::text : column_kind::category)
                               : date  ? column_kind::time
                                       : column_kind::number,
                               one.written, !plain});
    }
  }
  mr::result<void> find_columns(const mr::feature::csv_findings& found) const {
    for (const mr::feature::declared_column& one : file_.columns)
      if (auto there = find_column(made_.name, one.name, found); !there) return there;
    return {};
  }
  mr::error refused(const mr::error& why, const mr::feature::csv_findings& found) const {
    if (why.code() == mr::errc::truncated)
      return mr::error(why.code(), made_.name + " is empty: the first line should name the columns");
    return refusal_in_words(made_.name, why, found, file_);
  }

  /// Keeps the rows that have a target.
  void take_target(const read_goal& goal, std::vector<std::size_t>& rows) {
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
    keep(rows);
  }

  void add_columns(const mr::feature::table& from, const std::vector<std::size_t>& rows) {
    const auto is_one_of = [](const std::vector<std::string>& names, const std::string& name) {
      return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return trimmed(one) == name; });
    };
    for (const wanted_column& one : how_.wanted) made_.columns.push_back(look_at(*from.find(one.name), rows));
    for (std::size_t i = 0; i < from.size() && how_.wanted.empty(); ++i) {
      if (from[i].name == made_.target.name && !how_.target.empty()) continue;
      made_.columns.push_back(look_at(from[i], rows));
      if (is_one_of(how_.ignored, from[i].name)) made_.columns.back().dropped = "as --ignore asks";
    }
  }

  const reading& how_;
  mr::feature::csv_options file_;
  table made_;
};

}  // namespace detail

/// Reads a table out of CSV text: finds each column's type, sets aside the columns that cannot help, and turns the
/// target into classes or numbers. `name` is what messages call it.
///
/// Errors: errc::invalid_data (not a table), errc::truncated (no rows), errc::not_found (no such column),
/// errc::unsupported (a target that cannot be learned), errc::not_finite and errc::type_mismatch (a cell that is no
/// number, or may be two); each names the line and column where there is one.
inline mr::result<table> read_table(std::string name, std::string text, const reading& how) {
  return detail::table_reader(std::move(name), how).read(std::move(text));
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
