#ifndef MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP
#define MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/detail/column_codes.hpp>
#include <millrace/model/trees/detail/forest_fit.hpp>
#include <millrace/model/trees/detail/shares.hpp>
#include <millrace/model/trees/forest_options.hpp>
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

/// The mean of many trees, each on rows drawn with replacement and, at each node, on columns drawn at random. Targets
/// are numbers, or two classes as 0 and 1: then the output is the probability of 1. With option `classes`, targets are
/// classes from 0 on, and outputs the probability of each. Splits of classes are those by Gini's impurity.
///
///     auto fitted = mr::model::random_forest::fit(rows, targets, {.trees = 200});
///     double mean = (*fitted)(row);
///     auto of_three = mr::model::random_forest::fit(rows, labels, {.classes = 3}, {}, mr::model::threads(4));
///     of_three->predict(row, probabilities);
///
/// Missing values (NaN) go to the side of each split that lowers the loss most, and with most rows where none were
/// missing when it was fitted; infinities are values; a category never seen counts as missing.
///
/// Shapes: rows x columns; one output, or one for each class.
/// Guarantee: the same seed and data give the same trees, on any number of threads. A row's output has the same bits
/// alone and in any batch. Complexity: fitting, trees x rows x columns x depth at most; asking, the sum of the trees'
/// depths. Allocates: while fitting, three bytes a number of the table, and for each thread 2 KiB x columns x depth x
/// classes; asking, never.
/// Threads: const calls from any number.
/// Source: Breiman, "Random forests", Machine Learning 45, 2001; Geurts, Ernst, Wehenkel, "Extremely randomized trees",
/// Machine Learning 63, 2006.
class random_forest {
 public:
  using options_type = forest_options;

  /// `targets` and, if there are any, `weights`: one for each row.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), out_of_range and not_finite (a target, a weight
  /// or a category, with its row or column), invalid_data (no row weighs anything).
  static result<random_forest> fit(const matrix_view& rows, std::span<const float> targets,
                                   const forest_options& with = {}, std::span<const float> weights = {},
                                   const executor_reference& on = {});

  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return outputs_; }
  /// The trees, whose leaves' values are those of the mean: they add up to the output. With several outputs, each tree
  /// stands there once for each of them, one after the other.
  const tree_ensemble& trees() const noexcept { return trees_; }

  /// The only output of a row; NaN for one of fewer columns than the model's. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    return row.size() < inputs_ || outputs_ > 1 ? detail::math::nan : trees_.sum(row.data());
  }
  /// A row's outputs. Precondition: out.size() == outputs(), or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != outputs_) return;
    for (std::size_t k = 0; k < outputs_; ++k)
      out[k] = row.size() < inputs_ ? detail::math::nan : trees_.sum(row.data(), k, outputs_);
    cut_at_one(out);
  }
  /// All rows' outputs, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t room = out.size() / outputs_;
    const std::size_t count = rows.rows() < room ? rows.rows() : room;
    const matrix_view asked(rows.data(), count, rows.columns(), rows.stride());
    if (rows.columns() >= inputs_)
      for (std::size_t k = 0; k < outputs_; ++k) trees_.sums(asked, out.data() + k, outputs_, k, outputs_);
    else
      for (double& one : out.first(count * outputs_)) one = detail::math::nan;
    cut_at_one(out.first(count * outputs_));
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
  static result<random_forest> load(std::span<const std::byte> bytes);

 private:
  random_forest() = default;

  static constexpr const char* type = "random_forest";

  /// Rounded sums of a probability's parts may be a little above 1, which measures of probabilities would refuse.
  void cut_at_one(std::span<double> out) const noexcept {
    if (outputs_ == 1) return;
    for (double& one : out) one = one > 1 ? 1 : one;
  }

  std::size_t inputs_ = 0;
  std::size_t outputs_ = 1;
  tree_ensemble trees_;
};

namespace detail {

inline result<void> check_forest(const matrix_view& rows, std::span<const float> targets,
                                 std::span<const float> weights, const forest_options& with) {
  const char* const model = "random forest";
  if (auto right = check_coded_table(model, rows, weights, with.bins, with.categories); !right) return right;
  if (auto right = finite_targets(model, targets, rows.rows()); !right) return right;
  if (with.trees < 1 || with.trees > 1'000'000) return wrong_option(model, "trees", "in [1, 1000000]");
  if (with.depth < 1 || with.depth > 64) return wrong_option(model, "depth", "in [1, 64]");
  if (!(with.min_leaf_weight >= 0 && math::is_finite(with.min_leaf_weight)))
    return wrong_option(model, "min_leaf_weight", "0 or above");
  if (with.classes == 1 || with.classes > 1000) return wrong_option(model, "classes", "0, or in [2, 1000]");
  for (std::size_t i = 0; i < targets.size() && with.classes > 0; ++i)
    if (!(targets[i] >= 0 && targets[i] < static_cast<float>(with.classes) && targets[i] == math::floor(targets[i])))
      return error(errc::out_of_range, std::string(model) + ": the target of row " + std::to_string(i) + " is " +
                                           std::to_string(targets[i]) + ", none of the classes 0 to " +
                                           std::to_string(with.classes - 1));
  if (with.columns_of_node > rows.columns()) return wrong_option(model, "columns_of_node", "at most the columns");
  return {};
}

}  // namespace detail

inline result<random_forest> random_forest::fit(const matrix_view& rows, std::span<const float> targets,
                                                const forest_options& with, std::span<const float> weights,
                                                const executor_reference& on) {
  if (auto right = detail::check_forest(rows, targets, weights, with); !right) return std::move(right).error();
  random_engine random(with.seed);
  auto bins = detail::bins_of_columns(rows, with.categories, with.bins, random, on);
  if (!bins) return std::move(bins).error();
  const detail::binned_rows binned(rows, std::move(*bins), on);
  const auto seeds = detail::seeds_of(random(), with.trees);
  std::vector<detail::forest_tree> grown(with.trees);
  detail::by_shares(on, with.trees, [&](std::size_t begin, std::size_t end) {
    detail::forest_fit trees(binned, targets, weights, with);
    for (std::size_t i = begin; i < end; ++i) trees.grow(grown[i], seeds[i]);
  });
  random_forest fitted;
  fitted.inputs_ = rows.columns();
  fitted.outputs_ = with.classes > 0 ? with.classes : 1;
  for (detail::forest_tree& tree : grown) {
    if (tree.nodes.empty())
      return error(errc::not_finite, "random forest: targets times weights are beyond float: scale them");
    tree.add_to(fitted.trees_, fitted.outputs_);
  }
  return fitted;
}

inline std::vector<std::byte> random_forest::save() const {
  envelope_writer to(type);
  to.u64(inputs_);
  to.u64(outputs_);
  trees_.save_to(to);
  return std::move(to).finish();
}

inline result<random_forest> random_forest::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  random_forest loaded;
  loaded.inputs_ = from->u64();
  loaded.outputs_ = from->u64();
  const bool valid = loaded.inputs_ >= 1 && loaded.inputs_ <= detail::most_tree_columns && loaded.outputs_ >= 1 &&
                     loaded.outputs_ <= 1000 && loaded.trees_.load_from(*from, loaded.inputs_) &&
                     loaded.trees_.trees() % loaded.outputs_ == 0;
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP
