#ifndef MILLRACE_MODEL_TREES_DETAIL_COLUMN_CODES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_COLUMN_CODES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Categories are whole numbers up to this.
inline constexpr float most_category = 65'535;

/// What every fit of coded trees asks of a table, its weights, and the two options about columns.
[[gnu::cold]] inline result<void> check_coded_table(const char* model, const matrix_view& rows,
                                                    std::span<const float> weights, std::size_t bins,
                                                    std::span<const std::size_t> categories) {
  if (rows.rows() == 0) return no_rows(model, rows);
  if (rows.columns() == 0 || rows.columns() > most_tree_columns)
    return error(errc::shape_mismatch, std::string(model) + ": there are " + std::to_string(rows.columns()) +
                                           " columns, outside 1 to " + std::to_string(most_tree_columns));
  if (rows.rows() >= std::size_t{1} << 31)
    return error(errc::shape_mismatch, std::string(model) + ": there are 2^31 rows or more");
  if (auto total = sum_of_weights(model, weights, rows.rows()); !total) return std::move(total).error();
  if (bins < 2 || bins > 255) return wrong_option(model, "bins", "in [2, 255]");
  for (const std::size_t column : categories)
    if (column >= rows.columns()) return wrong_option(model, "categories", "columns of the table");
  return {};
}

struct counted_category {
  float category = 0;
  std::size_t count = 0;
};

/// The codes of a column of categories: the most frequent ones have one each, and all rarer ones share the last.
inline result<column_bins> category_bins(std::vector<double>& values, std::size_t column, std::size_t most) {
  column_bins bins;
  bins.categories = true;
  flat_vector<counted_category> counted;
  sort_doubles(values);
  for (const double value : values) {
    const auto category = static_cast<float>(value);
    if (!(category >= 0 && category <= most_category && category == static_cast<float>(static_cast<int>(category))))
      return error(errc::out_of_range, "column " + std::to_string(column) + ": " + number_text(category) +
                                           " is no category: they are whole numbers from 0 to 65535");
    if (counted.empty() || counted.back().category != category) counted.push_back({category, 0});
    ++counted.back().count;
  }
  if (!counted.empty()) bins.highest = counted.back().category;
  if (counted.size() > most) {
    sort_by(counted, [](const counted_category& a, const counted_category& b) { return a.count > b.count; });
    counted.resize(most - 1);
    bins.has_rare = true;
    sort_by(counted, [](const counted_category& a, const counted_category& b) { return a.category < b.category; });
  }
  for (const counted_category& one : counted) bins.bounds.push_back(one.category);
  return bins;
}

/// The values of `count` columns from `first` on that are not missing: of the rows in `sample`, or of all if there are
/// none. Rows are read once for all of them.
inline std::vector<std::vector<double>> values_of(const matrix_view& rows, std::size_t first, std::size_t count,
                                                  std::span<const std::size_t> sample) {
  const std::size_t asked = sample.empty() ? rows.rows() : sample.size();
  std::vector<std::vector<double>> values(count, std::vector<double>(asked));
  std::vector<double*> ends;
  for (std::vector<double>& of : values) ends.push_back(of.data());
  for (std::size_t i = 0; i < asked; ++i) {
    const float* const row = rows.row(sample.empty() ? i : sample[i]).data() + first;
    for (std::size_t k = 0; k < count; ++k) {
      *ends[k] = double{row[k]};
      ends[k] += row[k] == row[k] ? 1 : 0;
    }
  }
  for (std::size_t k = 0; k < count; ++k) values[k].resize(static_cast<std::size_t>(ends[k] - values[k].data()));
  return values;
}

/// The bins of every column. Bounds are found on at most `binned_rows::most_sampled` rows, categories on all.
/// Precondition: `categories` are columns, and `most` is in [2, 255].
inline result<std::vector<column_bins>> bins_of_columns(const matrix_view& rows,
                                                        std::span<const std::size_t> categories, std::size_t most,
                                                        random_engine& random, const executor_reference& on = {}) {
  constexpr std::size_t at_a_time = 5;
  std::vector<column_bins> all(rows.columns());
  for (const std::size_t column : categories) all[column].categories = true;
  std::vector<std::size_t> sample;
  if (rows.rows() > binned_rows::most_sampled)
    for (std::size_t i = 0; i < binned_rows::most_sampled; ++i)
      sample.push_back(static_cast<std::size_t>(random.below(rows.rows())));
  std::vector<result<void>> done(rows.columns());
  on((rows.columns() + at_a_time - 1) / at_a_time, [&](std::size_t job) {
    const std::size_t first = job * at_a_time;
    const std::size_t count = rows.columns() - first < at_a_time ? rows.columns() - first : at_a_time;
    std::vector<std::vector<double>> values = values_of(rows, first, count, sample);
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t column = first + k;
      if (!all[column].categories) {
        sort_doubles(values[k]);
        all[column].bounds = bounds_of(values[k], most);
        continue;
      }
      if (!sample.empty()) values[k] = std::move(values_of(rows, column, 1, {}).front());
      auto bins = category_bins(values[k], column, most);
      if (!bins)
        done[column] = std::move(bins).error();
      else
        all[column] = std::move(*bins);
    }
  });
  for (result<void>& one : done)
    if (!one) return std::move(one).error();
  return all;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_COLUMN_CODES_HPP
