#ifndef MILLRACE_STATS_TESTS_CATEGORICAL_HPP
#define MILLRACE_STATS_TESTS_CATEGORICAL_HPP

#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Which statistic measures the distance of the observed counts from the expected ones.
enum class count_statistic : std::uint8_t {
  /// Pearson's sum of (observed - expected)^2 / expected.
  chi_squared,
  /// Twice the log likelihood ratio, the G statistic.
  g,
};

namespace detail {

/// One cell's part of the statistic. G is the sum of 2 o log(o / e) over observed counts o and expected counts e. Each
/// term is computed as 2 (o log(o / e) - o + e), which keeps its digits where o and e are close; the added parts cancel
/// over the cells, since both counts have the same sum.
inline double cell(count_statistic kind, double observed, double expected) noexcept {
  const double d = observed - expected;
  if (kind == count_statistic::chi_squared) return d * (d / expected);
  if (observed == 0) return 2 * expected;
  return 2 * observed * deviance(expected / observed, -d / observed);
}

inline result<double> total_of(std::span<const std::int64_t> counts) {
  double total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0)
      return error(errc::invalid_argument, "count " + std::to_string(i) + " is negative: " + std::to_string(counts[i]));
    total += static_cast<double>(counts[i]);
  }
  if (!(total > 0)) return error(errc::invalid_data, "all counts are 0");
  return total;
}

}  // namespace detail

/// The test of the goodness of fit of counts to expected shares, which need not sum to 1. `fitted` is the number of
/// parameters that were estimated from the counts; each takes a degree of freedom. The effect is Cohen's w.
///
/// A category of share 0 takes no degree of freedom if it is empty; if it is not, p is 0. `expected_counts` fails where
/// fewer than 5 are expected in a category.
/// Complexity: O(categories).
/// Allocates: never.
/// Errors: invalid_argument: negative counts, shares that are negative, not finite or all 0; invalid_data: all counts
/// 0, no degree of freedom left; shape_mismatch: different numbers of counts and shares.
/// Source: K. Pearson 1900; R. Sokal, F. Rohlf for G.
inline result<test_result> goodness_of_fit_test(std::span<const std::int64_t> counts, std::span<const double> shares,
                                                count_statistic kind = count_statistic::chi_squared, int fitted = 0) {
  if (counts.size() != shares.size())
    return error(errc::shape_mismatch,
                 std::to_string(counts.size()) + " counts for " + std::to_string(shares.size()) + " shares");
  const auto total = detail::total_of(counts);
  if (!total) return total.error();
  double whole = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!(shares[i] >= 0 && shares[i] < detail::infinity))
      return error(errc::invalid_argument, "share " + std::to_string(i) + " is not a number >= 0");
    whole += shares[i];
  }
  if (!(whole > 0 && whole < detail::infinity))
    return error(errc::invalid_argument, "the shares do not have a finite sum above 0");
  test_result r;
  r.test = kind == count_statistic::g ? "G test of goodness of fit" : "chi-squared test of goodness of fit";
  r.effect_name = "Cohen's w";
  r.side = alternative::greater;
  r.n1 = *total;
  double statistic = 0;
  double w = 0;
  double categories = 0;
  bool impossible = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto observed = static_cast<double>(counts[i]);
    if (shares[i] == 0) {
      impossible = impossible || observed > 0;
      continue;
    }
    categories += 1;
    const double expected = *total * (shares[i] / whole);
    r.failed.add(assumption::expected_counts, expected < 5);
    statistic += detail::cell(kind, observed, expected);
    w += detail::cell(count_statistic::chi_squared, observed, expected);
  }
  r.df = categories - 1 - fitted;
  if (impossible) {
    r.statistic = r.effect = detail::infinity;
    r.p = 0;
    return r;
  }
  if (!(r.df >= 1))
    return error(errc::invalid_data, "no degree of freedom is left: fewer than 2 categories with a share");
  r.statistic = statistic;
  r.effect = std::sqrt(w / *total);
  r.p = chi_squared{r.df}.sf(statistic);
  return r;
}

/// The test of the independence of rows and columns in a table of counts. The effect is Cramer's V.
///
/// Empty rows and columns take no degree of freedom. `yates` subtracts 1/2 from each distance in a 2 x 2 table, for the
/// chi-squared statistic only. `expected_counts` fails where fewer than 5 are expected in a cell.
/// Shapes: `table` is rows x columns, one row after the other.
/// Complexity: O(cells).
/// Allocates: O(rows + columns).
/// Errors: invalid_argument: negative counts; invalid_data: all counts 0, fewer than 2 rows or columns with counts;
/// shape_mismatch: a length that is no multiple of `columns`.
/// Source: K. Pearson 1900; H. Cramer 1946; F. Yates 1934.
inline result<test_result> independence_test(std::span<const std::int64_t> table, std::size_t columns,
                                             count_statistic kind = count_statistic::chi_squared, bool yates = false) {
  if (columns == 0 || table.size() % columns != 0)
    return error(errc::shape_mismatch,
                 std::to_string(table.size()) + " counts do not fill rows of " + std::to_string(columns));
  const auto total = detail::total_of(table);
  if (!total) return total.error();
  const std::size_t rows = table.size() / columns;
  std::vector<double> row_sums(rows, 0.0);
  std::vector<double> column_sums(columns, 0.0);
  for (std::size_t i = 0; i < table.size(); ++i) {
    row_sums[i / columns] += static_cast<double>(table[i]);
    column_sums[i % columns] += static_cast<double>(table[i]);
  }
  double full_rows = 0;
  double full_columns = 0;
  for (const double sum : row_sums) full_rows += sum > 0 ? 1 : 0;
  for (const double sum : column_sums) full_columns += sum > 0 ? 1 : 0;
  if (full_rows < 2 || full_columns < 2) return error(errc::invalid_data, "fewer than 2 rows or columns hold counts");
  test_result r;
  r.test = kind == count_statistic::g ? "G test of independence" : "chi-squared test of independence";
  r.effect_name = "Cramer's V";
  r.side = alternative::greater;
  r.n1 = *total;
  r.df = (full_rows - 1) * (full_columns - 1);
  const bool corrected = yates && r.df == 1 && kind == count_statistic::chi_squared;
  double statistic = 0;
  double pearson = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double expected = row_sums[i / columns] * (column_sums[i % columns] / *total);
    if (!(expected > 0)) continue;
    r.failed.add(assumption::expected_counts, expected < 5);
    const auto observed = static_cast<double>(table[i]);
    pearson += detail::cell(count_statistic::chi_squared, observed, expected);
    if (corrected) {
      const double d = std::fmax(0.0, std::fabs(observed - expected) - 0.5);
      statistic += d * d / expected;
    } else {
      statistic += detail::cell(kind, observed, expected);
    }
  }
  r.statistic = statistic;
  r.effect = std::sqrt(pearson / *total / (std::fmin(full_rows, full_columns) - 1));
  r.p = chi_squared{r.df}.sf(statistic);
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_CATEGORICAL_HPP
