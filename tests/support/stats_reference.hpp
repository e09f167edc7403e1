#ifndef MILLRACE_TESTS_SUPPORT_STATS_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_STATS_REFERENCE_HPP

// Reads the reference values that tests/oracle/stats.py wrote, and holds distributions against them.

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace support {

/// The numbers of each row of tests/golden/stats/<file>.txt that begins with `name`.
inline std::vector<std::vector<double>> reference_rows(const std::string& file, const std::string& name) {
  std::ifstream in(std::string(MILLRACE_GOLDEN_DIR) + "/stats/" + file + ".txt");
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != name) continue;
    rows.emplace_back();
    while (words >> word) rows.back().push_back(std::strtod(word.c_str(), nullptr));
  }
  return rows;
}

inline double relative_error(double got, double wanted) {
  if (got == wanted) return 0;
  return std::fabs(got - wanted) / std::fabs(wanted);
}

/// Every row of a distribution: cdf and sf to `tolerance` relative (0 in the file: below 1e-300).
template <class Make>
void agrees_with_reference(const std::string& name, std::size_t parameters, Make make, double tolerance = 1e-12,
                           const std::string& file = "distributions") {
  const auto rows = reference_rows(file, name);
  REQUIRE(rows.size() >= 5);
  for (const auto& row : rows) {
    REQUIRE(row.size() == parameters + 3);
    const auto distribution = make(row.data());
    const double x = row[parameters];
    CAPTURE(name, row);
    for (const bool upper : {false, true}) {
      const double wanted = row[parameters + (upper ? 2 : 1)];
      const double got = upper ? distribution.sf(x) : distribution.cdf(x);
      if (wanted == 0)
        CHECK((got >= 0 && got < 2e-300));
      else
        CHECK(relative_error(got, wanted) <= tolerance);
    }
  }
}

/// The quantiles of a row's smaller tail give back its x. A change of the tail in its last digit moves x by
/// tail / (x density) of it; that much is allowed beside the tolerance.
template <class Make>
void quantiles_invert(const std::string& name, std::size_t parameters, Make make) {
  for (const auto& row : reference_rows("distributions", name)) {
    const auto distribution = make(row.data());
    const double x = row[parameters];
    const double lower = row[parameters + 1];
    const double upper = row[parameters + 2];
    if (lower == 0 || upper == 0 || x == 0) continue;
    const double tail = lower < upper ? lower : upper;
    const double got = lower < upper ? distribution.quantile(lower) : distribution.isf(upper);
    const double steepness = std::fabs(x) * distribution.pdf(x) / tail;
    CAPTURE(name, row, got);
    CHECK(relative_error(got, x) <= 1e-12 * (1 + 1 / steepness));
  }
}

/// Steps through a distribution of whole numbers: quantile and isf are the least k that reach a tail.
template <class Distribution>
void whole_quantiles_invert(const Distribution& distribution, double from, double to) {
  for (double k = from; k <= to; k += 1) {
    CAPTURE(k);
    const double p = distribution.cdf(k);
    const double q = distribution.sf(k);
    if (p > 1e-300 && p < 1 - 1e-8 && std::fmin(distribution.pmf(k), distribution.pmf(k + 1)) > 1e-7 * p) {
      CHECK(distribution.quantile(p) == k);
      CHECK(distribution.quantile(p * (1 + 1e-9)) == k + 1);
    }
    if (q > 1e-300 && q < 1 - 1e-8 && std::fmin(distribution.pmf(k), distribution.pmf(k + 1)) > 1e-7 * q) {
      CHECK(distribution.isf(q) == k);
      CHECK(distribution.isf(q * (1 - 1e-9)) == k + 1);
    }
  }
}

/// The one row of tests/golden/stats/tests.txt that begins with `name`: a sample, or what another library says of it.
inline std::vector<double> reference(const std::string& name) {
  const auto rows = reference_rows("tests", name);
  REQUIRE(rows.size() == 1);
  return rows[0];
}

/// Equal to `tolerance` relative, infinities included.
inline bool agrees(double got, double wanted, double tolerance = 1e-12) {
  return got == wanted || relative_error(got, wanted) <= tolerance || std::fabs(got - wanted) <= 1e-16;
}

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinite = std::numeric_limits<double>::infinity();

/// NaN in, NaN out; the ends of the line; quantiles at 0 and 1, and nothing outside.
template <class Distribution>
void has_defined_ends(const Distribution& distribution, double lowest, double highest) {
  CHECK(std::isnan(distribution.cdf(not_a_number)));
  CHECK(std::isnan(distribution.sf(not_a_number)));
  CHECK(distribution.cdf(-infinite) == 0);
  CHECK(distribution.sf(-infinite) == 1);
  CHECK(distribution.cdf(infinite) == 1);
  CHECK(distribution.sf(infinite) == 0);
  CHECK(distribution.quantile(0) == lowest);
  CHECK(distribution.quantile(1) == highest);
  CHECK(distribution.isf(0) == highest);
  CHECK(distribution.isf(1) == lowest);
  for (const double p : {-0.1, 1.1, not_a_number}) {
    CHECK(std::isnan(distribution.quantile(p)));
    CHECK(std::isnan(distribution.isf(p)));
  }
}

template <class Distribution>
void answers_nan(const Distribution& distribution) {
  CHECK(std::isnan(distribution.cdf(1)));
  CHECK(std::isnan(distribution.sf(1)));
  CHECK(std::isnan(distribution.quantile(0.3)));
  CHECK(std::isnan(distribution.isf(0.3)));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_STATS_REFERENCE_HPP
