#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP

#include "../format.hpp"
#include "table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Columns that tell the target: what is learned from them is the target itself, and new rows will not have them.
namespace lifecycle {

namespace detail {

/// Rows of each class.
using class_counts = std::array<std::size_t, 2>;

/// Rows that a column gets wrong if each of its values stands for the class that is more frequent among its rows.
inline std::size_t wrong_by_value(const column& of, const std::vector<std::uint8_t>& labels) {
  std::map<double, class_counts> by_value;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const bool number = of.type == column_type::number;
    const double missing = -1e308;  // a value of its own
    const double value = !number ? of.codes[row] : std::isnan(of.numbers[row]) ? missing : of.numbers[row];
    ++by_value[value][labels[row]];
  }
  std::size_t wrong = 0;
  for (const auto& [value, rows] : by_value) wrong += (std::min)(rows[0], rows[1]);
  return wrong;
}

/// Rows that a column of numbers gets wrong by the best limit there is: one class above, the other below. Missing cells
/// count as wrong.
inline std::size_t wrong_by_limit(const column& of, const std::vector<std::uint8_t>& labels) {
  std::vector<std::pair<double, std::uint8_t>> sorted;
  class_counts all{};
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (std::isnan(of.numbers[row])) continue;
    sorted.emplace_back(of.numbers[row], labels[row]);
    ++all[labels[row]];
  }
  std::sort(sorted.begin(), sorted.end());
  std::size_t least = (std::min)(all[0], all[1]);
  class_counts below{};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    ++below[sorted[i].second];
    if (i + 1 < sorted.size() && sorted[i + 1].first == sorted[i].first) continue;
    least = (std::min)({least, below[0] + all[1] - below[1], below[1] + all[0] - below[0]});
  }
  return least + of.missing;
}

}  // namespace detail

/// A sentence for each column that tells the target in every row, or all but a fiftieth of the rarer class.
inline std::vector<std::string> find_leaks(const table& in) {
  constexpr std::size_t fewest = 5;
  const std::vector<std::uint8_t>& labels = in.target.labels;
  const std::size_t rarer = (std::min)(in.target.positives, labels.size() - in.target.positives);
  std::vector<std::string> found;
  if (rarer < fewest) return found;
  for (const column& of : in.columns) {
    if (!of.dropped.empty()) continue;
    std::size_t wrong = labels.size();
    if (of.distinct * 20 <= labels.size() || of.distinct == 2) wrong = detail::wrong_by_value(of, labels);
    if (of.type == column_type::number) wrong = (std::min)(wrong, detail::wrong_by_limit(of, labels));
    if (wrong * 50 > rarer) continue;
    found.push_back("column " + in_quotes(of.name) + " tells the target in " +
                    (wrong == 0 ? "every row" : "all but " + counted(wrong, "row") + " of " + grouped(labels.size())) +
                    ": was it made from it? --ignore " + in_quotes(of.name) + " leaves it out");
  }
  return found;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_LEAKS_HPP
