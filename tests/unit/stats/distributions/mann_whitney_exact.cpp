#include <millrace/stats/distributions/mann_whitney_exact.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <laws/moving.hpp>
#include <map>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

/// How many of all choices of the first sample give each 2 U, by going through them.
std::map<int, int> enumerate(std::size_t m, const std::vector<std::size_t>& ties) {
  std::vector<int> values;
  for (std::size_t g = 0; g < ties.size(); ++g) values.insert(values.end(), ties[g], static_cast<int>(g));
  std::vector<int> first(values.size(), 0);
  std::fill(first.end() - static_cast<std::ptrdiff_t>(m), first.end(), 1);
  std::map<int, int> counts;
  do {
    int twice = 0;
    for (std::size_t a = 0; a < values.size(); ++a)
      for (std::size_t b = 0; b < values.size(); ++b)
        if (first[a] == 1 && first[b] == 0) twice += values[a] > values[b] ? 2 : values[a] == values[b] ? 1 : 0;
    ++counts[twice];
  } while (std::next_permutation(first.begin(), first.end()));
  return counts;
}

}  // namespace

TEST_CASE("mann-whitney: the exact distribution equals enumeration, with ties and without") {
  const std::vector<std::pair<std::size_t, std::vector<std::size_t>>> cases = {{3, {1, 1, 1, 1, 1, 1, 1}},
                                                                               {4, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
                                                                               {4, {2, 1, 3, 1, 2}},
                                                                               {2, {5, 1, 1}},
                                                                               {5, {3, 3, 3}},
                                                                               {1, {4}},
                                                                               {6, {1, 2, 4, 2}}};
  for (const auto& [m, ties] : cases) {
    const auto counts = enumerate(m, ties);
    int total = 0;
    for (const auto& [twice, count] : counts) total += count;
    const mr::stats::mann_whitney_exact exact(m, ties);
    int so_far = 0;
    for (const auto& [twice, count] : counts) {
      const double u = twice / 2.0;
      CAPTURE(m, ties, u);
      CHECK(support::relative_error(exact.at_least(u), static_cast<double>(total - so_far) / total) <= 1e-13);
      so_far += count;
      CHECK(support::relative_error(exact.at_most(u), static_cast<double>(so_far) / total) <= 1e-13);
    }
  }
}

TEST_CASE("mann-whitney: the two-sided p-value counts both tails, and is 1 in the middle") {
  const mr::stats::mann_whitney_exact exact(3, 4);
  CHECK(exact.two_sided(6) == 1);
  CHECK(exact.two_sided(0) == Approx(2.0 / 35).epsilon(1e-14));
  CHECK(exact.two_sided(12) == exact.two_sided(0));
}

TEST_CASE("mann-whitney: far tails keep their digits") {
  // The least U has one choice of C(40, 20).
  CHECK(mr::stats::mann_whitney_exact(20, 20).at_most(0) == Approx(1 / 137846528820.0).epsilon(1e-13));
  CHECK(mr::stats::mann_whitney_exact(20, 20).at_least(400) == Approx(1 / 137846528820.0).epsilon(1e-13));
}

TEST_CASE("mann-whitney: degenerate samples have defined answers") {
  const mr::stats::mann_whitney_exact none(0, 3);
  CHECK(none.at_most(0) == 1);
  CHECK(none.two_sided(0) == 1);
  CHECK(mr::stats::mann_whitney_exact(3, std::vector<std::size_t>{6}).two_sided(4.5) == 1);
  const mr::stats::mann_whitney_exact impossible(5, std::vector<std::size_t>{1, 1});
  CHECK(std::isnan(impossible.at_most(1)));
  CHECK(std::isnan(impossible.two_sided(1)));
}

TEST_CASE("mann-whitney: moved from, a distribution is empty, and moving one to itself changes nothing") {
  using mr::stats::mann_whitney_exact;
  laws::moving_from(
      mann_whitney_exact(3, 4), mann_whitney_exact(5, 2), [](const mann_whitney_exact& law) { return law.at_most(3); },
      [](const mann_whitney_exact& left) { CHECK(std::isnan(left.at_most(3))); });
}
