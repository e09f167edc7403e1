#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP

#include "../format.hpp"
#include "cells.hpp"
#include "grid.hpp"
#include "table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
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
inline target_classes find_classes(const grid& from, std::size_t at, const cell_parser& parse) {
  target_classes found;
  std::vector<parsed_cell> cells;
  for (std::size_t row = 0; row < from.rows(); ++row) {
    cells.push_back(parse(from.cell(row, at)));
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
    const std::string_view text = from.cell(row, at);
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

inline mr::error not_two_classes(const grid& from, std::size_t at, target_classes found) {
  const std::string target = "the target " + in_quotes(from.column_name(at)) + " of " + from.name();
  auto& classes = found.classes;
  if (classes.empty()) return mr::error(mr::errc::unsupported, target + " is missing in every row");
  if (classes.size() == 1)
    return mr::error(mr::errc::unsupported, target + " is " + in_quotes(classes[0].text) + " in every row" +
                                                (found.without > 0 ? " that has one" : "") +
                                                ": there is nothing to tell apart, two classes are needed");
  const std::string choice = "; --positive VALUE learns one value against the rest";
  if (found.numbers && classes.size() > 10) {
    const auto [low, high] = std::minmax_element(classes.begin(), classes.end(),
                                                 [](const auto& a, const auto& b) { return a.number < b.number; });
    return mr::error(mr::errc::unsupported,
                     target + " is a quantity with " + grouped(classes.size()) + " different values from " + low->text +
                         " to " + high->text +
                         ", and this job learns two classes: add a column that says, say, whether it "
                         "is above a limit");
  }
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.rows > b.rows; });
  const target_class& rarest = classes.back();
  return mr::error(mr::errc::unsupported, target + " has " + counted(classes.size(), "class") + ", " +
                                              list_classes(classes) +
                                              ", and this job learns two (the rarest first stands on line " +
                                              std::to_string(from.lines()[rarest.first_row]) + ")" + choice);
}

/// Which class is the positive one. Errors: errc::unsupported where there are not two.
inline mr::result<std::size_t> choose_class(const grid& from, std::size_t at, const target_classes& found,
                                            std::string_view positive, const cell_parser& parse) {
  const auto& classes = found.classes;
  if (positive.empty()) {
    if (classes.size() != 2) return not_two_classes(from, at, found);
    return choose_positive(found);
  }
  std::size_t chosen = classes.size();
  const parsed_cell number = parse(trimmed(positive));
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].text == trimmed(positive) ||
        (found.numbers && number.kind == cell_kind::number && number.number == classes[i].number))
      chosen = i;
  if (classes.empty()) return not_two_classes(from, at, found);
  if (chosen == classes.size())
    return mr::error(mr::errc::unsupported, "the target " + in_quotes(from.column_name(at)) + " of " + from.name() +
                                                " is never " + in_quotes(positive) + "; its values are " +
                                                list_classes(classes));
  if (classes.size() == 1) return not_two_classes(from, at, found);
  return chosen;
}

/// The error for rows without a class, which one may leave out.
inline mr::error without_class(const grid& from, std::size_t at, const target_classes& found) {
  const std::size_t row = found.first_without;
  const std::string_view cell = from.cell(row, at);
  std::string message = from.place(row, at) + ": the target " +
                        (cell.empty() ? "is missing" : "says " + in_quotes(cell)) +
                        ", and a row without a target cannot be learned from";
  if (found.without > 1) message += " (" + counted(found.without, "row") + " of " + grouped(from.rows()) + ")";
  return mr::error(mr::errc::type_mismatch, message + "; --drop-missing-target leaves such rows out");
}

}  // namespace detail

/// The target's two classes, and which rows have none of them.
struct read_classes {
  target_column target;           // of all rows; the label of a row without a class is 0
  std::vector<bool> has_class;    // by row
  std::size_t without = 0;        // rows without one
  std::optional<mr::error> asks;  // where rows without a class were not to be left out
};

/// Turns the target's column into two classes: `positive` against the rest, or where that is empty the only two there
/// are. What stops for good comes first: an error for other than two classes (errc::unsupported); rows without a class
/// are only asked about.
inline mr::result<read_classes> read_target(const grid& from, std::size_t at, std::string_view positive,
                                            const cell_parser& parse) {
  const detail::target_classes found = detail::find_classes(from, at, parse);
  const mr::result<std::size_t> chosen = detail::choose_class(from, at, found, positive, parse);
  if (!chosen) return chosen.error();
  const auto& classes = found.classes;
  read_classes made;
  made.target.name = from.column_name(at);
  made.target.positive = classes[*chosen].text;
  made.target.negative = classes.size() == 2 ? classes[1 - *chosen].text : "not " + made.target.positive;
  made.target.positives = classes[*chosen].rows;
  made.without = found.without;
  for (const std::size_t index : found.of_row) {
    made.target.labels.push_back(index == *chosen ? 1 : 0);
    made.has_class.push_back(index != detail::no_class);
  }
  if (found.without > 0) made.asks = detail::without_class(from, at, found);
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TARGET_HPP
