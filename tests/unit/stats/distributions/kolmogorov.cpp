#include <millrace/stats/distributions/kolmogorov.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("kolmogorov: both tails of the limit law agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference(
      "kolmogorov", 0, [](const double*) { return mr::stats::kolmogorov{}; }, 1e-12, "kolmogorov");
}

TEST_CASE("kolmogorov: quantiles invert, ends are defined") {
  for (const double q : {1e-300, 1e-20, 0.01, 0.05, 0.5, 0.9, 0.999}) {
    CHECK(mr::stats::kolmogorov{}.sf(mr::stats::kolmogorov{}.isf(q)) == Approx(q).epsilon(1e-12));
    CHECK(mr::stats::kolmogorov{}.cdf(mr::stats::kolmogorov{}.quantile(q)) == Approx(q).epsilon(1e-12));
  }
  CHECK(mr::stats::kolmogorov{}.isf(0.05) == Approx(1.3580986393225505).epsilon(1e-14));  // SciPy 1.17.1, kstwobign.isf
  support::has_defined_ends(mr::stats::kolmogorov{}, 0, support::infinite);
}

TEST_CASE("kolmogorov: the exact one-sample tails agree with rational arithmetic to 1e-12") {
  for (const auto& row : support::reference_rows("kolmogorov", "one_sided")) {
    CAPTURE(row);
    CHECK(support::relative_error(mr::stats::kolmogorov_one_sided_sf(static_cast<std::uint64_t>(row[0]), row[1]),
                                  row[2]) <= 1e-12);
  }
  const auto rows = support::reference_rows("kolmogorov", "two_sided");
  REQUIRE(rows.size() > 20);
  for (const auto& row : rows) {
    CAPTURE(row);
    CHECK(support::relative_error(mr::stats::kolmogorov_two_sided_sf(static_cast<std::uint64_t>(row[0]), row[1]),
                                  row[2]) <= 1e-12);
  }
}

TEST_CASE("kolmogorov: the two ways to the two-sided tail meet where one takes over") {
  for (const std::uint64_t n : {50U, 400U}) {
    const double d = std::sqrt(5.0 / static_cast<double>(n));
    const double below = mr::stats::kolmogorov_two_sided_sf(n, d * (1 - 1e-13));
    const double above = mr::stats::kolmogorov_two_sided_sf(n, d * (1 + 1e-13));
    CHECK(below == Approx(above).epsilon(1e-11));
  }
}

TEST_CASE("kolmogorov: the two-sample tail equals the enumeration of every order") {
  for (const auto& [m, n] : {std::pair{3, 4}, {5, 5}, {4, 7}, {6, 3}}) {
    // Every order of m ones and n zeros.
    std::vector<int> order(static_cast<std::size_t>(m + n), 0);
    std::fill(order.end() - m, order.end(), 1);
    std::vector<int> distances(static_cast<std::size_t>(m * n + 1), 0);
    int orders = 0;
    do {
      int i = 0;
      int j = 0;
      int most = 0;
      for (const int one : order) {
        (one == 1 ? i : j) += 1;
        most = std::max(most, std::abs(i * n - j * m));
      }
      ++distances[static_cast<std::size_t>(most)];
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    int at_least = orders;
    for (int k = 0; k <= m * n; ++k) {
      const double exact = static_cast<double>(at_least) / orders;
      CAPTURE(m, n, k);
      CHECK(support::relative_error(
                mr::stats::kolmogorov_two_sample_sf(static_cast<std::uint64_t>(m), static_cast<std::uint64_t>(n),
                                                    static_cast<double>(k) / (m * n)),
                exact) <= 1e-13);
      at_least -= distances[static_cast<std::size_t>(k)];
      if (at_least == 0) break;
    }
  }
}

TEST_CASE("kolmogorov: nonsense answers NaN, distances beyond the possible 0 or 1") {
  CHECK(std::isnan(mr::stats::kolmogorov_two_sided_sf(0, 0.5)));
  CHECK(std::isnan(mr::stats::kolmogorov_one_sided_sf(10, support::not_a_number)));
  CHECK(std::isnan(mr::stats::kolmogorov_two_sample_sf(0, 3, 0.5)));
  CHECK(mr::stats::kolmogorov_two_sided_sf(10, -1) == 1);
  CHECK(mr::stats::kolmogorov_two_sided_sf(10, 1) == 0);
  CHECK(mr::stats::kolmogorov_one_sided_sf(10, 2) == 0);
  CHECK(mr::stats::kolmogorov_two_sample_sf(3, 4, 0) == 1);
  CHECK(mr::stats::kolmogorov_two_sample_sf(3, 4, 1.5) == 0);
}

TEST_CASE("kolmogorov: both tails are probabilities, the quantiles numbers in order") {
  support::has_probabilities(mr::stats::kolmogorov{});
  support::has_ordered_quantiles(mr::stats::kolmogorov{});
}
