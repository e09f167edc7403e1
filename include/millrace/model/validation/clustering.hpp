#ifndef MILLRACE_MODEL_VALIDATION_CLUSTERING_HPP
#define MILLRACE_MODEL_VALIDATION_CLUSTERING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/validation/detail/contingency.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Clusters may be numbered by any integers, and it does not matter which.

/// The mean silhouette: of each row (b - a) / max(a, b), with a its mean distance from the other rows of its cluster
/// and b that from the rows of the nearest other one; 0 for a row alone in its cluster. From -1 to 1, near 1 for
/// clusters that are tight and far apart. Distances are Euclidean. Complexity: O(rows^2 columns): draw a sample of many
/// rows. Allocates: 8 bytes a cluster and 4 a row. Errors: invalid_argument (no rows, or the clusters are fewer than 2
/// or as many as rows), shape_mismatch, not_finite (with row and column). Source: Rousseeuw, "Silhouettes: a graphical
/// aid to the interpretation and validation of cluster analysis", Journal of Computational and Applied Mathematics 20,
/// 1987.
inline result<double> silhouette(const matrix_view& rows, const label_view& clusters) {
  if (auto right = detail::finite_rows("silhouette", rows); !right) return std::move(right).error();
  if (auto fit = detail::same_length(rows.rows(), clusters.size(), "clusters"); !fit) return std::move(fit).error();
  if (auto fit = detail::whole_ints(clusters, "clusters"); !fit) return std::move(fit).error();
  const detail::dense_classes of(clusters);
  if (of.classes() < 2 || of.classes() == rows.rows())
    return error(errc::invalid_argument, "silhouette: " + std::to_string(of.classes()) + " clusters of " +
                                             std::to_string(rows.rows()) +
                                             " rows; it needs 2 at least, and fewer than "
                                             "rows");
  std::vector<double> sums(of.classes());
  double total = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const std::uint32_t own = of[i];
    if (of.size(own) == 1) continue;
    for (double& sum : sums) sum = 0;
    for (std::size_t j = 0; j < rows.rows(); ++j) {
      double squared = 0;
      for (std::size_t c = 0; c < rows.columns(); ++c) {
        const double apart = static_cast<double>(rows(i, c)) - static_cast<double>(rows(j, c));
        squared += apart * apart;
      }
      sums[of[j]] += detail::math::sqrt(squared);
    }
    const double a = sums[own] / static_cast<double>(of.size(own) - 1);
    double b = std::numeric_limits<double>::infinity();
    for (std::uint32_t k = 0; k < of.classes(); ++k)
      if (k != own) b = detail::math::fmin(b, sums[k] / static_cast<double>(of.size(k)));
    const double larger = detail::math::fmax(a, b);
    if (larger > 0) total += (b - a) / larger;
  }
  return total / static_cast<double>(rows.rows());
}

/// The adjusted Rand index of two partitions of the same rows: the share of pairs of rows on which they agree, whether
/// together or apart, adjusted so that partitions at random have 0 on average. 1: the same partition.
/// Complexity: O(n log n).
/// Errors: invalid_argument (no rows), shape_mismatch, out_of_range (a number that is no int).
/// Source: Hubert, Arabie, "Comparing partitions", Journal of Classification 2, 1985.
inline result<double> adjusted_rand_index(const label_view& labels, const label_view& clusters) {
  if (auto fit = detail::same_numbers(labels, clusters, "clusters"); !fit) return std::move(fit).error();
  const detail::contingency table{detail::dense_classes(labels), detail::dense_classes(clusters)};
  const double n = static_cast<double>(labels.size());
  double both = 0, first = 0, second = 0;  // sums of squares: pairs, each in both orders and with itself
  table.for_each([&](std::uint32_t, std::uint32_t, double count) { both += count * count; });
  for (std::uint32_t k = 0; k < table.first().classes(); ++k) first += detail::squared(table.first().size(k));
  for (std::uint32_t k = 0; k < table.second().classes(); ++k) second += detail::squared(table.second().size(k));
  const double together = both - n, only_first = first - both, only_second = second - both;
  const double apart = n * n - first - second + both;
  if (only_first == 0 && only_second == 0) return 1.0;
  return 2 * (together * apart - only_first * only_second) /
         ((together + only_first) * (only_first + apart) + (together + only_second) * (only_second + apart));
}

/// The mutual information of two partitions of the same rows, divided by the mean of their entropies: 1 for the same
/// partition, near 0 for independent ones (above 0 where clusters are many and small). 1 where neither parts anything.
/// Complexity: O(n log n).
/// Errors: invalid_argument (no rows), shape_mismatch, out_of_range (a number that is no int).
/// Source: Strehl, Ghosh, "Cluster ensembles", Journal of Machine Learning Research 3, 2002; the arithmetic mean as in
/// scikit-learn.
inline result<double> normalized_mutual_information(const label_view& labels, const label_view& clusters) {
  if (auto fit = detail::same_numbers(labels, clusters, "clusters"); !fit) return std::move(fit).error();
  const detail::contingency table{detail::dense_classes(labels), detail::dense_classes(clusters)};
  const double n = static_cast<double>(labels.size());
  const auto entropy = [&](const detail::dense_classes& of) {
    double sum = 0;
    for (std::uint32_t k = 0; k < of.classes(); ++k) {
      const double share = static_cast<double>(of.size(k)) / n;
      sum -= share * detail::math::log(share);
    }
    return sum;
  };
  const double mean = (entropy(table.first()) + entropy(table.second())) / 2;
  if (table.first().classes() == 1 && table.second().classes() == 1) return 1.0;
  if (table.first().classes() == 1 || table.second().classes() == 1) return 0.0;
  double information = 0;
  table.for_each([&](std::uint32_t a, std::uint32_t b, double count) {
    const double by_chance =
        static_cast<double>(table.first().size(a)) * (static_cast<double>(table.second().size(b)) / n);
    information += count / n * detail::math::log(count / by_chance);
  });
  return detail::math::fmin(1, detail::math::fmax(0, information / mean));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_CLUSTERING_HPP
