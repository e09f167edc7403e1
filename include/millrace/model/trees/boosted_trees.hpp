#ifndef MILLRACE_MODEL_TREES_BOOSTED_TREES_HPP
#define MILLRACE_MODEL_TREES_BOOSTED_TREES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/linked_scores.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/boosting_options.hpp>
#include <millrace/model/trees/detail/boosting.hpp>
#include <millrace/model/trees/detail/column_codes.hpp>
#include <millrace/model/trees/losses.hpp>
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

inline constexpr const char* boosted_trees_name = "boosted trees";

inline error bad_option(const char* option, const char* wanted) {
  return wrong_option(boosted_trees_name, option, wanted);
}
[[gnu::cold]] inline result<void> check_options(const boosting_options& with, std::size_t rows, std::size_t columns) {
  const auto is_share = [](double x) { return x > 0 && x <= 1; };
  const auto is_weight = [](double x) { return x >= 0 && math::is_finite(x); };
  if (with.leaves < 2 || with.leaves > 4'096) return bad_option("leaves", "in [2, 4096]");
  if (with.depth < 1) return bad_option("depth", "above 0");
  if (!(with.learning_rate > 0 && math::is_finite(with.learning_rate))) return bad_option("learning_rate", "above 0");
  if (!is_weight(with.l2)) return bad_option("l2", "0 or above");
  if (!is_weight(with.category_l2)) return bad_option("category_l2", "0 or above");
  if (!is_weight(with.min_category_rows)) return bad_option("min_category_rows", "0 or above");
  if (!is_weight(with.min_child_weight)) return bad_option("min_child_weight", "0 or above");
  if (!is_weight(with.min_gain)) return bad_option("min_gain", "0 or above");
  if (!is_share(with.row_share)) return bad_option("row_share", "in (0, 1]");
  if (!is_share(with.column_share)) return bad_option("column_share", "in (0, 1]");
  if (!(with.validation_share > 0 && with.validation_share < 1)) return bad_option("validation_share", "in (0, 1)");
  if (!with.monotone.empty() && with.monotone.size() != columns)
    return bad_option("monotone", "empty or one number for each column");
  for (const std::size_t column : with.categories)
    if (!with.monotone.empty() && with.monotone[column] != 0)
      return bad_option("monotone", "0 for a column of categories");
  if (with.patience > 0 && rows < 2) return bad_option("patience", "0 for one row");
  for (const std::int8_t direction : with.monotone)
    if (direction < -1 || direction > 1) return bad_option("monotone", "of -1, 0 and 1");
  return {};
}

template <class Loss>
result<void> check_loss(const Loss& loss, const boosting_options& with) {
  if constexpr (requires { loss.check_parameter(); }) {
    if (auto right = loss.check_parameter(); !right) return right;
  }
  std::vector<double> none;
  if constexpr (requires { loss.leaf_value(none, none); }) {
    for (const std::int8_t direction : with.monotone)
      if (direction != 0) return bad_option("monotone", "0 for a loss that sets its leaves' values itself");
  }
  return {};
}

template <class Loss>
result<void> check_training_data(const matrix_view& rows, std::span<const float> targets,
                                 std::span<const float> weights, const Loss& loss, const boosting_options& with) {
  if (auto right = check_coded_table(boosted_trees_name, rows, weights, with.bins, with.categories); !right)
    return right;
  if (auto same = one_each(boosted_trees_name, "targets", targets.size(), rows.rows()); !same) return same;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (auto right = loss.check_target(targets[i], i); !right) return right;
  return {};
}

}  // namespace detail

/// Gradient-boosted decision trees: each tree is fitted to what the loss still asks for after the trees before it.
/// Columns are coded in up to 255 groups, trees grow leaf by leaf, missing values (NaN) go to the side that lowers the
/// loss most, and with most rows where none were missing when it was fitted; columns of categories are parted as sets.
/// Infinite values are values; a category never seen counts as missing.
///
///     auto fitted = mr::model::boosted_trees<>::fit(rows, targets, {.rounds = 200, .leaves = 63});
///     double probability = (*fitted)(row);
///
/// `Loss`: logistic_loss, softmax_loss, squared_loss, quantile_loss, poisson_loss, or your own, as losses.hpp says.
///
/// Shapes: rows x columns; `outputs` numbers a row.
/// Guarantee: the same seed and data give the same trees, on any number of threads. A row's outputs have the same bits
/// alone and in any batch. Complexity: fitting, rows x columns x the logarithm of leaves a round; asking, the sum of
/// the trees' depths. Allocates: while fitting, three bytes a number of the table, and 2 KiB x columns x leaves;
/// asking, never. Threads: const calls from any number. Source: Friedman, "Greedy function approximation: a gradient
/// boosting machine", Annals of Statistics 29, 2001; Ke et al., "LightGBM: a highly efficient gradient boosting
/// decision tree", NIPS 2017.
template <class Loss = logistic_loss>
class boosted_trees : public detail::linked_scores<boosted_trees<Loss>> {
 public:
  using options_type = boosting_options;

  /// `targets` and, if there are any, `weights`: one for each row. `on`: what the work is spread over, as parallel.hpp
  /// says.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), out_of_range and not_finite (a target, a weight
  /// or a category, with its row or column), invalid_data (no row weighs anything).
  static result<boosted_trees> fit(const matrix_view& rows, std::span<const float> targets,
                                   const boosting_options& with = {}, std::span<const float> weights = {},
                                   const Loss& loss = {}, const executor_reference& on = {});

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return start_.size(); }
  std::size_t rounds() const noexcept { return trees_.trees() / start_.size(); }
  const tree_ensemble& trees() const noexcept { return trees_; }
  /// The scores before the first tree.
  std::span<const double> start() const noexcept { return start_; }
  const Loss& loss() const noexcept { return loss_; }

  /// What the trees add up to, before the link: for logistic_loss the log odds. A row of fewer columns than the model's
  /// has NaN for every score; scores that `out` has no room for are left out.
  void score(std::span<const float> row, std::span<double> out) const noexcept {
    const std::size_t count = out.size() < outputs() ? out.size() : outputs();
    for (std::size_t k = 0; k < count; ++k)
      out[k] = row.size() < inputs_ ? detail::math::nan : start_[k] + trees_.sum(row.data(), k, outputs());
  }
  /// All rows' scores, row after row, as far as `out` has room: rows.rows() * outputs().
  void score(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t width = outputs();
    const std::size_t count = rows.rows() * width <= out.size() ? rows.rows() : out.size() / width;
    if (rows.columns() < inputs_) {
      for (std::size_t i = 0; i < count; ++i) score(rows.row(i), out.subspan(i * width, width));
      return;
    }
    const matrix_view asked(rows.data(), count, rows.columns(), rows.stride());
    for (std::size_t k = 0; k < width; ++k) trees_.sums(asked, out.data() + k, width, k, width);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < width; ++k) out[i * width + k] += start_[k];
  }

  /// Chooses the kernels for batches by time; see `tree_ensemble::calibrate_kernels`. Outputs stay as they are. Rows of
  /// fewer columns than the model's change nothing.
  template <clock_policy Clock = steady_clock>
  tree_calibration calibrate_kernels(const matrix_view& rows, const Clock& clock = {}) {
    return rows.columns() < inputs_ ? trees_.kernels() : trees_.calibrate_kernels(rows, clock);
  }

  /// How much each column's splits lowered the loss, as shares of 1.
  std::vector<double> importance() const { return trees_.importance(inputs_); }

  std::vector<std::byte> save() const;
  /// Errors: as envelope_reader::open and finish.
  static result<boosted_trees> load(std::span<const std::byte> bytes);

 private:
  boosted_trees() = default;

  static std::string type() { return "boosted_trees<" + std::string(Loss::name) + ">"; }

  Loss loss_;
  std::size_t inputs_ = 0;
  std::vector<double> start_;
  tree_ensemble trees_;
};

template <class Loss>
std::vector<std::byte> boosted_trees<Loss>::save() const {
  const std::string name = type();
  envelope_writer to(name);
  if constexpr (requires { loss_.parameter(); }) to.f64(loss_.parameter());
  to.u64(inputs_);
  to.u64(start_.size());
  for (const double score : start_) to.f64(score);
  trees_.save_to(to);
  return std::move(to).finish();
}

template <class Loss>
result<boosted_trees<Loss>> boosted_trees<Loss>::load(std::span<const std::byte> bytes) {
  const std::string name = type();
  auto from = envelope_reader::open(bytes, name);
  if (!from) return std::move(from).error();
  boosted_trees loaded;
  if constexpr (requires { loaded.loss_.parameter(); }) loaded.loss_ = Loss::of_parameter(from->f64());
  loaded.inputs_ = from->u64();
  loaded.start_.resize(from->count(8));
  for (double& score : loaded.start_) score = from->f64();
  bool valid = detail::check_loss(loaded.loss_, {}).has_value() && loaded.start_.size() == loaded.loss_.outputs() &&
               loaded.inputs_ >= 1 && loaded.inputs_ <= detail::most_tree_columns;
  for (const double score : loaded.start_) valid = valid && detail::math::is_finite(score);
  valid = valid && loaded.trees_.load_from(*from, loaded.inputs_) && loaded.trees_.trees() % loaded.start_.size() == 0;
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return loaded;
}

template <class Loss>
result<boosted_trees<Loss>> boosted_trees<Loss>::fit(const matrix_view& rows, std::span<const float> targets,
                                                     const boosting_options& with, std::span<const float> weights,
                                                     const Loss& loss, const executor_reference& on) {
  if (auto right = detail::check_loss(loss, with); !right) return std::move(right).error();
  if (auto right = detail::check_training_data(rows, targets, weights, loss, with); !right)
    return std::move(right).error();
  if (auto right = detail::check_options(with, rows.rows(), rows.columns()); !right) return std::move(right).error();
  random_engine random(with.seed);
  auto bins = detail::bins_of_columns(rows, with.categories, with.bins, random, on);
  if (!bins) return std::move(bins).error();
  const detail::binned_rows binned(rows, std::move(*bins), on);
  detail::boosting<Loss> rounds(loss, binned, targets, weights, with, random, on);
  boosted_trees fitted;
  auto trees = rounds.run();
  if (!trees) return std::move(trees).error();
  fitted.trees_ = std::move(*trees);
  fitted.start_ = rounds.start();
  fitted.inputs_ = rows.columns();
  fitted.loss_ = loss;
  return fitted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_BOOSTED_TREES_HPP
