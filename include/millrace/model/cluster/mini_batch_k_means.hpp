#ifndef MILLRACE_MODEL_CLUSTER_MINI_BATCH_K_MEANS_HPP
#define MILLRACE_MODEL_CLUSTER_MINI_BATCH_K_MEANS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/cluster/detail/centre_model.hpp>
#include <millrace/model/cluster/detail/centre_table.hpp>
#include <millrace/model/cluster/detail/lloyd.hpp>
#include <millrace/model/cluster/detail/row_blocks.hpp>
#include <millrace/model/cluster/detail/seeding.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How mini-batch k-means is fitted.
struct mini_batch_k_means_options {
  std::size_t clusters = 8;
  /// Rows of a batch that `fit` draws.
  std::size_t batch = 1024;
  /// How often `fit` goes through all rows.
  std::size_t passes = 10;
  /// A centre with less than this share of the heaviest centre's rows starts again from a row drawn from the batch. 0:
  /// none does.
  double reassign_below = 0.01;
  /// The same seed and batches give the same centres.
  std::uint64_t seed = 1;
};

/// k-means on rows that come in batches: each centre is the mean of the rows that were nearest to it when they came, so
/// it moves by 1 / n for the n-th row. Faster than k-means on many rows, at a slightly higher inertia, and never done:
/// `partial_fit` goes on with every batch.
///
///     auto made = mr::model::mini_batch_k_means::make(columns, {.clusters = 5});
///     auto done = made->partial_fit(batch);
///     std::uint32_t cluster = made->nearest(row);
///
/// The first batch makes the centres, by k-means++ and a few of Lloyd's iterations. After every 10 rows a cluster,
/// centres that have too few rows start again, as `reassign_below` says. In a row asked about, a missing feature (NaN)
/// does not count in the distance.
///
/// Models: a model of one output, the number of the cluster, and a trainer by `partial_fit`.
/// Shapes: rows x columns. Distances are Euclidean: scale columns of different units first.
/// Guarantee: the same seed and batches give the same centres on every CPU; what is loaded goes on as what was saved.
/// Allocates: partial_fit, in proportion to clusters x columns, and a copy of the first batch; asking, never.
/// Threads: const calls from any number, while none is fitting.
/// Source: Sculley, "Web-scale k-means clustering", WWW 2010; the new start of small centres as in scikit-learn.
class mini_batch_k_means : public detail::centre_model {
 public:
  using options_type = mini_batch_k_means_options;

  /// Errors: shape_mismatch: no columns; invalid_argument: an option.
  static result<mini_batch_k_means> make(std::size_t columns, const mini_batch_k_means_options& with = {});
  /// Makes one and goes through the rows in random order, in batches.
  /// Errors: as `partial_fit` and `make`.
  static result<mini_batch_k_means> fit(const matrix_view& rows, const mini_batch_k_means_options& with = {},
                                        std::span<const float> weights = {});
  /// Takes a batch into account. An error changes nothing.
  /// `weights`: none, or one for each row: how many rows it stands for.
  /// Errors: shape_mismatch (columns, weights), invalid_argument (no rows; in the first batch fewer with a weight than
  /// clusters), not_finite (a number or a weight, with its row), out_of_range and invalid_data (weights).
  result<void> partial_fit(const matrix_view& rows, std::span<const float> weights = {}) {
    return fit_batch(rows, weights, true);
  }

  /// Whether there was a batch: until then there are no centres, and nothing may be asked for.
  bool fitted() const noexcept { return table_.centres() > 0; }
  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return columns_; }
  std::size_t clusters() const noexcept { return with_.clusters; }
  const mini_batch_k_means_options& options() const noexcept { return with_; }
  /// The weight of the rows that a centre is the mean of. Precondition for this and all questions about centres:
  /// fitted().
  double weight(std::size_t cluster) const noexcept { return weights_[cluster]; }

  /// Saved form: an envelope "mini_batch_k_means" of columns, clusters, batch, passes (u64), reassign_below (f64), seed
  /// (u64), the random engine's four words (u64), rows since centres last started again (u64), whether it is fitted
  /// (u8), and then the centres' weights (f64) and coordinates (f64), centre after centre.
  /// Allocates: the bytes.
  std::vector<std::byte> save() const;
  /// Errors: those of `envelope_reader`; corrupt, where numbers are not what fitting makes.
  static result<mini_batch_k_means> load(std::span<const std::byte> bytes);

 private:
  mini_batch_k_means(std::size_t columns, const mini_batch_k_means_options& with)
      : with_(with), columns_(columns), random_(with.seed) {}

  result<void> fit_batch(const matrix_view& rows, std::span<const float> weights, bool may_reassign);
  static result<void> check_rows(const matrix_view& rows, std::span<const float> weights) {
    if (auto right = detail::finite_rows("mini-batch k-means", rows); !right) return right;
    if (auto right = detail::sum_of_weights("mini-batch k-means", weights, rows.rows()); !right)
      return std::move(right).error();
    return {};
  }
  static result<void> usable(const mini_batch_k_means_options& with);
  void start(const matrix_view& rows, std::span<const float> weights);
  void move_centres(const matrix_view& rows, std::span<const float> weights);
  void reassign(const matrix_view& rows, std::span<const float> weights);

  mini_batch_k_means_options with_;
  std::size_t columns_;
  random_engine random_;
  std::vector<double> weights_;
  std::uint64_t rows_since_reassigned_ = 0;
};

inline result<void> mini_batch_k_means::usable(const mini_batch_k_means_options& with) {
  const auto wrong = [](const char* option, const char* wanted) {
    return detail::wrong_option("mini-batch k-means", option, wanted);
  };
  if (with.clusters < 1 || with.clusters > detail::most_clusters) return wrong("clusters", "in [1, 2^31)");
  if (with.batch < 1) return wrong("batch", "above 0");
  if (with.passes < 1) return wrong("passes", "above 0");
  if (!(with.reassign_below >= 0 && with.reassign_below < 1)) return wrong("reassign_below", "in [0, 1)");
  return {};
}

inline result<mini_batch_k_means> mini_batch_k_means::make(std::size_t columns,
                                                           const mini_batch_k_means_options& with) {
  if (columns == 0) return error(errc::shape_mismatch, "mini-batch k-means: there are no columns");
  if (auto right = usable(with); !right) return std::move(right).error();
  return mini_batch_k_means(columns, with);
}

inline result<mini_batch_k_means> mini_batch_k_means::fit(const matrix_view& rows,
                                                          const mini_batch_k_means_options& with,
                                                          std::span<const float> weights) {
  if (auto right = check_rows(rows, weights); !right) return std::move(right).error();
  auto made = make(rows.columns(), with);
  if (!made) return std::move(made).error();
  // Rows without a weight are left out, so that every batch has one with a weight.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (weights.empty() || weights[i] > 0) order.push_back(i);
  // The batch that the centres are made from is at least three times as large as they are many.
  const std::size_t first_batch = with.batch > 3 * with.clusters ? with.batch : 3 * with.clusters;
  std::vector<float> numbers;
  std::vector<float> shares;
  for (std::size_t pass = 0; pass < with.passes; ++pass) {
    made->random_.shuffle(order);
    for (std::size_t at = 0; at < order.size();) {
      const std::size_t wanted = made->fitted() ? with.batch : first_batch;
      const std::size_t count = order.size() - at < wanted ? order.size() - at : wanted;
      numbers.clear();
      shares.clear();
      for (std::size_t i = at; i < at + count; ++i) {
        const std::span<const float> row = rows.row(order[i]);
        numbers.insert(numbers.end(), row.begin(), row.end());
        if (!weights.empty()) shares.push_back(weights[order[i]]);
      }
      at += count;
      // A centre that starts again needs rows to come: none does in the last pass.
      const bool may_reassign = pass + 1 < with.passes;
      if (auto done = made->fit_batch(matrix_view(numbers, rows.columns()), shares, may_reassign); !done)
        return std::move(done).error();
    }
  }
  return made;
}

inline result<void> mini_batch_k_means::fit_batch(const matrix_view& rows, std::span<const float> weights,
                                                  bool may_reassign) {
  if (rows.columns() != columns_)
    return error(errc::shape_mismatch, "mini-batch k-means: rows of " + std::to_string(rows.columns()) +
                                           " columns, where " + std::to_string(columns_) + " are expected");
  if (auto right = check_rows(rows, weights); !right) return right;
  if (!fitted()) {
    const std::size_t heavy = detail::heavy_rows(rows.rows(), weights);
    if (heavy < with_.clusters) return detail::too_few_rows("mini-batch k-means", with_.clusters, heavy);
    start(rows, weights);
  }
  move_centres(rows, weights);
  rows_since_reassigned_ += rows.rows();
  if (may_reassign && with_.reassign_below > 0 && rows_since_reassigned_ >= 10 * with_.clusters) {
    reassign(rows, weights);
    rows_since_reassigned_ = 0;
  }
  return {};
}

/// Fits centres to the first batch by a few iterations from three starts. They have no weight before the batch moves
/// them.
inline void mini_batch_k_means::start(const matrix_view& rows, std::span<const float> weights) {
  const detail::row_blocks blocks(rows, weights);
  std::vector<double> centres;
  double least = 0;
  for (int start = 0; start < 3; ++start) {
    detail::lloyd iterations(blocks, detail::seeding(blocks, random_).run(with_.clusters), !weights.empty());
    iterations.run(10, 0);
    const double inertia = iterations.inertia();
    if (start > 0 && !(inertia < least)) continue;
    least = inertia;
    centres.assign(iterations.centres().begin(), iterations.centres().end());
  }
  for (std::size_t i = 0; i < centres.size(); ++i) centres[i] = blocks.original(centres[i], i % columns_);
  table_ = detail::centre_table(centres, columns_);
  weights_.assign(with_.clusters, 0);
}

inline void mini_batch_k_means::move_centres(const matrix_view& rows, std::span<const float> weights) {
  detail::centre_sums sums(table_);
  for (std::size_t i = 0; i < rows.rows(); ++i) sums.update(rows.row(i).data(), weights.empty() ? 1 : weights[i]);
  for (std::size_t k = 0; k < with_.clusters; ++k) {
    if (!(sums.weight(k) > 0)) continue;
    weights_[k] += sums.weight(k);
    for (std::size_t c = 0; c < columns_; ++c) table_.set(k, c, sums.moved(k, c, weights_[k]));
  }
}

/// Lets small centres start again from rows of the batch, at most from half of it. They get the weight of the smallest
/// centre that stays, so that they are not small at once.
inline void mini_batch_k_means::reassign(const matrix_view& rows, std::span<const float> weights) {
  double most = 0;
  for (const double weight : weights_) most = weight > most ? weight : most;
  const double limit = with_.reassign_below * most;
  double least = most;
  for (const double weight : weights_) least = weight >= limit && weight < least ? weight : least;
  std::vector<std::size_t> heavy;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (weights.empty() || weights[i] > 0) heavy.push_back(i);
  std::size_t left = heavy.size() / 2;
  for (std::size_t k = 0; k < with_.clusters && left > 0; ++k) {
    if (weights_[k] >= limit) continue;
    const auto drawn = static_cast<std::size_t>(random_.below(heavy.size()));
    const std::span<const float> row = rows.row(heavy[drawn]);
    for (std::size_t c = 0; c < columns_; ++c) table_.set(k, c, double{row[c]});
    weights_[k] = least;
    heavy[drawn] = heavy.back();
    heavy.pop_back();
    --left;
  }
}

inline std::vector<std::byte> mini_batch_k_means::save() const {
  envelope_writer to("mini_batch_k_means");
  to.u64(columns_);
  to.u64(with_.clusters);
  to.u64(with_.batch);
  to.u64(with_.passes);
  to.f64(with_.reassign_below);
  to.u64(with_.seed);
  for (const std::uint64_t word : random_.state()) to.u64(word);
  to.u64(rows_since_reassigned_);
  to.u8(fitted() ? 1 : 0);
  for (const double weight : weights_) to.f64(weight);
  table_.save(to);
  return std::move(to).finish();
}

inline result<mini_batch_k_means> mini_batch_k_means::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "mini_batch_k_means");
  if (!from) return std::move(from).error();
  mini_batch_k_means_options with;
  const auto columns = static_cast<std::size_t>(from->u64());
  with.clusters = static_cast<std::size_t>(from->u64());
  with.batch = static_cast<std::size_t>(from->u64());
  with.passes = static_cast<std::size_t>(from->u64());
  with.reassign_below = from->f64();
  with.seed = from->u64();
  random_engine::state_type state{};
  for (std::uint64_t& word : state) word = from->u64();
  mini_batch_k_means loaded(columns, with);
  loaded.rows_since_reassigned_ = from->u64();
  const std::uint8_t fitted = from->u8();
  bool valid = columns > 0 && usable(with) && random_engine::is_state(state) && fitted <= 1;
  if (valid && fitted == 1) {
    valid = with.clusters <= from->remaining() / 8;
    if (valid) loaded.weights_.resize(with.clusters);
    double most = 0;
    for (double& weight : loaded.weights_) {
      weight = from->f64();
      valid = valid && weight >= 0 && detail::math::is_finite(weight);
      most = weight > most ? weight : most;
    }
    auto table = detail::centre_table::load(*from, columns, with.clusters);
    valid = valid && table && most > 0;
    if (table) loaded.table_ = *std::move(table);
  }
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  loaded.random_ = random_engine::from_state(state);
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_MINI_BATCH_K_MEANS_HPP
