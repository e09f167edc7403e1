#include <millrace/detect/change/bocpd.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <vector>

namespace mr = millrace;

namespace {

/// ln of the marginal likelihood of x under the normal-inverse-gamma prior (0, 1, 1, 1): Murphy 2007, eq. 95.
double log_marginal(const std::vector<double>& x, std::size_t from) {
  const auto n = static_cast<double>(x.size() - from);
  double sum = 0, squares = 0;
  for (std::size_t i = from; i < x.size(); ++i) sum += x[i];
  for (std::size_t i = from; i < x.size(); ++i) squares += (x[i] - sum / n) * (x[i] - sum / n);
  if (n == 0) return 0;
  const double a = 1 + n / 2;
  const double b = 1 + squares / 2 + n * (sum / n) * (sum / n) / (2 * (1 + n));
  return std::lgamma(a) - a * std::log(b) - 0.5 * std::log(1 + n) - n / 2 * std::log(2 * 3.14159265358979323846);
}

}  // namespace

TEST_CASE("the odds of a change are those of Bayes' theorem over all places") {
  support::normal_source normal(81);
  std::vector<double> x;
  auto d = mr::detect::bocpd<>({1e300, 1e300}, {0, 1});
  for (int i = 0; i < 60; ++i) {
    x.push_back((i < 40 ? 0 : 1) + normal());
    d.update(x.back());
  }
  // The last change was after observation k with probability h (1 - h)^(n - k); the first run began at the start. What
  // came before the last change follows the same law, so it is summed up by the recursion over its length.
  const double h = 1e-4;
  std::vector<double> evidence{1};  // of the first k observations, a change just after them
  for (std::size_t n = 1; n <= x.size(); ++n) {
    double all = 0;
    const std::vector<double> head(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n));
    for (std::size_t k = 0; k < n; ++k)
      all += (k == 0 ? 1 : evidence[k] * h) * std::pow(1 - h, static_cast<double>(n - k - 1)) *
             std::exp(log_marginal(head, k));
    evidence.push_back(all);
  }
  double changed = 0;
  const std::size_t n = x.size();
  for (std::size_t k = 1; k < n; ++k)
    changed += evidence[k] * h * std::pow(1 - h, static_cast<double>(n - k)) * std::exp(log_marginal(x, k));
  changed += evidence[n] * h;
  const double unchanged = std::pow(1 - h, static_cast<double>(n)) * std::exp(log_marginal(x, 0));
  CHECK(d.statistic() == Approx(changed / unchanged).epsilon(1e-6));
}

TEST_CASE("BOCPD keeps the run length it promises to a quarter") {
  support::normal_source normal(82);
  CHECK(support::mean_run_length(mr::detect::bocpd<mr::detect::arl<1'000>>({0, 1}), normal, 150, 1000) ==
        Approx(1000).epsilon(0.4));
}

TEST_CASE("a change of mean and one of spread are found, with their place") {
  support::normal_source normal(83);
  mr::detect::bocpd<> d({50, 10});
  for (int i = 0; i < 400; ++i) REQUIRE(d.update(50 + 10 * normal()) != mr::detect::signal::drift);
  int taken = 0;
  while (d.update(80 + 10 * normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 15);
  CHECK(d.run_length() <= static_cast<std::uint64_t>(taken) + 2);
  for (int i = 0; i < 200; ++i) REQUIRE(d.update(80 + 10 * normal()) != mr::detect::signal::drift);
  taken = 0;
  while (d.update(80 + 40 * normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 40);
}

TEST_CASE("an observation beyond all that doubles can weigh is a drift") {
  mr::detect::bocpd<> d({0, 1});
  for (int i = 0; i < 100; ++i) d.update(0.1 * i - 5);
  bool found = false;
  for (int i = 0; i < 5; ++i) found = found || d.update(1e99) == mr::detect::signal::drift;
  CHECK(found);
}

TEST_CASE("an observation that no run explains right after a drift has a statistic of its own") {
  support::normal_source normal(84);
  mr::detect::bocpd<> d({0, 1});
  for (int i = 0; i < 100; ++i) d.update(normal());
  while (d.update(30 + normal()) != mr::detect::signal::drift) continue;
  const double before = d.statistic();
  REQUIRE(before < 1e300);
  // The one run left has observations: its density here is below 1e-390, which no double holds.
  REQUIRE(d.run_length() > 0);
  REQUIRE(d.update(1e99) == mr::detect::signal::drift);
  CHECK(d.statistic() > d.threshold());
  CHECK(d.statistic() == 1e308);
  CHECK(d.run_length() == 0);
}
