#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP

#include "../data/describe.hpp"
#include "../data/table.hpp"
#include "encode.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/seed.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Which columns a model looks at, and why a row got its answer.
namespace lifecycle {

/// How much `worth(answers)` falls on these rows when the cells of one column are dealt out anew among them, for every
/// column; the most first. Source: Breiman, "Random forests", Machine Learning 45, 2001, section 10.
inline column_importance importance(fitted_model& model, const std::vector<column_place>& places, feature_rows rows,
                                    const target_scale& scale,
                                    const std::function<double(const std::vector<double>&)>& worth,
                                    std::uint64_t seed) {
  column_importance lost;
  mr::random_engine random(seed);
  const double whole = worth(answers_of(model, rows, scale));
  const feature_rows kept = rows;
  std::vector<std::size_t> order(rows.view().rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto cells = [&](const std::vector<float>& of, std::size_t row, const column_place& at) {
    return of.begin() + static_cast<std::ptrdiff_t>(row * rows.columns + at.first);
  };
  for (const column_place& at : places) {
    random.shuffle(order);
    const auto copy = [&](auto source) {
      for (std::size_t i = 0; i < order.size(); ++i)
        std::copy_n(cells(kept.numbers, source(i), at), at.width,
                    rows.numbers.begin() + (cells(rows.numbers, i, at) - rows.numbers.cbegin()));
    };
    copy([&](std::size_t i) { return order[i]; });
    lost.emplace_back(at.name, whole - worth(answers_of(model, rows, scale)));
    copy([](std::size_t i) { return i; });
  }
  std::stable_sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return lost;
}

namespace detail {

/// A cell as a reader knows it.
inline std::string cell_text(const column& of, std::size_t row) {
  if (of.type == column_type::category)
    return of.codes[row] == missing_code ? "missing" : clipped(of.categories[of.codes[row]], 30);
  if (std::isnan(of.numbers[row])) return "missing";
  return number_text(of, of.numbers[row]);
}

}  // namespace detail

/// The columns that move this row's score most; none where the family cannot say.
inline std::vector<row_reasons::reason> reasons_of(fitted_model& model, const std::vector<column_place>& places,
                                                   std::span<const float> features, std::size_t output,
                                                   const table& from, std::size_t row, std::size_t most) {
  const std::vector<double> adds = model.contributions(features, output);
  std::vector<row_reasons::reason> found;
  for (const column_place& at : places) {
    if (adds.empty()) break;
    const auto first = adds.begin() + static_cast<std::ptrdiff_t>(at.first);
    const auto named =
        std::find_if(from.columns.begin(), from.columns.end(), [&](const column& one) { return one.name == at.name; });
    found.push_back({at.name, detail::cell_text(*named, row),
                     std::accumulate(first, first + static_cast<std::ptrdiff_t>(at.width), 0.0)});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return std::fabs(a.adds) > std::fabs(b.adds); });
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP
