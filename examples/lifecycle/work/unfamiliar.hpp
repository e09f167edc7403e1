#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_UNFAMILIAR_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_UNFAMILIAR_HPP

#include "../data/describe.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "../model/encode.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Cells of a kind that training never saw: the model answers for them, but has learned nothing about them.
namespace lifecycle {

/// What is unfamiliar in one column.
struct unfamiliar_cells {
  std::string column;
  std::vector<std::pair<std::string, std::size_t>> categories;  // never seen, the most frequent first; and their rows
  std::size_t outside = 0;                                      // numbers beyond the range of those seen
  std::size_t missing = 0;                                      // missing cells, where none were seen
  bool rare_among_them = false;  // the model's file does not tell rare categories from those never seen

  std::size_t rows() const {
    std::size_t sum = outside + missing;
    for (const auto& [name, count] : categories) sum += count;
    return sum;
  }
};

namespace detail {

inline unfamiliar_cells unfamiliar_in(const column_encoding& learned, const column& now) {
  unfamiliar_cells found;
  found.column = learned.name;
  if (!learned.flags_missing) found.missing = now.missing;
  if (learned.type == column_type::number) {
    if (!learned.knots.empty())
      found.outside = static_cast<std::size_t>(std::count_if(now.numbers.begin(), now.numbers.end(), [&](double x) {
        return x < learned.knots.front() || x > learned.knots.back();
      }));
    return found;
  }
  std::set<std::string> known(learned.kept.begin(), learned.kept.end());
  known.insert(learned.rare.begin(), learned.rare.end());
  found.rare_among_them = !learned.knows_rare;
  for (const std::size_t code : by_frequency(now))
    if (!known.contains(now.categories[code])) found.categories.emplace_back(now.categories[code], now.counts[code]);
  return found;
}

}  // namespace detail

/// Every column of the model that holds something unfamiliar. `now` has the model's columns in its order.
inline std::vector<unfamiliar_cells> find_unfamiliar(const encoder& learned, const table& now) {
  std::vector<unfamiliar_cells> found;
  for (std::size_t i = 0; i < now.columns.size(); ++i) {
    unfamiliar_cells one = detail::unfamiliar_in(learned.columns()[i], now.columns[i]);
    if (one.rows() > 0) found.push_back(std::move(one));
  }
  return found;
}

/// column "c": 12 of 200 rows (6.0 %) hold 2 categories that training never saw: "new" (10), "newer" (2).
inline std::string in_words(const unfamiliar_cells& of, std::size_t rows) {
  const auto share = [&](std::size_t part) {
    return grouped(part) + " of " + counted(rows, "row") + " (" +
           percent(static_cast<double>(part) / static_cast<double>(rows)) + ")";
  };
  std::string text;
  const auto add = [&](const std::string& says) { text += (text.empty() ? "" : "; ") + says; };
  if (!of.categories.empty()) {
    constexpr std::size_t most = 8;
    std::string names;
    for (std::size_t i = 0; i < (std::min)(of.categories.size(), most); ++i)
      names += (i > 0 ? ", " : "") + in_quotes(of.categories[i].first) + " (" + grouped(of.categories[i].second) + ")";
    if (of.categories.size() > most) names += ", and " + grouped(of.categories.size() - most) + " more";
    add(share(of.rows() - of.outside - of.missing) + " hold " +
        (of.categories.size() == 1 ? "a category" : grouped(of.categories.size()) + " categories") +
        (of.rare_among_them ? " that the model does not know: " : " that training never saw: ") + names);
  }
  if (of.outside > 0) add(share(of.outside) + " lie outside the numbers that training saw");
  if (of.missing > 0) add(share(of.missing) + " are missing, which training never saw");
  return "column " + in_quotes(of.column) + ": " + text;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_UNFAMILIAR_HPP
