#include <millrace/stats/resampling/permutation.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <millrace/stats/tests/distances.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
constexpr auto difference = [](std::span<const double> a, std::span<const double> b) {
  return mr::stats::sample_moments::make(a).mean - mr::stats::sample_moments::make(b).mean;
};
}  // namespace

TEST_CASE("permutation: p is near the share of all splits that are as far out") {
  const std::vector<double> a{1, 4, 2};
  const std::vector<double> b{5, 6, 3, 7};
  // Of the 35 sums of three among 1..7: 2 are at most 7, 2 are at least 17; the sum here is 7.
  mr::stats::permutation_options options;
  options.permutations = 20'000;
  const auto two = mr::stats::permutation_test(a, b, difference, options);
  CHECK(two->p == Approx(4.0 / 35).margin(6 * std::sqrt(0.114 * 0.886 / 20'000)));
  options.side = mr::stats::alternative::less;
  CHECK(mr::stats::permutation_test(a, b, difference, options)->p ==
        Approx(2.0 / 35).margin(6 * std::sqrt(0.057 * 0.943 / 20'000)));
  options.side = mr::stats::alternative::greater;
  CHECK(mr::stats::permutation_test(b, a, difference, options)->p ==
        Approx(2.0 / 35).margin(6 * std::sqrt(0.057 * 0.943 / 20'000)));
}

TEST_CASE("permutation: any statistic of two samples will do, such as a distance") {
  const auto a = support::reference("sample_a");
  const auto b = support::reference("sample_b");
  const auto wasserstein = [](std::span<const double> x, std::span<const double> y) {
    return *mr::stats::wasserstein_distance(*mr::stats::sorted_sample::make(x), *mr::stats::sorted_sample::make(y));
  };
  const auto r = mr::stats::permutation_test(a, b, wasserstein, {999, mr::stats::alternative::greater, 3});
  REQUIRE(r);
  CHECK(r->statistic == Approx(support::reference("wasserstein")[0]));
  CHECK(r->p > 0.05);
  CHECK(r->p < 0.15);
}

TEST_CASE("permutation: the same seed gives the same p, equal samples 1, nonsense an error") {
  const auto a = support::reference("sample_a");
  const auto b = support::reference("sample_b");
  CHECK(mr::stats::permutation_test(a, b, difference)->p == mr::stats::permutation_test(a, b, difference)->p);
  const std::vector<double> same{2, 2, 2};
  CHECK(mr::stats::permutation_test(same, same, difference)->p == 1);
  CHECK_FALSE(mr::stats::permutation_test(same, std::vector<double>{}, difference));
  CHECK_FALSE(mr::stats::permutation_test(std::vector<double>{support::not_a_number}, same, difference));
  CHECK_FALSE(mr::stats::permutation_test(same, same, difference, {0, mr::stats::alternative::two_sided, 1}));
  CHECK_FALSE(mr::stats::permutation_test(same, same, [](auto, auto) { return support::not_a_number; }));
}
