#ifndef MILLRACE_MODEL_CLUSTER_K_MEANS_HPP
#define MILLRACE_MODEL_CLUSTER_K_MEANS_HPP

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
#include <millrace/model/parallel.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How k-means is fitted.
struct k_means_options {
  std::size_t clusters = 8;
  /// How often to start from centres drawn anew; the start that ends with the lowest inertia is kept.
  std::size_t restarts = 4;
  /// The most iterations of a start.
  std::size_t iterations = 300;
  /// A start ends when the sum of the centres' squared moves is at most this share of the mean of the columns'
  /// variances. 0: when no row changes its cluster.
  double tolerance = 1e-4;
  /// The same seed and data give the same centres.
  std::uint64_t seed = 1;
};

/// k-means: centres such that the squared distances of the rows from their nearest centre are small in sum. The first
/// centres are drawn by k-means++, Lloyd's iterations improve them.
///
///     auto fitted = mr::model::k_means::fit(rows, {.clusters = 5});
///     std::uint32_t cluster = fitted->nearest(row);
///
/// A cluster that loses all its rows is given the row farthest from its own centre. If there are fewer distinct rows
/// than clusters, some centres are copies of others, and no row is nearest to these.
/// In a row asked about, a missing feature (NaN) does not count in the distance. A row with an infinity is in
/// cluster 0.
///
/// Models: a model of one output, the number of the cluster.
/// Shapes: rows x columns. Distances are Euclidean: scale columns of different units first.
/// Guarantee: the same seed and data give the same bytes on every CPU and any number of threads. A row's cluster and
/// distances have the same bits alone and in any batch. Complexity: fitting, rows x columns x clusters an iteration,
/// less where centres are many and rest; asking, columns x clusters. Allocates: while fitting, a copy of the table, and
/// for each start at a time 12 bytes a row; asking, never. Threads: const calls from any number; the starts of a fit
/// run side by side. Source: Arthur, Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; Hamerly,
/// "Making k-means even faster", SDM 2010.
class k_means : public detail::centre_model {
 public:
  using options_type = k_means_options;

  /// `weights`: none, or one for each row: how many rows it stands for. A row of weight 0 moves no centre. `on`: what
  /// the starts run on.
  /// Errors: invalid_argument (an option, no rows, fewer rows with a weight than clusters), shape_mismatch (no columns,
  /// weights), not_finite (a number or a weight, with its row and column), out_of_range and invalid_data (weights).
  static result<k_means> fit(const matrix_view& rows, const k_means_options& with = {},
                             std::span<const float> weights = {}, const executor_reference& on = {});

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return table_.columns(); }
  std::size_t clusters() const noexcept { return table_.centres(); }
  /// The weighted sum of the squared distances of the rows that it was fitted on, each from its nearest centre.
  double inertia() const noexcept { return inertia_; }
  /// Iterations of the start that was kept.
  std::size_t iterations() const noexcept { return iterations_; }

  /// Saved form: an envelope "k_means" of columns and clusters (u64), inertia (f64), iterations (u64), and the centres'
  /// coordinates (f64), centre after centre.
  /// Allocates: the bytes.
  std::vector<std::byte> save() const;
  /// Errors: those of `envelope_reader`; corrupt, where a number is not finite.
  static result<k_means> load(std::span<const std::byte> bytes);

 private:
  k_means() = default;

  double inertia_ = 0;
  std::uint64_t iterations_ = 0;
};

namespace detail {

inline result<void> usable_k_means(const k_means_options& with, const matrix_view& rows,
                                   std::span<const float> weights) {
  constexpr const char* model = "k-means";
  if (auto right = finite_rows(model, rows); !right) return right;
  if (auto right = sum_of_weights(model, weights, rows.rows()); !right) return std::move(right).error();
  if (with.clusters < 1 || with.clusters > most_clusters) return wrong_option(model, "clusters", "in [1, 2^31)");
  if (with.restarts < 1) return wrong_option(model, "restarts", "above 0");
  if (with.iterations < 1) return wrong_option(model, "iterations", "above 0");
  if (!(with.tolerance >= 0 && math::is_finite(with.tolerance)))
    return wrong_option(model, "tolerance", "finite and 0 or above");
  const std::size_t heavy = heavy_rows(rows.rows(), weights);
  if (heavy < with.clusters) return too_few_rows(model, with.clusters, heavy);
  return {};
}

/// Moves the centres once more, by distances and means in double precision from the table itself.
inline centre_table polished(const centre_table& centres, const matrix_view& rows, std::span<const float> weights) {
  centre_sums sums(centres);
  for (std::size_t i = 0; i < rows.rows(); ++i) sums.update(rows.row(i).data(), weights.empty() ? 1.0F : weights[i]);
  centre_table moved = centres;
  for (std::size_t k = 0; k < centres.centres(); ++k)
    for (std::size_t c = 0; c < rows.columns() && sums.weight(k) > 0; ++c)
      moved.set(k, c, sums.moved(k, c, sums.weight(k)));
  return moved;
}

inline double inertia_of(const centre_table& centres, const matrix_view& rows, std::span<const float> weights) {
  const distance_kernel kernel = distance_kernel_of_cpu();
  double sum = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    double term = centres.nearest(rows.row(i).data(), kernel).squared_distance;
    if (!weights.empty()) term = term * double{weights[i]};
    rounded(term);
    sum += term;
  }
  return sum;
}

/// One of the starts, and what came of it.
struct k_means_start {
  random_engine random{0};
  std::vector<double> centres;
  double inertia = 0;
  std::size_t iterations = 0;

  void run(const row_blocks& blocks, const k_means_options& with, bool weighted) {
    lloyd found(blocks, seeding(blocks, random).run(with.clusters), weighted);
    iterations = found.run(with.iterations, with.tolerance * blocks.variance());
    inertia = with.restarts == 1 ? 0 : found.inertia();
    centres.assign(found.centres().begin(), found.centres().end());
  }
};

}  // namespace detail

inline result<k_means> k_means::fit(const matrix_view& rows, const k_means_options& with,
                                    std::span<const float> weights, const executor_reference& on) {
  if (auto right = detail::usable_k_means(with, rows, weights); !right) return std::move(right).error();
  const detail::row_blocks blocks(rows, weights);
  std::vector<detail::k_means_start> starts(with.restarts);
  random_engine random(with.seed);
  for (detail::k_means_start& start : starts) {
    start.random = random;
    for (std::size_t i = 0; i < detail::seeding::draws(with.clusters); ++i) random.uniform();
  }
  on(starts.size(), [&](std::size_t k) { starts[k].run(blocks, with, !weights.empty()); });
  std::size_t best = 0;
  for (std::size_t k = 1; k < starts.size(); ++k)
    if (starts[k].inertia < starts[best].inertia) best = k;
  std::vector<double>& centres = starts[best].centres;
  for (std::size_t k = 0; k < centres.size(); ++k) centres[k] = blocks.original(centres[k], k % rows.columns());
  k_means fitted;
  fitted.iterations_ = starts[best].iterations;
  fitted.table_ = detail::polished(detail::centre_table(centres, rows.columns()), rows, weights);
  fitted.inertia_ = detail::inertia_of(fitted.table_, rows, weights);
  return fitted;
}

inline std::vector<std::byte> k_means::save() const {
  envelope_writer to("k_means");
  to.u64(inputs());
  to.u64(clusters());
  to.f64(inertia_);
  to.u64(iterations_);
  table_.save(to);
  return std::move(to).finish();
}

inline result<k_means> k_means::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "k_means");
  if (!from) return std::move(from).error();
  k_means loaded;
  const std::uint64_t columns = from->u64();
  const std::uint64_t clusters = from->u64();
  loaded.inertia_ = from->f64();
  loaded.iterations_ = from->u64();
  auto table = detail::centre_table::load(*from, columns, clusters);
  const bool valid = table && loaded.inertia_ >= 0 && detail::math::is_finite(loaded.inertia_);
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  loaded.table_ = *std::move(table);
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_K_MEANS_HPP
