#include <millrace/stats/sequential/sequential_sample_ratio.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <array>
#include <cmath>
#include <initializer_list>
#include <span>

namespace mr = millrace;

TEST_CASE("two arms are the beta-binomial mixture, worked out by hand") {
  // Concentration 2, equal shares: beta(1 + 3, 1 + 1) / beta(1, 1) * 2^4 = (3! 1! / 5!) * 16.
  const auto found = mr::stats::sequential_sample_ratio(std::array{3., 1.}, std::array{1., 1.}, {0.05, 0, 2});
  REQUIRE(found);
  CHECK(found->log_e == Approx(std::log(16 * 6. / 120)));
  CHECK(found->p == 1);
  CHECK(found->largest_departure == Approx(0.5));
}

// tests/oracle/sequential.py: mpmath 1.4.1, gamma functions of 60 digits.
TEST_CASE("evidence is exact at any count") {
  const auto log_e = [](std::initializer_list<double> counts, std::initializer_list<double> weights, double c = 1000) {
    const auto found = mr::stats::sequential_sample_ratio(counts, weights, {0.001, 0.01, c});
    REQUIRE(found);
    return found->log_e;
  };
  CHECK(log_e({9e13, 3e13}, {3, 1}) == Approx(-12.75573990079792).epsilon(1e-12));
  CHECK(log_e({9e17, 3e17}, {3, 1}) == Approx(-17.360910086781848).epsilon(1e-12));
  CHECK(log_e({1e16, 1e16 + 4e8}, {1, 1}) == Approx(-11.313626784699826).epsilon(1e-12));
  CHECK(log_e({5e15, 3e15, 2e15}, {5, 3, 2}, 100) == Approx(-32.243968610429748).epsilon(1e-12));
  CHECK(log_e({7e17, 2e17 + 1e9, 1e17}, {0.7, 0.2, 0.1}) == Approx(-32.540062195332889).epsilon(1e-12));
  CHECK(log_e({50'000, 52'000}, {1, 1}) == Approx(17.101272590157071).epsilon(1e-12));
  CHECK(log_e({10, 0}, {1, 1}, 0.001) == Approx(6.2369107179766877).epsilon(1e-12));
  CHECK(std::fabs(log_e({3, 1}, {1, 1}, 1e12)) < 1e-12);

  const auto whole = mr::stats::sequential_sample_ratio({9e17, 3e17}, {3, 1});
  CHECK(whole->largest_departure == 0);
  CHECK(whole->p == 1);
  CHECK_FALSE(whole->mismatch);
  for (double n = 1; n < 1e17; n *= 10) CHECK(mr::stats::sequential_sample_ratio({n, n, 2 * n}, {1, 1, 2})->log_e < 0);
}

TEST_CASE("arms drawn by their weights are called a mismatch no more often than alpha, under all looks") {
  mr::random_engine engine(1);
  int called = 0;
  for (int i = 0; i < 1000; ++i) {
    std::array<double, 3> counts{};
    bool out = false;
    for (int n = 0; n < 800 && !out; ++n) {
      const double u = engine.uniform();
      ++counts[u < 0.5 ? 0 : u < 0.8 ? 1 : 2];
      out = mr::stats::sequential_sample_ratio(counts, std::array{5., 3., 2.}, {0.05, 0, 100})->mismatch;
    }
    called += out;
  }
  CHECK(called <= 50 + 3 * std::sqrt(1000 * 0.05 * 0.95));
}

TEST_CASE("a mismatch that matters is found, one below the gate is not reported") {
  const std::array equal{1., 1.};
  CHECK(mr::stats::sequential_sample_ratio(std::array{50'000., 52'000.}, equal)->mismatch);
  const auto small_one = mr::stats::sequential_sample_ratio(std::array{50e6, 50.3e6}, equal);
  CHECK(small_one->p < 1e-10);
  CHECK_FALSE(small_one->mismatch);
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::array{50'000., 50'100.}, equal)->mismatch);
}

TEST_CASE("an arm of weight zero does not count, unless somebody is in it") {
  const auto two = mr::stats::sequential_sample_ratio(std::array{500., 560.}, std::array{1., 1.});
  const auto three = mr::stats::sequential_sample_ratio(std::array{500., 0., 560.}, std::array{1., 0., 1.});
  CHECK(three->log_e == two->log_e);
  const auto intruder = mr::stats::sequential_sample_ratio(std::array{500., 1., 500.}, std::array{1., 0., 1.});
  CHECK(intruder->p == 0);
  CHECK(intruder->mismatch);
}

TEST_CASE("no observation is no evidence; nonsense is refused and named") {
  CHECK(mr::stats::sequential_sample_ratio(std::array{0., 0.}, std::array{1., 1.})->p == 1);
  const auto negative = mr::stats::sequential_sample_ratio(std::array{1., -1.}, std::array{1., 1.});
  REQUIRE_FALSE(negative);
  CHECK(negative.error().message().find("arm 1") != std::string::npos);
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::array{1., std::nan("")}, std::array{1., 1.}));
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::array{1., 1.}, std::array{0., 0.}));
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::array{1., 1., 1.}, std::array{1., 1.}));
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::span<const double>(), std::span<const double>()));
  CHECK_FALSE(mr::stats::sequential_sample_ratio(std::array{1., 1.}, std::array{1., 1.}, {0, 0, 1}));
}
