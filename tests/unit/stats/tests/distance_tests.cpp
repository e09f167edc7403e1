#include <millrace/stats/tests/distance_tests.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <millrace/core/seed.hpp>
#include <millrace/stats/distributions/binomial.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

mr::stats::sorted_sample part(const char* name, std::size_t size, double shift = 0) {
  auto values = support::reference(name);
  values.resize(size);
  for (double& x : values) x += shift;
  return *mr::stats::sorted_sample::make(values);
}

}  // namespace

TEST_CASE("distance tests: of small samples p is that of all splits, with ties and without, as SciPy enumerates them") {
  const auto w = support::reference("wasserstein_test");
  const auto e = support::reference("energy_test");
  const mr::stats::sorted_sample x[] = {part("sample_a", 5), part("sample_d", 7), part("sample_a", 4)};
  const mr::stats::sorted_sample y[] = {part("sample_b", 6), part("sample_e", 6), part("sample_b", 6, 4)};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(support::agrees(mr::stats::wasserstein_test(x[i], y[i])->p, w[i]));
    CHECK(support::agrees(mr::stats::wasserstein_test(y[i], x[i])->p, w[i]));
    CHECK(support::agrees(mr::stats::energy_test(x[i], y[i])->p, e[i]));
    CHECK(support::agrees(mr::stats::energy_test(y[i], x[i])->p, e[i]));
  }
}

TEST_CASE("distance tests: random splits come close to the share of all") {
  const auto w = support::reference("wasserstein_test");
  const auto e = support::reference("energy_test");
  mr::stats::permutation_options few;
  few.permutations = 461;  // one fewer than there are splits
  const auto x = part("sample_a", 5);
  const auto y = part("sample_b", 6);
  const double error = std::sqrt(0.25 / 461);
  CHECK(mr::stats::wasserstein_test(x, y, few)->p == Approx(w[0]).margin(5 * error));
  CHECK(mr::stats::energy_test(x, y, few)->p == Approx(e[0]).margin(5 * error));
  CHECK(mr::stats::wasserstein_test(x, y, few)->p != w[0]);
  few.permutations = 462;
  CHECK(support::agrees(mr::stats::wasserstein_test(x, y, few)->p, w[0]));
}

TEST_CASE("distance tests: statistic, effect and n, and the sentence") {
  const auto a = *mr::stats::sorted_sample::make(support::reference("sample_a"));
  const auto b = *mr::stats::sorted_sample::make(support::reference("sample_b"));
  const auto w = mr::stats::wasserstein_test(a, b);
  CHECK(support::agrees(w->statistic, support::reference("wasserstein")[0]));
  CHECK(w->effect == w->statistic);
  CHECK((w->n1 == 23 && w->n2 == 31));
  const auto e = mr::stats::energy_test(a, b);
  const double distance = support::reference("energy")[0];
  CHECK(support::agrees(e->effect, distance));
  CHECK(support::agrees(e->statistic, 23.0 * 31 / 54 * distance * distance));
  CHECK(w->summary() == "Wasserstein test: Wasserstein distance 1.326, p 0.1005 with n = 23 and 31.");
  CHECK(w->failed.empty());
  mr::stats::permutation_options other;
  other.seed = 2;
  CHECK(mr::stats::wasserstein_test(a, b)->p == w->p);
  CHECK(mr::stats::wasserstein_test(a, b, other)->p != w->p);
}

TEST_CASE("distance tests: the level is kept and a difference found, by the binomial law of the rejections") {
  mr::random_engine engine(11);
  mr::stats::permutation_options options;
  options.permutations = 199;
  int rejected[4] = {0, 0, 0, 0};
  const int runs = 1000;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> x(12), y(15), z(15);
    for (double& v : x) v = std::floor(4 * engine.normal());  // with ties
    for (double& v : y) v = std::floor(4 * engine.normal());
    for (double& v : z) v = std::floor(4 * (1.5 + 1.5 * engine.normal()));
    const auto a = *mr::stats::sorted_sample::make(x);
    const auto same = *mr::stats::sorted_sample::make(y);
    const auto moved = *mr::stats::sorted_sample::make(z);
    options.seed = static_cast<std::uint64_t>(run);
    rejected[0] += mr::stats::wasserstein_test(a, same, options)->p <= 0.05 ? 1 : 0;
    rejected[1] += mr::stats::energy_test(a, same, options)->p <= 0.05 ? 1 : 0;
    rejected[2] += mr::stats::wasserstein_test(a, moved, options)->p <= 0.05 ? 1 : 0;
    rejected[3] += mr::stats::energy_test(a, moved, options)->p <= 0.05 ? 1 : 0;
  }
  const double most = mr::stats::binomial{runs, 0.05}.isf(1e-4);
  const double least = mr::stats::binomial{runs, 0.04}.quantile(1e-4);  // ties make it shy of 0.05, a little
  for (const int i : {0, 1}) {
    CHECK(rejected[i] <= most);
    CHECK(rejected[i] >= least);
    CHECK(rejected[2 + i] >= 0.75 * runs);
  }
}

TEST_CASE("distance tests: what makes no sense is an error that names it or a defined answer") {
  const auto a = *mr::stats::sorted_sample::make(std::vector<double>{1, 2, 4});
  const auto constant = *mr::stats::sorted_sample::make(std::vector<double>{3, 3, 3});
  using test_of_sorted = mr::result<mr::stats::test_result> (*)(
      const mr::stats::sorted_sample&, const mr::stats::sorted_sample&, const mr::stats::permutation_options&);
  for (const test_of_sorted test :
       {test_of_sorted(mr::stats::wasserstein_test), test_of_sorted(mr::stats::energy_test)}) {
    CHECK(test(a, {}, {}).error().message() == "the second sample is empty");
    CHECK(test({}, a, {}).error().message() == "the first sample is empty");
    mr::stats::permutation_options none;
    none.permutations = 0;
    CHECK_FALSE(test(a, a, none));
    mr::stats::permutation_options less;
    less.side = mr::stats::alternative::less;
    CHECK_FALSE(test(a, a, less));
    CHECK(test(a, a, {})->p == 1);
    const auto same = test(constant, constant, {});
    CHECK(same->p == 1);
    CHECK(same->effect == 0);
    CHECK(same->failed.contains(mr::stats::assumption::variation));
    // One value against three: no other of the four splits is as far out.
    CHECK(test(*mr::stats::sorted_sample::make(std::vector<double>{9}), a, {})->p == 0.25);
    // The largest double: the distance overflows nowhere it need not.
    const auto far = *mr::stats::sorted_sample::make(std::vector<double>{-1e300, 1e300});
    CHECK(test(far, far, {})->p == 1);
  }
}
