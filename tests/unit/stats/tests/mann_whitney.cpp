#include <millrace/stats/tests/mann_whitney.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
constexpr mr::stats::alternative sides[] = {mr::stats::alternative::two_sided, mr::stats::alternative::less,
                                            mr::stats::alternative::greater};
mr::stats::sorted_sample sample(const std::vector<double>& values) { return *mr::stats::sorted_sample::make(values); }
}  // namespace

TEST_CASE("mann-whitney test: exact without ties, and the normal law with them, agree with SciPy") {
  const auto a = sample(support::reference("sample_a"));
  const auto b = sample(support::reference("sample_b"));
  const auto d = sample(support::reference("sample_d"));
  const auto e = sample(support::reference("sample_e"));
  const mr::stats::mann_whitney_exact exact(a.size(), b.size());
  for (std::size_t i = 0; i < 3; ++i) {
    // SciPy's exact law is the one without ties.
    const auto wanted = support::reference_rows("tests", "mann_whitney_exact").at(i);
    const double u = wanted[0];
    CHECK(mr::stats::mann_whitney_test(a, b)->statistic == u);
    const double p = i == 0 ? exact.two_sided(u) : i == 1 ? exact.at_most(u) : exact.at_least(u);
    CHECK(support::agrees(p, wanted[1]));
    const auto limit = mr::stats::mann_whitney_test(d, e, {sides[i], 0.95}, mr::stats::p_method::asymptotic);
    const auto wanted_limit = support::reference_rows("tests", "mann_whitney").at(i);
    CHECK(limit->statistic == wanted_limit[0]);
    CHECK(support::agrees(limit->p, wanted_limit[1]));
  }
}

TEST_CASE("mann-whitney test: turned around, U is the rest and p the same") {
  const auto a = sample({1, 2, 2, 5, 7});
  const auto b = sample({2, 3, 6, 8, 8, 9, 10});
  const auto x = mr::stats::mann_whitney_test(a, b);
  const auto y = mr::stats::mann_whitney_test(b, a);
  CHECK(x->statistic + y->statistic == 35);
  CHECK(x->p == Approx(y->p).epsilon(1e-13));
  CHECK(mr::stats::mann_whitney_test(a, b, {mr::stats::alternative::less})->p ==
        Approx(mr::stats::mann_whitney_test(b, a, {mr::stats::alternative::greater})->p).epsilon(1e-13));
  CHECK(x->effect == Approx(1 - y->effect));
}

TEST_CASE("mann-whitney test: a million on each side is summed exactly") {
  // Interleaved: b[i] is a[i] + 1/2, so that U counts i values below the i-th of a.
  constexpr int n = 1'000'000;
  std::vector<double> x(n);
  std::vector<double> y(n);
  for (int i = 0; i < n; ++i) {
    x[static_cast<std::size_t>(i)] = i;
    y[static_cast<std::size_t>(i)] = i + 0.5;
  }
  const auto r = mr::stats::mann_whitney_test(sample(x), sample(y));
  CHECK(r->statistic == 499'999'500'000.0);
  CHECK(r->interval.contains(0.5));
}

TEST_CASE("mann-whitney test: equal observations and empty samples") {
  const auto same = sample(std::vector<double>(100, 3.0));
  for (const auto method : {mr::stats::p_method::asymptotic, mr::stats::p_method::automatic}) {
    const auto r = mr::stats::mann_whitney_test(same, same, {}, method);
    CHECK(r->p == 1);
    CHECK(r->effect == 0.5);
    CHECK(r->failed.contains(mr::stats::assumption::variation));
  }
  CHECK(mr::stats::mann_whitney_test({}, same).error().message() == "the first sample is empty");
  CHECK_FALSE(mr::stats::mann_whitney_test(same, {}));
  CHECK_FALSE(mr::stats::mann_whitney_test(same, same, {mr::stats::alternative::two_sided, 0}));
  CHECK(mr::stats::mann_whitney_test(sample({1}), sample({2}))->p == 1);
}
