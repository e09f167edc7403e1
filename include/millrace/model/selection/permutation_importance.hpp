#ifndef MILLRACE_MODEL_SELECTION_PERMUTATION_IMPORTANCE_HPP
#define MILLRACE_MODEL_SELECTION_PERMUTATION_IMPORTANCE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/selection/goal.hpp>
#include <millrace/stats/sample_moments.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How often columns are shuffled.
struct importance_options {
  std::size_t repeats = 5;
  /// Whether the measure is better when it is low or when it is high.
  goal wanted = goal::low;
  std::uint64_t seed = 1;
};

/// How much worse a measure gets when a column is shuffled: of the repeats the mean and the standard deviation (with
/// n - 1; 0 of one). Below 0 the measure got better, as it may by chance for a column that says nothing.
struct column_importance {
  double mean = 0;
  double deviation = 0;
};

namespace detail {

/// The measure of what a model predicts for these rows.
template <class Model, class Measure>
result<double> measured_for(const Model& model, const matrix_view& rows, Measure& measure) {
  std::vector<double> predictions(rows.rows() * model.outputs());
  model.predict(rows, std::span<double>(predictions));
  result<double> found = measure(std::span<const double>(predictions));
  if (found && !math::is_finite(*found))
    return error(errc::not_finite, "permutation importance: the measure is not finite");
  return found;
}

/// How much worse than `before` the measure is with one column shuffled.
template <class Model, class Measure>
result<column_importance> importance_of(const Model& model, const matrix_view& rows, Measure& measure,
                                        const importance_options& with, double before, std::size_t column,
                                        std::uint64_t seed) {
  const std::size_t columns = rows.columns();
  std::vector<float> table(rows.rows() * columns);
  std::vector<float> shuffled(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) table[i * columns + j] = rows(i, j);
    shuffled[i] = rows(i, column);
  }
  std::vector<double> losses(with.repeats);
  random_engine random(seed);
  for (double& loss : losses) {
    random.shuffle(shuffled);
    for (std::size_t i = 0; i < shuffled.size(); ++i) table[i * columns + column] = shuffled[i];
    auto after = measured_for(model, matrix_view(table, columns), measure);
    if (!after) return std::move(after).error();
    loss = with.wanted == goal::low ? *after - before : before - *after;
  }
  const auto moments = stats::sample_moments::make(losses);
  return column_importance{moments.mean, math::sqrt(moments.variance)};
}

}  // namespace detail

/// What each column is worth to a model: by how much a measure gets worse when the column's values are dealt to other
/// rows. Use rows that the model was not fitted on, or what it learnt by heart counts as worth.
///
///     auto found = mr::model::permutation_importance(
///         fitted, rows, [&](std::span<const double> predictions) { return mr::model::log_loss(labels, predictions);
///         });
///
/// Two columns that say the same stand in for each other, and both look worthless.
/// `measure(predictions)` returns a number, or a result of one, for predictions of all rows: rows x outputs.
/// `on`: columns are shuffled on any number of threads; the measure is then called from all of them.
/// Guarantee: the same seed gives the same numbers, on any number of threads.
/// Complexity: columns x repeats predictions of all rows.
/// Allocates: for each thread a copy of the rows, and their predictions.
/// Errors: invalid_argument (no rows, or no repeats), shape_mismatch (rows of another number of columns), not_finite (a
/// measure that is not finite) and those of the measure; with the column, if it was one.
/// Source: Breiman, "Random forests", Machine Learning 45, 2001; Fisher, Rudin, Dominici, "All models are wrong, but
/// many are useful", JMLR 20, 2019.
template <predictor Model, class Measure>
result<std::vector<column_importance>> permutation_importance(const Model& model, const matrix_view& rows,
                                                              Measure measure, const importance_options& with = {},
                                                              const executor_reference& on = {}) {
  const std::size_t columns = model.inputs();
  if (rows.rows() == 0) return error(errc::invalid_argument, "permutation importance: there are no rows");
  if (rows.columns() != columns)
    return error(errc::shape_mismatch, "permutation importance: rows have " + std::to_string(rows.columns()) +
                                           " columns, the model takes " + std::to_string(columns));
  if (with.repeats == 0) return error(errc::invalid_argument, "permutation importance: option repeats must be above 0");
  auto before = detail::measured_for(model, rows, measure);
  if (!before) return std::move(before).error().wrap("permutation importance, no column shuffled");
  std::vector<std::uint64_t> seeds(columns);
  std::uint64_t next = with.seed;
  for (std::uint64_t& seed : seeds) seed = splitmix64(next);
  std::vector<result<column_importance>> each(columns, column_importance{});
  on(columns,
     [&](std::size_t j) { each[j] = detail::importance_of(model, rows, measure, with, *before, j, seeds[j]); });
  std::vector<column_importance> found(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    if (!each[j]) return std::move(each[j]).error().wrap("permutation importance, column " + std::to_string(j));
    found[j] = *each[j];
  }
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SELECTION_PERMUTATION_IMPORTANCE_HPP
