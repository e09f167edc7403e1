#include <millrace/stats/tests/distances.hpp>

#include <support/catch.hpp>

#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("distances: Wasserstein and energy agree with SciPy, with ties and without") {
  const auto sample = [](const char* name) { return *mr::stats::sorted_sample::make(support::reference(name)); };
  const auto w = support::reference("wasserstein");
  const auto e = support::reference("energy");
  CHECK(support::agrees(*mr::stats::wasserstein_distance(sample("sample_a"), sample("sample_b")), w[0]));
  CHECK(support::agrees(*mr::stats::wasserstein_distance(sample("sample_d"), sample("sample_e")), w[1]));
  CHECK(support::agrees(*mr::stats::energy_distance(sample("sample_a"), sample("sample_b")), e[0]));
  CHECK(support::agrees(*mr::stats::energy_distance(sample("sample_d"), sample("sample_e")), e[1]));
}

TEST_CASE("distances: a shift by c is at distance c, the same sample at 0, an empty one nowhere") {
  const auto a = *mr::stats::sorted_sample::make(std::vector<double>{1, 2, 4});
  const auto b = *mr::stats::sorted_sample::make(std::vector<double>{4, 5, 7});
  CHECK(*mr::stats::wasserstein_distance(a, b) == Approx(3));
  CHECK(*mr::stats::wasserstein_distance(a, a) == 0);
  CHECK(*mr::stats::energy_distance(a, a) == 0);
  CHECK_FALSE(mr::stats::wasserstein_distance(a, {}));
  CHECK_FALSE(mr::stats::wasserstein_distance({}, a));
  CHECK_FALSE(mr::stats::energy_distance({}, a));
  CHECK_FALSE(mr::stats::energy_distance(a, {}));
}
