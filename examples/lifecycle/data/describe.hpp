#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_DESCRIBE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_DESCRIBE_HPP

#include "../format.hpp"
#include "table.hpp"

#include <millrace/feature/tables/dates.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

namespace lifecycle {

/// A category column's codes, the most frequent first.
inline std::vector<std::size_t> by_frequency(const column& of) {
  std::vector<std::size_t> order(of.categories.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return of.counts[a] > of.counts[b]; });
  return order;
}

/// Days since 1970 as the date that they are, to the minute.
inline std::string day_text(double days) { return mr::feature::date_text(std::llround(days * 1440) * 60'000'000'000); }

/// A number of a column with its unit, or as the date that it is.
inline std::string number_text(const column& of, double value) {
  if (of.written.dates != date_order::iso) return day_text(value);
  const std::string& unit = of.written.unit;
  return unit.empty() ? brief(value) : unit == "%" ? brief(value) + " %" : unit + " " + brief(value);
}

/// What stands in a column, in a few words.
inline std::string contents(const column& of, std::size_t rows) {
  if (of.missing == rows) return "";
  if (of.type == column_type::number) {
    const auto shown = [&](double value) { return number_text(of, value); };
    return shown(of.summary.smallest) + " … " + shown(of.summary.median) + " … " + shown(of.summary.largest);
  }
  std::string words;
  const std::vector<std::size_t> order = by_frequency(of);
  const auto present = static_cast<double>(rows - of.missing);
  for (std::size_t i = 0; i < order.size() && i < 3; ++i)
    words += (i > 0 ? ", " : "") + clipped(of.categories[order[i]], 24) + ' ' +
             percent(static_cast<double>(of.counts[order[i]]) / present, 0);
  if (order.size() > 3) words += ", …";
  return words;
}

inline std::string missing_share(const column& of, std::size_t rows) {
  return of.missing == 0 ? "-" : percent(static_cast<double>(of.missing) / static_cast<double>(rows));
}

/// What is to be learned, in a line.
inline std::string describe(const target_column& target) {
  const std::string name = "target " + in_quotes(target.name) + ": ";
  if (target.task == task_kind::number) {
    std::vector<double> sorted = target.values;
    std::sort(sorted.begin(), sorted.end());
    return name + "numbers, " + brief(sorted.front()) + " … " + brief(sorted[sorted.size() / 2]) + " … " +
           brief(sorted.back());
  }
  const std::size_t rows = target.labels.size();
  const auto share = [&](std::size_t part) {
    return percent(static_cast<double>(part) / static_cast<double>(rows), 2);
  };
  if (target.task == task_kind::binary)
    return name + grouped(target.positives) + " times " + in_quotes(target.positive) + " (" + share(target.positives) +
           ", the positive class), " + grouped(rows - target.positives) + " times " + in_quotes(target.negative);
  const std::vector<std::size_t> sizes = target.class_sizes();
  std::string text = name + counted(sizes.size(), "class");
  for (std::size_t k = 0; k < (std::min)(sizes.size(), std::size_t{8}); ++k)
    text += ", " + grouped(sizes[k]) + " times " + in_quotes(target.classes[k]) + " (" + share(sizes[k]) + ")";
  return sizes.size() > 8 ? text + ", …" : text;
}

/// The table as lines for a terminal.
inline std::string describe(const table& of) {
  const target_column& target = of.target;
  const std::size_t rows = of.rows();
  std::string out =
      of.name + ": " + counted(rows, "row") + ", " + counted(of.columns.size(), "column") + " and the target\n";
  out += describe(target) + "\n\n";
  std::size_t widest = 8;
  for (const column& one : of.columns) widest = (std::min)(std::size_t{28}, (std::max)(widest, columns_of(one.name)));
  const auto row = [&](std::string_view name, std::string_view type, std::string_view missing,
                       std::string_view distinct, std::string_view what) {
    out +=
        "  " + left(name, widest) + "  " + left(type, 8) + "  " + right(missing, 8) + "  " + right(distinct, 9) + "  ";
    out.append(what) += '\n';
  };
  row("column", "type", "missing", "distinct", "lowest … median … highest, or the most frequent");
  for (const column& one : of.columns)
    row(one.name, kind_of(one), missing_share(one, rows), grouped(one.distinct),
        one.dropped.empty() ? contents(one, rows) : "left out: " + one.dropped);
  for (const std::string& note : of.notes) out += "  note: " + note + "\n";
  for (const std::string& leak : of.leaks) out += "  note: " + leak + "\n";
  return out;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_DESCRIBE_HPP
