#include <millrace/detect/drift_reference.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <millrace/aggregate/kll.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace mr = millrace;

namespace {
std::vector<double> draw(std::uint64_t seed, int n, double mean = 0, double deviation = 1) {
  support::normal_source normal(seed);
  std::vector<double> made;
  for (int i = 0; i < n; ++i) made.push_back(mean + deviation * normal());
  return made;
}
}  // namespace

// By hand: the reference 1..8 in four bins of two; the window fills them 4, 2, 2, 0 of 8.
TEST_CASE("measures over bins are those of their formulas") {
  const auto reference = mr::drift_reference::of(std::array{1., 2., 3., 4., 5., 6., 7., 8.}, 4);
  REQUIRE(reference);
  CHECK(std::vector<double>(reference->edges().begin(), reference->edges().end()) == std::vector<double>{2, 4, 6});
  const auto found = reference->compare(std::array{1., 1., 2., 2., 3., 3., 5., 6.});
  REQUIRE(found);
  const double empty = 0.5 / 8;
  CHECK(found->psi == Approx(0.25 * std::log(2.) + (empty - 0.25) * std::log(empty / 0.25)));
  CHECK(found->kl == Approx(0.5 * std::log(2.) + empty * std::log(empty / 0.25)));
  const double js = 0.5 * (0.5 * std::log2(0.5 / 0.375) + 0.25 * std::log2(0.25 / 0.375) + 0.25 * std::log2(2.));
  CHECK(found->jensen_shannon == Approx(js));
  // (4-2)^2/6 + 0 + 0 + (0-2)^2/2, three degrees of freedom.
  CHECK(found->chi_squared == Approx(4. / 6 + 2));
  CHECK(found->chi_squared_p == Approx(mr::chi_squared{3}.sf(4. / 6 + 2)));
  CHECK(found->n == 8);
}

// SciPy 1.17.1: ks_2samp([1,2,3,4,5,6,7,8],[1,1,2,2,3,3,5,6]).statistic = 0.375; wasserstein_distance = 1.625.
TEST_CASE("measures over the whole distribution are SciPy's") {
  const auto reference = mr::drift_reference::of(std::array{1., 2., 3., 4., 5., 6., 7., 8.});
  const auto found = reference->compare(std::array{1., 1., 2., 2., 3., 3., 5., 6.});
  CHECK(found->ks == Approx(0.375));
  CHECK(found->wasserstein == Approx(1.625));
  CHECK(found->wasserstein_relative == Approx(1.625 / std::sqrt(5.25)));
}

TEST_CASE("the same distribution has small measures and uniform p-values, a shifted one is found by all") {
  const auto reference = mr::drift_reference::of(draw(1, 5000));
  int ks = 0, chi = 0;
  for (std::uint64_t s = 0; s < 400; ++s) {
    const auto found = reference->compare(draw(100 + s, 500));
    ks += found->ks_p <= 0.1;
    chi += found->chi_squared_p <= 0.1;
  }
  // 400 at 0.1: 40 with a standard error of 6; the reference is shared, so a little more.
  CHECK(ks < 70);
  CHECK(ks > 15);
  CHECK(chi < 70);
  CHECK(chi > 15);
  const auto shifted = reference->compare(draw(2, 500, 1));
  const auto same = reference->compare(draw(3, 500));
  CHECK(shifted->psi > 0.25);
  CHECK(same->psi < 0.1);
  CHECK(shifted->ks_p < 1e-20);
  CHECK(shifted->chi_squared_p < 1e-20);
  CHECK(shifted->wasserstein == Approx(1).margin(0.15));
  CHECK(shifted->mmd > 20 * same->mmd);
  CHECK(shifted->score > 0.3);
  CHECK(same->score < 0.08);
  CHECK(reference->compare(draw(4, 500, 0, 2))->ks_p < 1e-6);
}

TEST_CASE("psi stays finite on windows that leave bins empty, and every measure within its range") {
  const auto reference = mr::drift_reference::of(draw(5, 1000));
  const auto far = reference->compare(draw(6, 100, 1e6));
  CHECK(std::isfinite(far->psi));
  CHECK(std::isfinite(far->kl));
  CHECK(far->jensen_shannon > 0.7);  // the last bin has a tenth of the reference
  CHECK(far->ks == 1);
  CHECK(far->score <= 1);
  CHECK(far->mmd < 2.01);
}

TEST_CASE("sketches are compared as samples are, up to their rank error") {
  const auto before = draw(7, 20'000);
  const auto now = draw(8, 20'000, 0.3);
  mr::kll<200> a(1), b(2);
  for (const double x : before) a.update(x);
  for (const double x : now) b.update(x);
  auto wa = mr::value_window::of(a);
  auto wb = mr::value_window::of(b);
  REQUIRE(wa);
  REQUIRE(wb);
  CHECK(wb->count() == 20'000);
  const auto sketched = mr::drift_reference::make(std::move(*wa))->compare(*wb);
  const auto exact = *mr::drift_reference::of(before)->compare(now);
  CHECK(sketched.ks == Approx(exact.ks).margin(0.03));
  CHECK(sketched.wasserstein == Approx(exact.wasserstein).margin(0.04));
  CHECK(sketched.psi == Approx(exact.psi).margin(0.04));
  CHECK(sketched.score == Approx(exact.score).margin(0.03));
}

TEST_CASE("constant references have a defined answer") {
  const auto reference = mr::drift_reference::of(std::vector<double>(100, 5.0));
  REQUIRE(reference);
  const auto same = reference->compare(std::vector<double>(50, 5.0));
  CHECK(same->ks == 0);
  CHECK(same->ks_p == Approx(1));
  CHECK(same->score == 0);
  CHECK(same->wasserstein_relative == 0);
  const auto above = reference->compare(std::vector<double>(50, 6.0));
  CHECK(above->ks == 1);
  CHECK(above->jensen_shannon == 1);
  CHECK(reference->compare(std::vector<double>(50, 4.0))->ks_p < 1e-10);
}

TEST_CASE("nonsense is refused and named") {
  CHECK_FALSE(mr::drift_reference::of({}));
  const auto bad = mr::drift_reference::of(std::array{1., std::nan("")});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message().find("value 1") != std::string::npos);
  CHECK_FALSE(mr::drift_reference::of(std::array{1., 2.}, 1));
  CHECK_FALSE(mr::value_window::of(std::array{1., 2.}, std::array<std::uint64_t, 1>{1}));
  CHECK_FALSE(mr::value_window::of(std::array{2., 1.}, std::array<std::uint64_t, 2>{1, 2}));
  CHECK_FALSE(mr::value_window::of(std::array{1., 2.}, std::array<std::uint64_t, 2>{2, 2}));
}
