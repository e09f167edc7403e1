#include <millrace/stats/tests/kolmogorov_smirnov.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <millrace/core/seed.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
constexpr mr::stats::alternative sides[] = {mr::stats::alternative::two_sided, mr::stats::alternative::less,
                                            mr::stats::alternative::greater};
mr::stats::sorted_sample sample(const std::vector<double>& values) { return *mr::stats::sorted_sample::make(values); }
}  // namespace

TEST_CASE("ks: exact tests agree with SciPy on every side") {
  const auto a = sample(support::reference("sample_a"));
  const auto b = sample(support::reference("sample_b"));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto two = mr::stats::ks_test(a, b, {sides[i], 0.95}, mr::stats::p_method::exact);
    const auto wanted = support::reference_rows("tests", "ks_exact").at(i);
    CAPTURE(two->summary(), wanted);
    CHECK(support::agrees(two->statistic, wanted[0]));
    CHECK(support::agrees(two->p, wanted[1], 1e-11));
    const auto one =
        mr::stats::ks_test_against(a, [](double x) { return mr::stats::normal{10, 2}.cdf(x); }, {sides[i], 0.95});
    const auto wanted_one = support::reference_rows("tests", "ks_one_sample").at(i);
    CHECK(support::agrees(one->statistic, wanted_one[0]));
    CHECK(support::agrees(one->p, wanted_one[1], 1e-11));
  }
}

TEST_CASE("ks: with ties the exact p-value is the enumeration of every way to share out the values") {
  const std::vector<double> pooled{1, 1, 2, 2, 2, 3, 4, 4, 5};
  std::vector<int> mine{0, 0, 0, 0, 0, 1, 1, 1, 1};
  std::vector<double> distances;
  const auto split = [&](std::vector<double>& x, std::vector<double>& y) {
    x.clear();
    y.clear();
    for (std::size_t i = 0; i < pooled.size(); ++i) (mine[i] == 1 ? x : y).push_back(pooled[i]);
  };
  std::vector<double> x;
  std::vector<double> y;
  do {
    split(x, y);
    distances.push_back(mr::stats::ks_test(sample(x), sample(y))->statistic);
  } while (std::next_permutation(mine.begin(), mine.end()));
  do {
    split(x, y);
    const auto r = mr::stats::ks_test(sample(x), sample(y), {}, mr::stats::p_method::exact);
    const auto as_far =
        std::count_if(distances.begin(), distances.end(), [&](double d) { return d >= r->statistic - 1e-12; });
    CHECK(r->p == Approx(static_cast<double>(as_far) / static_cast<double>(distances.size())).epsilon(1e-12));
  } while (std::next_permutation(mine.begin(), mine.end()));
}

TEST_CASE("ks: large samples take the limit law, which is close to the exact answer") {
  mr::random_engine engine(9);
  std::vector<double> x(3000);
  std::vector<double> y(2500);
  for (double& v : x) v = engine.normal();
  for (double& v : y) v = engine.normal() + 0.06;
  const auto a = sample(x);
  const auto b = sample(y);
  const auto limit = mr::stats::ks_test(a, b);
  CHECK(limit->test == "Kolmogorov-Smirnov test");
  const auto exact = mr::stats::ks_test(a, b, {}, mr::stats::p_method::exact);
  CHECK(limit->p == Approx(exact->p).epsilon(0.1));
  CHECK(limit->interval.contains(limit->effect));
  const auto uniform = mr::stats::ks_test_against(
      a, [](double v) { return mr::stats::normal{}.cdf(v); }, {}, mr::stats::p_method::asymptotic);
  const auto uniform_exact = mr::stats::ks_test_against(
      a, [](double v) { return mr::stats::normal{}.cdf(v); }, {}, mr::stats::p_method::exact);
  CHECK(uniform->p == Approx(uniform_exact->p).epsilon(1e-3));
}

TEST_CASE("ks: turning the samples around turns the sides around, whichever is shorter") {
  const auto a = sample(support::reference("sample_a"));
  const auto b = sample(support::reference("sample_b"));
  CHECK(mr::stats::ks_test(a, b, {mr::stats::alternative::less})->p ==
        Approx(mr::stats::ks_test(b, a, {mr::stats::alternative::greater})->p).epsilon(1e-13));
  CHECK(mr::stats::ks_test(a, b)->p == Approx(mr::stats::ks_test(b, a)->p).epsilon(1e-13));
}

TEST_CASE("ks: identical and empty samples, wrong distribution functions") {
  const auto a = sample({1, 2, 3});
  CHECK(mr::stats::ks_test(a, a)->p == 1);
  CHECK(mr::stats::ks_test(a, a)->statistic == 0);
  CHECK(mr::stats::ks_test({}, a).error().message() == "the first sample is empty");
  CHECK(mr::stats::ks_test(a, {}).error().message() == "the second sample is empty");
  CHECK_FALSE(mr::stats::ks_test(a, a, {mr::stats::alternative::two_sided, 1.5}));
  CHECK_FALSE(mr::stats::ks_test_against(a, [](double) { return support::not_a_number; }));
  CHECK_FALSE(mr::stats::ks_test_against(a, [](double x) { return 1 / x; }));
  CHECK_FALSE(mr::stats::ks_test_against(a, [](double x) { return x; }));
  CHECK(mr::stats::ks_test_against(a, [](double) { return 0.0; })->p == 0);
}
