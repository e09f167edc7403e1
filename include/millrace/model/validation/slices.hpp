#ifndef MILLRACE_MODEL_VALIDATION_SLICES_HPP
#define MILLRACE_MODEL_VALIDATION_SLICES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/contingency.hpp>
#include <millrace/model/validation/intervals.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// The rows of one group: its number, how many rows it has, and the measure, or why there is none, as for an area under
/// the ROC curve of one class.
struct slice {
  int group = 0;
  std::uint64_t rows = 0;
  result<measured> measure;
};

/// A measure for each group of rows, the group with the fewest rows first: the one it is least sure of.
struct slice_table {
  /// Of all rows, at the level that was asked for.
  measured all;
  std::vector<slice> slices;
  /// The level of the interval of each slice. It is higher than the one that was asked for, so that all intervals
  /// together hold with that: the more slices one looks at, the likelier that one of them looks bad by chance.
  double level = 0;
};

/// A measure by slice: by country, by device, or by buckets of a number (`bucket_numbers`).
///
///     auto table = mr::model::measure_slices(countries, [&](std::span<const std::size_t> rows, double confidence) {
///       return mr::model::accuracy_interval(mr::model::gather(labels, rows), mr::model::gather(classes, rows),
///       confidence);
///     });
///
/// `measure(rows, confidence)` returns a `measured` or a result of one, for these numbers of rows. Where rows have
/// weights, it gathers them as it does labels. The level of each slice's interval is 1 - (1 - confidence) / slices
/// (Bonferroni's correction).
/// Allocates: 8 bytes a row, and what the measure does.
/// Errors: invalid_argument (no rows), out_of_range (a confidence outside (0, 1), or a group that is no int), and those
/// of the measure for all rows. Those for one slice stand in its place in the table.
template <class Measure>
result<slice_table> measure_slices(const label_view& groups, Measure measure, double confidence = 0.95) {
  if (groups.empty()) return error(errc::invalid_argument, "slices: there are no rows");
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  if (auto right = detail::whole_ints(groups, "groups"); !right) return std::move(right).error();
  const detail::dense_classes of(groups);
  std::vector<std::vector<std::size_t>> rows(of.classes());
  std::vector<std::size_t> all(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    rows[of[i]].push_back(i);
    all[i] = i;
  }
  const auto ask = [&](const std::vector<std::size_t>& numbers, double level) -> result<measured> {
    return measure(std::span<const std::size_t>(numbers), level);
  };
  auto whole = ask(all, confidence);
  if (!whole) return std::move(whole).error().wrap("slices, all rows");
  slice_table found{*whole, {}, 1 - (1 - confidence) / static_cast<double>(of.classes())};
  std::vector<std::size_t> order(of.classes());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  detail::sort_by(order, [&](std::size_t a, std::size_t b) { return of.size(a) < of.size(b); });
  for (const std::size_t k : order) found.slices.push_back({of.value(k), of.size(k), ask(rows[k], found.level)});
  return found;
}

/// The number of the bucket of each value: how many edges it has reached; -1 for NaN.
/// Precondition: the edges ascend.
/// Allocates: 4 bytes a row.
inline std::vector<int> bucket_numbers(real_view values, std::span<const double> edges) {
  std::vector<int> found(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    int reached = 0;
    for (const double edge : edges) reached += values[i] >= edge ? 1 : 0;
    found[i] = detail::math::is_nan(values[i]) ? -1 : reached;
  }
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_SLICES_HPP
