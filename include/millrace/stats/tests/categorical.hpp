#ifndef MILLRACE_STATS_TESTS_CATEGORICAL_HPP
#define MILLRACE_STATS_TESTS_CATEGORICAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>

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

/// The sum of a distribution's shares, which need not be 1.
inline result<double> sum_of_shares(std::span<const double> shares) {
  double sum = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!(shares[i] >= 0 && shares[i] < infinity))
      return error(errc::invalid_argument, "share " + std::to_string(i) + " is not a number >= 0");
    sum += shares[i];
  }
  if (!(sum > 0 && sum < infinity)) return error(errc::invalid_argument, "the shares do not have a finite sum above 0");
  return sum;
}

/// Sums over the cells of a table.
struct cell_sums {
  double statistic = 0;
  double pearson = 0;  // Pearson's statistic, from which the effects are computed
  bool thin = false;   // whether a cell expects fewer than 5

  void add(count_statistic kind, double observed, double expected) noexcept {
    statistic += cell(kind, observed, expected);
    add_pearson(observed, expected);
  }
  /// Adds a cell with Yates' correction.
  void add_corrected(double observed, double expected) noexcept {
    const double d = math::fmax(0.0, math::absolute(observed - expected) - 0.5);
    statistic += d * d / expected;
    add_pearson(observed, expected);
  }

 private:
  void add_pearson(double observed, double expected) noexcept {
    pearson += cell(count_statistic::chi_squared, observed, expected);
    thin = thin || expected < 5;
  }
};

/// The part of both tests' results that follows from the cells: all but the test's name and the effect.
inline test_result cells_report(const cell_sums& sums, double total, double df) noexcept {
  test_result r;
  r.side = alternative::greater;
  r.n1 = total;
  r.df = df;
  r.statistic = sums.statistic;
  r.p = chi_squared{df}.sf(sums.statistic);
  r.failed.add(assumption::expected_counts, sums.thin);
  return r;
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
  const auto whole = detail::sum_of_shares(shares);
  if (!whole) return whole.error();
  detail::cell_sums sums;
  double categories = 0;
  bool impossible = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (shares[i] == 0) {
      impossible = impossible || counts[i] > 0;
      continue;
    }
    categories += 1;
    sums.add(kind, static_cast<double>(counts[i]), *total * (shares[i] / *whole));
  }
  const double df = categories - 1 - fitted;
  if (!impossible && !(df >= 1))
    return error(errc::invalid_data, "no degree of freedom is left: fewer than 2 categories with a share");
  test_result r = detail::cells_report(sums, *total, df);
  r.test = kind == count_statistic::g ? "G test of goodness of fit" : "chi-squared test of goodness of fit";
  r.effect_name = "Cohen's w";
  r.effect = detail::math::sqrt(sums.pearson / *total);
  if (impossible) {
    r.statistic = r.effect = detail::infinity;
    r.p = 0;
  }
  return r;
}

namespace detail {

/// How many rows, or columns, hold counts.
inline double count_full(const std::vector<double>& sums) noexcept {
  double full = 0;
  for (const double sum : sums) full += sum > 0 ? 1 : 0;
  return full;
}

}  // namespace detail

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
  const double full_rows = detail::count_full(row_sums);
  const double full_columns = detail::count_full(column_sums);
  if (full_rows < 2 || full_columns < 2) return error(errc::invalid_data, "fewer than 2 rows or columns hold counts");
  const double df = (full_rows - 1) * (full_columns - 1);
  const bool corrected = yates && df == 1 && kind == count_statistic::chi_squared;
  detail::cell_sums sums;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double expected = row_sums[i / columns] * (column_sums[i % columns] / *total);
    if (!(expected > 0)) continue;
    const auto observed = static_cast<double>(table[i]);
    if (corrected)
      sums.add_corrected(observed, expected);
    else
      sums.add(kind, observed, expected);
  }
  test_result r = detail::cells_report(sums, *total, df);
  r.test = kind == count_statistic::g ? "G test of independence" : "chi-squared test of independence";
  r.effect_name = "Cramer's V";
  r.effect = detail::math::sqrt(sums.pearson / *total / (detail::math::fmin(full_rows, full_columns) - 1));
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_CATEGORICAL_HPP
