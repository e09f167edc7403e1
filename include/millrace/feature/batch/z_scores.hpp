#ifndef MILLRACE_FEATURE_BATCH_Z_SCORES_HPP
#define MILLRACE_FEATURE_BATCH_Z_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/batch_rows.hpp>
#include <millrace/feature/batch/batch_summary.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/batch/detail/batch_groups.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// Which values of a batch are anomalies.
struct z_score_options {
  std::string column = "value";
  /// More standard deviations from the mean than this.
  double threshold = 3;
  /// Columns of categories or texts: each group has its own mean and deviation. Empty: all rows are one group.
  std::vector<std::string> by{};

  /// The plan of the summary that holds the means and deviations.
  batch_plan plan() const {
    batch_plan made;
    made.values.push_back({});
    made.values.back().column = column;
    made.by = by;
    return made;
  }
};

namespace detail {

class anomaly_finder {
 public:
  template <class = void>
  static result<std::vector<anomaly_row>> find(std::span<const column_view> columns, std::size_t rows,
                                               const z_score_options& how, const batch_summary& whole) {
    if (!(how.threshold >= 0) || !math::is_finite(how.threshold))
      return error(errc::invalid_argument, "z-scores: the threshold is not a number from 0 up");
    const batch_plan plan = how.plan();
    if (!batch_summary::same(plan, whole.plan_))
      return error(errc::type_mismatch, "z-scores: the summary follows another plan than the options'");
    auto found = find_column(columns, how.column, rows);
    if (!found) return std::move(found).error();
    const column_view& values = **found;
    if (values.kind != column_kind::number && first_present(values) != rows) return wrong_kind(values, "number");
    std::vector<anomaly_row> made;
    if (values.kind != column_kind::number) return made;
    batch_groups groups;
    if (auto done = groups.find(plan, columns, rows); !done) return std::move(done).error();
    std::vector<anomaly_row> of;  // group by group, what its rows have in common
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const std::string key = groups.key(g, plan);
      const batch_cell* const cell = whole.find(key, 0);
      anomaly_row one{.group = whole.group_of(key), .mean = math::nan};
      if (cell != nullptr) {
        const exact_sums& sums = cell->statistics().template get<exact_moments>();
        one.mean = sums.mean();
        one.stddev = sums.mean_square(true).root();
      }
      of.push_back(std::move(one));
    }
    for (std::size_t row = 0; row < rows; ++row) {
      if (values.missing(row)) continue;
      const anomaly_row& group = of[groups.of()[row]];
      const double score = score_of(values.numbers[row], group.mean, group.stddev);
      if (!(math::absolute(score) > how.threshold)) continue;
      made.push_back(group);
      made.back().row = row;
      made.back().value = values.numbers[row];
      made.back().score = score;
    }
    return made;
  }

 private:
  static double score_of(double value, double mean, double stddev) noexcept {
    if (math::is_infinite(value)) return value;
    const double apart = value - mean;
    if (apart == 0 || math::is_nan(stddev)) return 0;
    return stddev == 0 ? math::copysign(std::numeric_limits<double>::infinity(), apart) : apart / stddev;
  }
};

}  // namespace detail

/// The values of a batch that lie more than `threshold` standard deviations from the mean of their group, in the order
/// of the rows. Mean and (sample) deviation are those of all finite values of the group, these among them: a value
/// cannot be further away than (n - 1) / sqrt(n) deviations of n values, so in a group of eleven values none has a
/// score of more than 3.02. An infinite value always is an anomaly; a missing one, or one of a group of fewer than two,
/// never.
///
///     auto found = mf::z_scores(events, {.column = "latency", .threshold = 2, .by = {"service"}});
///     std::string json = mf::to_json(*found);
///
/// (A detector of a stream, which compares each value with those before it: `detect::z_score`.)
/// Complexity: two passes over the rows. Allocates: 4 bytes for each row, and what it returns.
/// Errors: those of `batch_summary::update`, with row and column; invalid_argument for a threshold below zero.
template <class Table>
requires(requires(const Table& t) { t.rows(); })
result<std::vector<anomaly_row>> z_scores(const Table& batch, const z_score_options& how = {}) {
  auto whole = batch_summary::make(how.plan());
  if (!whole) return std::move(whole).error();
  const table_view views(batch);
  if (auto done = whole->update(views.columns(), batch.rows()); !done) return std::move(done).error();
  return detail::anomaly_finder::find(views.columns(), batch.rows(), how, *whole);
}

/// The same for one part of the data: `whole` is the summary of all parts by `how.plan()`, merged. A group that it does
/// not have has no anomalies but infinite values.
/// Errors: type_mismatch for a summary of another plan.
template <class Table>
requires(requires(const Table& t) { t.rows(); })
result<std::vector<anomaly_row>> z_scores(const Table& part, const z_score_options& how, const batch_summary& whole) {
  const table_view views(part);
  return detail::anomaly_finder::find(views.columns(), part.rows(), how, whole);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_Z_SCORES_HPP
