#include <millrace/detect/change/cusum.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

// Lucas, Crosier, "Fast initial response for CUSUM quality-control schemes", Technometrics 24, 1982, table 1
// (two-sided, k = 0.5, h = 4 and 5: 168 and 465), and more digits of the one-sided values from
// tests/oracle/run_length.py (Markov chains of 1,000 and 2,000 states, extrapolated).
TEST_CASE("the run length of a CUSUM is the one in the tables") {
  CHECK(mr::detect::detail::cusum_run_length(0.5, 4) / 2 == Approx(168).epsilon(0.003));
  CHECK(mr::detect::detail::cusum_run_length(0.5, 5) / 2 == Approx(465).epsilon(0.003));
  CHECK(mr::detect::detail::cusum_run_length(0.5, 4) == Approx(335.3676).epsilon(1e-5));
  CHECK(mr::detect::detail::cusum_run_length(0.5, 5) == Approx(930.8870).epsilon(1e-5));
  CHECK(mr::detect::detail::cusum_run_length(0.25, 8) == Approx(736.7877).epsilon(1e-5));
  CHECK(mr::detect::detail::cusum_run_length(0.1, 12) == Approx(514.1010).epsilon(1e-5));
}

TEST_CASE("beyond the integral equation's limit Siegmund's approximation goes on without a step") {
  for (const double k : {0.1, 0.25, 0.5})
    CHECK(mr::detect::detail::cusum_run_length(k, 15.999) ==
          Approx(mr::detect::detail::siegmund_run_length(k, 15.999)).epsilon(0.02));
}

TEST_CASE("limits answer the run length asked for") {
  for (const double n : {100., 1e3, 2e4, 2e6})
    for (const double k : {0.1, 0.25, 0.5, 1.0})
      CHECK(mr::detect::detail::cusum_run_length(k, mr::detect::detail::cusum_limit(k, n)) == Approx(n).epsilon(1e-3));
}

TEST_CASE("a CUSUM keeps the run length it promises, on both sides and on one") {
  support::normal_source normal(11);
  // The standard deviation of a mean of 400 run lengths is 5 %: 0.2 is four of them.
  CHECK(support::mean_run_length(mr::detect::cusum<mr::detect::arl<1'000>>({0, 1}), normal, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  const mr::detect::cusum<mr::detect::arl<1'000>> upper({0, 1}, 1, mr::detect::side::upper);
  CHECK(support::mean_run_length(upper, normal, 400, 1000) == Approx(1000).epsilon(0.2));
  const mr::detect::cusum<mr::detect::arl<300>> wide({0, 1}, 2);
  CHECK(support::mean_run_length(wide, normal, 600, 300) == Approx(300).epsilon(0.17));
}

TEST_CASE("a shift of one standard deviation is found in about ten observations, on the sides asked for") {
  support::normal_source normal(12);
  const auto delay = [&](mr::detect::side which, double shift) {
    double total = 0;
    for (int i = 0; i < 300; ++i) {
      mr::detect::cusum<mr::detect::arl<500>> d({100, 4}, 1, which);
      std::uint64_t t = 1;
      while (t < 5000 && d.update(100 + 4 * (shift + normal())) != mr::detect::signal::drift) ++t;
      total += static_cast<double>(t);
    }
    return total / 300;
  };
  CHECK(delay(mr::detect::side::both, 1) < 12);
  CHECK(delay(mr::detect::side::both, -1) < 12);
  CHECK(delay(mr::detect::side::upper, 1) < 12);
  CHECK(delay(mr::detect::side::upper, -1) > 4000);
  CHECK(delay(mr::detect::side::lower, -1) < 12);
}

TEST_CASE(
    "a shift that is no number is refused by make, and never quiet; a chart of one side hears the other one not") {
  const auto refused = mr::detect::cusum<>::make({0, 1}, std::nan(""));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "cusum: the shift is not finite");
  CHECK(mr::detect::cusum<>({0, 1}, HUGE_VAL).update(0) == mr::detect::signal::drift);
  mr::detect::cusum<> upper({0, 1e-300}, 1, mr::detect::side::upper);
  CHECK(upper.update(-1e308) == mr::detect::signal::none);
  CHECK(upper.update(1e308) == mr::detect::signal::drift);
}
