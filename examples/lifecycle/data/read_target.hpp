#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP

#include "../format.hpp"
#include "columns.hpp"
#include "table.hpp"
#include "target_cells.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lifecycle {

namespace detail {

/// One value of the target and where it first stands.
struct target_class {
  std::string text;
  double number = 0;
  std::size_t rows = 0;
  std::size_t first_row = 0;
};

inline constexpr std::size_t no_class = std::numeric_limits<std::size_t>::max();

struct target_classes {
  std::vector<target_class> classes;
  std::vector<std::size_t> of_row;  // into `classes`, or no_class
  std::size_t without = 0;          // rows that have none
  std::size_t first_without = 0;    // the first of them
  bool numbers = true;              // every value is a number: "1" and "1.0" are one class
};

/// The classes of the rows that have one.
inline target_classes find_classes(const target_cells& from) {
  target_classes found;
  std::vector<parsed_cell> cells;
  for (std::size_t row = 0; row < from.rows(); ++row) {
    cells.push_back(from.parsed(row));
    // Numbers that a double cannot tell apart are told apart by their text.
    if (cells[row].kind == cell_kind::text || !cells[row].exact) found.numbers = false;
  }
  std::unordered_map<std::string_view, std::size_t> by_text;
  std::unordered_map<double, std::size_t> by_number;
  for (std::size_t row = 0; row < from.rows(); ++row) {
    if (cells[row].kind == cell_kind::missing || cells[row].kind == cell_kind::not_finite) {
      found.of_row.push_back(no_class);
      if (found.without++ == 0) found.first_without = row;
      continue;
    }
    const std::string_view text = from.cell(row);
    const std::size_t next = found.classes.size();
    const std::size_t index = found.numbers ? by_number.try_emplace(cells[row].number, next).first->second
                                            : by_text.try_emplace(text, next).first->second;
    if (index == next) found.classes.push_back({std::string(text), cells[row].number, 0, row});
    ++found.classes[index].rows;
    found.of_row.push_back(index);
  }
  return found;
}

/// "no" (9,850 rows), "yes" (150 rows).
inline std::string list_classes(const std::vector<target_class>& classes) {
  std::string list;
  for (std::size_t i = 0; i < (std::min)(classes.size(), std::size_t{8}); ++i)
    list += (i > 0 ? ", " : "") + in_quotes(classes[i].text) + " (" + counted(classes[i].rows, "row") + ")";
  if (classes.size() > 8) list += ", and " + grouped(classes.size() - 8) + " more";
  return list;
}

/// Which of two classes is the positive one: the one that says yes, or else the rarer.
inline std::size_t choose_positive(const target_classes& found) {
  const auto& classes = found.classes;
  static constexpr std::array<std::string_view, 8> yes{"1", "yes", "true", "y", "t", "positive", "pos", "+"};
  const auto says_yes = [&](const target_class& one) {
    if (found.numbers) return one.number == 1;
    return std::find(yes.begin(), yes.end(), lower_case(one.text)) != yes.end();
  };
  if (says_yes(classes[0]) != says_yes(classes[1])) return says_yes(classes[0]) ? 0 : 1;
  if (classes[0].rows != classes[1].rows) return classes[0].rows < classes[1].rows ? 0 : 1;
  return classes[0].text > classes[1].text ? 0 : 1;
}

/// The error for a target that says the same in every row.
inline mr::error never_changes(const target_cells& from, const target_classes& found) {
  return mr::error(mr::errc::unsupported, "the target " + in_quotes(from.column_name()) + " of " + from.name() +
                                              " is " + in_quotes(found.classes[0].text) + " in every row" +
                                              (found.without > 0 ? " that has one" : "") +
                                              ": there is nothing to tell apart, two classes are needed");
}

inline mr::error not_two_classes(const target_cells& from, target_classes found) {
  const std::string target = "the target " + in_quotes(from.column_name()) + " of " + from.name();
  auto& classes = found.classes;
  if (classes.empty()) return mr::error(mr::errc::unsupported, target + " is missing in every row");
  if (classes.size() == 1) return never_changes(from, found);
  const std::string choice = "; --positive VALUE learns one value against the rest";
  if (found.numbers && classes.size() > 10) {
    const auto [low, high] = std::minmax_element(classes.begin(), classes.end(),
                                                 [](const auto& a, const auto& b) { return a.number < b.number; });
    return mr::error(mr::errc::unsupported, target + " is a quantity with " + grouped(classes.size()) +
                                                " different values from " + low->text + " to " + high->text +
                                                ", which --task number learns, and no two classes");
  }
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.rows > b.rows; });
  const target_class& rarest = classes.back();
  return mr::error(mr::errc::unsupported, target + " has " + counted(classes.size(), "class") + ", " +
                                              list_classes(classes) +
                                              ", and --task binary learns two (the rarest first stands on line " +
                                              std::to_string(from.line(rarest.first_row)) + ")" + choice);
}

/// Which class is the positive one. Errors: errc::unsupported where there are not two.
inline mr::result<std::size_t> choose_class(const target_cells& from, const target_classes& found,
                                            std::string_view positive) {
  const auto& classes = found.classes;
  if (positive.empty()) {
    if (classes.size() != 2) return not_two_classes(from, found);
    return choose_positive(found);
  }
  std::size_t chosen = classes.size();
  const parsed_cell number = parse_number(trimmed(positive));
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].text == trimmed(positive) ||
        (found.numbers && number.kind == cell_kind::number && number.number == classes[i].number))
      chosen = i;
  if (classes.empty()) return not_two_classes(from, found);
  if (chosen == classes.size())
    return mr::error(mr::errc::unsupported, "the target " + in_quotes(from.column_name()) + " of " + from.name() +
                                                " is never " + in_quotes(positive) + "; its values are " +
                                                list_classes(classes));
  if (classes.size() == 1) return not_two_classes(from, found);
  return chosen;
}

/// The error for rows without a class, which one may leave out.
inline mr::error without_class(const target_cells& from, const target_classes& found) {
  const std::size_t row = found.first_without;
  const std::string_view cell = from.cell(row);
  std::string message = from.place(row) + ": the target " + (cell.empty() ? "is missing" : "says " + in_quotes(cell)) +
                        ", and a row without a target cannot be learned from";
  if (found.without > 1) message += " (" + counted(found.without, "row") + " of " + grouped(from.rows()) + ")";
  return mr::error(mr::errc::type_mismatch, message + "; --drop-missing-target leaves such rows out");
}

}  // namespace detail

/// What one was told about the target.
struct target_wishes {
  std::string positive;           // two classes: this one, and the rest
  std::optional<task_kind> task;  // else found by what the column holds
};

/// The target, and which rows have none.
struct read_goal {
  target_column target;           // of all rows; a row without a target has class or number 0
  std::vector<bool> has_target;   // by row
  std::size_t without = 0;        // rows without one
  std::optional<mr::error> asks;  // where rows without a target were not to be left out
  std::string note;               // how its numbers were read, where that is to be said
};

namespace detail {

inline read_goal two_classes(const target_cells& from, const target_classes& found, std::size_t chosen) {
  const auto& classes = found.classes;
  read_goal made;
  made.target.name = from.column_name();
  made.target.positive = classes[chosen].text;
  made.target.negative = classes.size() == 2 ? classes[1 - chosen].text : "not " + made.target.positive;
  made.target.classes = {made.target.negative, made.target.positive};
  made.target.positives = classes[chosen].rows;
  for (const std::size_t index : found.of_row) made.target.labels.push_back(index == chosen ? 1 : 0);
  return made;
}

/// Several classes, numbers in their order and texts in that of the alphabet.
inline read_goal several_classes(const target_cells& from, const target_classes& found) {
  std::vector<std::size_t> order(found.classes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const target_class& one = found.classes[a];
    const target_class& other = found.classes[b];
    return found.numbers ? one.number < other.number : one.text < other.text;
  });
  read_goal made;
  made.target.name = from.column_name();
  made.target.task = task_kind::classes;
  std::vector<std::uint8_t> label_of(order.size());
  for (const std::size_t index : order) {
    label_of[index] = static_cast<std::uint8_t>(made.target.classes.size());
    made.target.classes.push_back(found.classes[index].text);
  }
  for (const std::size_t index : found.of_row)
    made.target.labels.push_back(index == no_class ? std::uint8_t{0} : label_of[index]);
  return made;
}

/// How many texts there are, where they are too many for classes.
inline mr::error too_many_classes(const target_cells& from, const target_classes& found) {
  return mr::error(mr::errc::unsupported,
                   "the target " + in_quotes(from.column_name()) + " of " + from.name() + " has " +
                       grouped(found.classes.size()) + " different texts in " +
                       counted(from.rows() - found.without, "row") + ", and at most " + std::to_string(most_classes) +
                       " classes are learned; --positive VALUE learns one value against the rest");
}

/// The target as numbers, in the notation that its cells have. Errors: errc::type_mismatch (a cell that is none).
inline mr::result<read_goal> numbers_of(const target_cells& from, target_classes& found) {
  mr::feature::csv_findings how;
  mr::result<mr::feature::column> cells = from.read_again(false, how);
  if (cells && cells->kind == mr::feature::column_kind::category) cells = from.read_again(true, how);
  if (!cells) return std::move(cells).error();
  read_goal made;
  made.target.name = from.column_name();
  made.target.task = task_kind::number;
  for (std::string& note : notes_in_words(how)) made.note = std::move(note);
  std::vector<std::size_t> rows(from.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (const double value : look_at(*cells, rows).numbers) {
    const bool present = !std::isnan(value);
    found.of_row[made.target.values.size()] = present ? 0 : no_class;
    made.target.values.push_back(present ? value : 0.0);
  }
  return made;
}

/// Whether the values are amounts rather than names of classes: many, or with fractions.
inline bool is_quantity(const target_classes& found) {
  return found.numbers && (found.classes.size() > 10 ||
                           std::any_of(found.classes.begin(), found.classes.end(),
                                       [](const target_class& one) { return one.number != std::floor(one.number); }));
}

/// What the column is taken for where nobody has said it. Amounts may be written as $1,020.
inline mr::result<task_kind> find_task(const target_cells& from, const target_wishes& told,
                                       const target_classes& found) {
  if (told.task) return *told.task;
  if (!told.positive.empty() || found.classes.size() <= 2) return task_kind::binary;
  if (is_quantity(found)) return task_kind::number;
  if (!found.numbers && found.classes.size() > 10) {
    mr::feature::csv_findings how;
    const mr::result<mr::feature::column> cells = from.read_again(false, how);
    if (!cells) return cells.error();
    const bool strays = std::any_of(how.notes.begin(), how.notes.end(), [](const mr::feature::table_note& one) {
      return one.about == mr::feature::table_matter::strays;
    });
    if (cells->kind != mr::feature::column_kind::category || strays) return task_kind::number;
  }
  return task_kind::classes;
}

inline mr::result<read_goal> read_as(task_kind task, const target_cells& from, const target_wishes& told,
                                     target_classes& found) {
  if (task == task_kind::binary) {
    const mr::result<std::size_t> chosen = choose_class(from, found, told.positive);
    if (!chosen) return chosen.error();
    return two_classes(from, found, *chosen);
  }
  if (found.classes.empty()) return not_two_classes(from, found);
  if (found.classes.size() == 1) return never_changes(from, found);
  if (task == task_kind::number) return numbers_of(from, found);
  if (found.classes.size() > most_classes) return too_many_classes(from, found);
  if (found.classes.size() > 2) return several_classes(from, found);
  const mr::result<std::size_t> chosen = choose_class(from, found, {});
  if (!chosen) return chosen.error();
  return two_classes(from, found, *chosen);
}

}  // namespace detail

/// Turns the target's column into what is to be learned: two classes, several, or numbers. What stops for good comes
/// first: an error for a target that cannot be learned (errc::unsupported); rows without a target are only asked about.
inline mr::result<read_goal> read_target(const target_cells& from, const target_wishes& told) {
  detail::target_classes found = detail::find_classes(from);
  const mr::result<task_kind> task = detail::find_task(from, told, found);
  if (!task) return task.error();
  mr::result<read_goal> made = detail::read_as(*task, from, told, found);
  if (!made) return made;
  made->without = found.without;
  for (const std::size_t index : found.of_row) made->has_target.push_back(index != detail::no_class);
  if (found.without > 0) made->asks = detail::without_class(from, found);
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP
