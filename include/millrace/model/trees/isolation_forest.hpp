#ifndef MILLRACE_MODEL_TREES_ISOLATION_FOREST_HPP
#define MILLRACE_MODEL_TREES_ISOLATION_FOREST_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/detail/isolation_grower.hpp>
#include <millrace/model/trees/detail/isolation_trees.hpp>
#include <millrace/model/trees/detail/shares.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

class tree_ensemble;

/// How an isolation forest is fitted.
struct isolation_forest_options {
  std::size_t trees = 100;
  /// The rows that each tree is grown on, drawn without replacement; all, if there are fewer.
  std::size_t subsample = 256;
  /// The share of the training rows that are outliers, at most one half: the threshold is the score below which as many
  /// lie. 0: the threshold is -0.5, the score of a row with an average path.
  double contamination = 0;
  /// The same seed and data give the same forest.
  std::uint64_t seed = 1;
};

/// An isolation forest: how unlike the others a row is. Random splits separate an unusual row from the others after few
/// steps, so its paths in random trees are short.
///
///     auto fitted = mr::model::isolation_forest::fit(rows, {.contamination = 0.01});
///     double score = (*fitted)(row);           // the lower, the more unusual
///     bool odd = fitted->is_outlier(row);
///
/// Which columns make a row unusual is said by a `tree_explainer` of its trees (isolation_reasons.hpp).
///
/// A score is that of scikit-learn's `score_samples`: -2^(-m / c(n)), in [-1, 0), with m the row's mean path length and
/// n the rows a tree was grown on. The mean path of n rows is c(n) = 2 (ln(n - 1) + 0.5772...) - 2 (n - 1) / n, with
/// c(2) = 1 and c(1) = 0: the usual formula, not the exact mean, which differs for small n (1.2074 for 3 rows, not
/// 1.6667). A leaf of several rows counts as c of them deeper.
/// A missing feature (NaN) takes a random side in splits that were drawn among missing ones, else the side of more
/// rows. `fit` refuses infinities; rows asked about may have them.
///
/// Models: a model of one output, the score.
/// Shapes: rows x columns. The units of columns do not matter.
/// Guarantee: the same seed and data give the same forest, on any number of threads. A row's score has the same bits
/// alone and in any batch.
/// Complexity: fitting, trees x subsample x log(subsample); with a contamination also the scores of all rows. A score,
/// trees x log2(subsample).
/// Allocates: fitting, 4 bytes a row, and 17 for each row of each tree; asking, never.
/// Threads: const calls from any number. Moved from, it may only be assigned to or destroyed.
/// Source: Liu, Ting, Zhou, "Isolation forest", ICDM 2008.
class isolation_forest {
 public:
  using options_type = isolation_forest_options;

  /// Errors: invalid_argument (an option, no rows), shape_mismatch (no columns), not_finite (an infinity, with its row
  /// and column).
  /// `on`: what the trees are spread over, as parallel.hpp says.
  static result<isolation_forest> fit(const matrix_view& rows, const isolation_forest_options& with = {},
                                      const executor_reference& on = {});

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return columns_; }
  std::size_t outputs() const noexcept { return 1; }
  std::size_t trees() const noexcept { return trees_.trees(); }
  /// The rows that each tree was grown on.
  std::size_t subsample() const noexcept { return subsample_; }
  /// The score below which a row is an outlier.
  double threshold() const noexcept { return threshold_; }

  /// The row's score: the lower, the more unusual. NaN for a row of fewer columns than the model's.
  double operator()(std::span<const float> row) const noexcept {
    return row.size() < columns_ ? detail::math::nan : score(trees_.sum(row.data(), columns_));
  }
  /// Whether the row's score is below the threshold, by more than rounding.
  bool is_outlier(std::span<const float> row) const noexcept {
    return (*this)(row) < threshold_ * (1 + 0x1p-40);  // both are negative
  }
  /// The row's score. Precondition: `out` is not empty.
  void predict(std::span<const float> row, std::span<double> out) const noexcept { out[0] = (*this)(row); }
  /// All rows' scores, as far as `out` has room.
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t count = rows.rows() < out.size() ? rows.rows() : out.size();
    if (rows.columns() >= columns_) trees_.sums({rows.data(), count, columns_, rows.stride()}, out.data());
    for (double& one : out.first(count)) one = rows.columns() < columns_ ? detail::math::nan : score(one);
  }

  /// Saved form: an envelope "isolation_forest" of columns, trees, subsample (u64), threshold (f64), and each tree from
  /// its root, a split before its left and its right part: a leaf as 0 (u8) and its path length (f64), a split as 1, or
  /// 2 where missing numbers go right (u8), its column (u32) and its threshold (f32).
  /// Allocates: the bytes.
  std::vector<std::byte> save() const;
  /// Errors: those of `envelope_reader`; corrupt, where numbers are not what fitting makes.
  static result<isolation_forest> load(std::span<const std::byte> bytes);

 private:
  friend result<tree_ensemble> explained_trees(const isolation_forest& forest);  // in isolation_reasons.hpp

  isolation_forest() = default;

  static unsigned depth_of(std::size_t subsample) noexcept;
  static result<void> usable(const isolation_forest_options& with);
  void set_threshold(const matrix_view& rows, double contamination, const executor_reference& on);
  void save_part(envelope_writer& to, std::size_t tree, std::size_t place, unsigned level) const;
  bool load_part(envelope_reader& from, std::size_t tree, std::size_t place, unsigned level);
  double score(double sum) const noexcept {
    const double average = detail::average_path(static_cast<double>(subsample_));
    // Trees of one row tell nothing; the score is then that of an average path.
    const double share = average > 0 ? sum / (static_cast<double>(trees_.trees()) * average) : 1;
    return -detail::math::exp2(-share);
  }

  /// The most leaves of all trees, at 17 bytes each.
  static constexpr std::size_t most_leaves = std::size_t{1} << 22;

  std::size_t columns_ = 0;
  std::size_t subsample_ = 0;
  double threshold_ = -0.5;
  detail::isolation_trees trees_;
};

/// The depth of a balanced tree of so many leaves, at least 1.
inline unsigned isolation_forest::depth_of(std::size_t subsample) noexcept {
  unsigned depth = 1;
  while (std::size_t{1} << depth < subsample) ++depth;
  return depth;
}

inline result<void> isolation_forest::usable(const isolation_forest_options& with) {
  constexpr const char* model = "isolation forest";
  if (with.trees < 1 || with.trees > most_leaves / 2) return detail::wrong_option(model, "trees", "in [1, 2^21]");
  if (with.subsample < 1 || with.subsample > most_leaves)
    return detail::wrong_option(model, "subsample", "in [1, 2^22]");
  if (with.trees << depth_of(with.subsample) > most_leaves)
    return detail::wrong_option(model, "trees", "at most 2^22 over subsample, rounded up to a power of two");
  if (!(with.contamination >= 0 && with.contamination <= 0.5))
    return detail::wrong_option(model, "contamination", "in [0, 0.5]");
  return {};
}

inline result<isolation_forest> isolation_forest::fit(const matrix_view& rows, const isolation_forest_options& with,
                                                      const executor_reference& on) {
  if (auto right = detail::rows_without_infinity("isolation forest", rows); !right) return std::move(right).error();
  if (rows.rows() > 0xffff'ffffU || rows.columns() > 0x7ff'ffffU)
    return error(errc::shape_mismatch, "isolation forest: more than 2^32 rows or 2^27 columns");
  isolation_forest_options used = with;
  used.subsample = rows.rows() < with.subsample ? rows.rows() : with.subsample;
  if (auto right = usable(used); !right) return std::move(right).error();
  isolation_forest fitted;
  fitted.columns_ = rows.columns();
  fitted.subsample_ = used.subsample;
  fitted.trees_ = detail::isolation_trees(with.trees, depth_of(fitted.subsample_));
  const auto seeds = detail::seeds_of(with.seed, with.trees);
  detail::by_shares(on, with.trees, [&](std::size_t begin, std::size_t end) {
    detail::isolation_grower grower(rows, fitted.subsample_, fitted.trees_);
    for (std::size_t tree = begin; tree < end; ++tree) grower.run(tree, seeds[tree]);
  });
  if (with.contamination > 0) fitted.set_threshold(rows, with.contamination, on);
  return fitted;
}

/// The quantile of the rows' scores, linear between two of them.
inline void isolation_forest::set_threshold(const matrix_view& rows, double contamination,
                                            const executor_reference& on) {
  std::vector<double> scores(rows.rows());
  detail::by_shares(on, rows.rows(), [&](std::size_t begin, std::size_t end) {
    const matrix_view some(rows.row(begin).data(), end - begin, rows.columns(), rows.stride());
    predict(some, std::span(scores).subspan(begin, end - begin));
  });
  detail::sort_doubles(scores);
  const double place = contamination * static_cast<double>(scores.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = below + 1 < scores.size() ? below + 1 : below;
  threshold_ = detail::math::interpolate(scores[below], scores[above], place - static_cast<double>(below));
}

inline void isolation_forest::save_part(envelope_writer& to, std::size_t tree, std::size_t place,
                                        unsigned level) const {
  if (level == trees_.depth() || trees_.ends(tree, place)) {
    to.u8(0);
    to.f64(trees_.path(tree, place, level));
    return;
  }
  to.u8(trees_.missing_right(tree, place) ? 2 : 1);
  to.u32(static_cast<std::uint32_t>(trees_.column(tree, place)));
  to.u32(std::bit_cast<std::uint32_t>(trees_.split(tree, place).threshold));
  save_part(to, tree, 2 * place, level + 1);
  save_part(to, tree, 2 * place + 1, level + 1);
}

inline std::vector<std::byte> isolation_forest::save() const {
  envelope_writer to("isolation_forest");
  to.u64(columns_);
  to.u64(trees());
  to.u64(subsample_);
  to.f64(threshold_);
  for (std::size_t tree = 0; tree < trees(); ++tree) save_part(to, tree, 1, 0);
  return std::move(to).finish();
}

/// Reads the part of a tree below a place; false where it is not what fitting makes.
inline bool isolation_forest::load_part(envelope_reader& from, std::size_t tree, std::size_t place, unsigned level) {
  const std::uint8_t kind = from.u8();
  if (kind == 0) {
    const double path = from.f64();
    trees_.set_path(tree, place, level, path);
    return path >= level && path <= level + detail::average_path(static_cast<double>(subsample_));
  }
  const std::uint32_t column = from.u32();
  const auto threshold = std::bit_cast<float>(from.u32());
  if (kind > 2 || level == trees_.depth() || column >= columns_ || !detail::math::is_finite(double{threshold}))
    return false;
  trees_.set_split(tree, place, column, threshold, kind == 2);
  return load_part(from, tree, 2 * place, level + 1) && load_part(from, tree, 2 * place + 1, level + 1);
}

inline result<isolation_forest> isolation_forest::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "isolation_forest");
  if (!from) return std::move(from).error();
  isolation_forest loaded;
  isolation_forest_options with;
  loaded.columns_ = static_cast<std::size_t>(from->u64());
  with.trees = static_cast<std::size_t>(from->u64());
  with.subsample = static_cast<std::size_t>(from->u64());
  loaded.threshold_ = from->f64();
  // Every tree takes nine bytes at the least.
  bool valid = loaded.columns_ > 0 && loaded.columns_ <= 0x7ff'ffffU && usable(with) &&
               with.trees <= from->remaining() / 9 && loaded.threshold_ >= -1 && loaded.threshold_ <= 0;
  if (valid) {
    loaded.subsample_ = with.subsample;
    loaded.trees_ = detail::isolation_trees(with.trees, depth_of(with.subsample));
    for (std::size_t tree = 0; valid && tree < with.trees; ++tree) valid = loaded.load_part(*from, tree, 1, 0);
  }
  if (auto done = from->finish(valid && from->ok()); !done) return std::move(done).error();
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_ISOLATION_FOREST_HPP
