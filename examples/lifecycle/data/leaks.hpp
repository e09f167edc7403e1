#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP

#include "../format.hpp"
#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

/// Columns that tell the target: what is learned from them is the target itself, and new rows will not have them.
namespace lifecycle {

namespace detail {

/// Rows of each class.
using class_counts = std::vector<std::size_t>;

/// Rows that a column gets wrong if each of its values stands for the class that is more frequent among its rows.
inline std::size_t wrong_by_value(const column& of, const std::vector<std::uint8_t>& labels, std::size_t classes) {
  std::map<double, class_counts> by_value;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const bool number = of.type == column_type::number;
    const double missing = -1e308;  // a value of its own
    const double value = !number ? of.codes[row] : std::isnan(of.numbers[row]) ? missing : of.numbers[row];
    ++by_value.try_emplace(value, classes).first->second[labels[row]];
  }
  std::size_t wrong = 0;
  for (const auto& [value, rows] : by_value)
    wrong += std::accumulate(rows.begin(), rows.end(), std::size_t{0}) - *std::max_element(rows.begin(), rows.end());
  return wrong;
}

/// Rows that a column of numbers gets wrong by the best limit there is: one class above, the other below. Missing cells
/// count as wrong.
inline std::size_t wrong_by_limit(const column& of, const std::vector<std::uint8_t>& labels) {
  std::vector<std::pair<double, std::uint8_t>> sorted;
  class_counts all(2);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (std::isnan(of.numbers[row])) continue;
    sorted.emplace_back(of.numbers[row], labels[row]);
    ++all[labels[row]];
  }
  std::sort(sorted.begin(), sorted.end());
  std::size_t least = (std::min)(all[0], all[1]);
  class_counts below(2);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    ++below[sorted[i].second];
    if (i + 1 < sorted.size() && sorted[i + 1].first == sorted[i].first) continue;
    least = (std::min)({least, below[0] + all[1] - below[1], below[1] + all[0] - below[0]});
  }
  return least + of.missing;
}

/// How closely a column of numbers follows the target's, from -1 to 1; 0 where either does not change. A row whose cell
/// is missing counts as the column's mean.
inline double correlation(const column& of, const std::vector<double>& target) {
  const auto rows = static_cast<double>(target.size());
  const double middle = std::accumulate(target.begin(), target.end(), 0.0) / rows;
  double both = 0, own = 0, others = 0;
  for (std::size_t row = 0; row < target.size(); ++row) {
    const double x = std::isnan(of.numbers[row]) ? 0 : of.numbers[row] - of.summary.mean;
    const double y = target[row] - middle;
    both += x * y;
    own += x * x;
    others += y * y;
  }
  return own > 0 && others > 0 ? both / std::sqrt(own) / std::sqrt(others) : 0;
}

/// What should be done about a column that is too good.
inline std::string ask_about_leak(const column& of, const std::string& tells) {
  return "column " + in_quotes(of.name) + " tells the target " + tells + ": was it made from it? --ignore " +
         in_quotes(of.name) + " leaves it out";
}

}  // namespace detail

/// A sentence for each column that tells the target: in every row or all but a fiftieth of the rarest class, or by a
/// correlation of at least 0.9999.
inline std::vector<std::string> find_leaks(const table& in) {
  constexpr std::size_t fewest = 5;
  const std::vector<std::uint8_t>& labels = in.target.labels;
  const std::vector<std::size_t> sizes = in.target.class_sizes();
  const std::size_t rarest = sizes.empty() ? 0 : *std::min_element(sizes.begin(), sizes.end());
  std::vector<std::string> found;
  if (in.target.task == task_kind::number && in.rows() > 20) {
    for (const column& of : in.columns)
      if (of.dropped.empty() && of.type == column_type::number)
        if (const double r = detail::correlation(of, in.target.values); std::fabs(r) >= 0.9999)
          found.push_back(detail::ask_about_leak(of, "by a correlation of " + fixed(r, 4)));
    return found;
  }
  if (rarest < fewest) return found;
  for (const column& of : in.columns) {
    if (!of.dropped.empty()) continue;
    std::size_t wrong = labels.size();
    if (of.distinct * 20 <= labels.size() || of.distinct == 2) wrong = detail::wrong_by_value(of, labels, sizes.size());
    if (of.type == column_type::number && sizes.size() == 2)
      wrong = (std::min)(wrong, detail::wrong_by_limit(of, labels));
    if (wrong * 50 > rarest) continue;
    found.push_back(detail::ask_about_leak(
        of, wrong == 0 ? "in every row" : "in all but " + counted(wrong, "row") + " of " + grouped(labels.size())));
  }
  return found;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP
