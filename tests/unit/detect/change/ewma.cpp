#include <millrace/detect/change/ewma.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

// Crowder, Technometrics 29(4), 1987, table 1: run lengths in control for limits L sigma sqrt(w / (2 - w)).
TEST_CASE("the run length of an EWMA chart is the one in Crowder's table") {
  const auto length = [](double w, double l) {
    return mr::detect::detail::ewma_run_length(w, l * std::sqrt(w / (2 - w)));
  };
  CHECK(length(0.25, 3) == Approx(502.90).epsilon(1e-4));
  CHECK(length(0.50, 3) == Approx(397.46).epsilon(1e-4));
  CHECK(length(0.10, 3) == Approx(842.15).epsilon(1e-4));
  CHECK(length(0.05, 3) == Approx(1379.35).epsilon(1e-4));
  CHECK(length(1.00, 3) == Approx(1 / (2 * mr::detect::detail::gaussian_upper(3))).epsilon(1e-6));  // Shewhart's chart
}

TEST_CASE("an EWMA chart keeps the run length it promises") {
  support::normal_source normal(31);
  CHECK(support::mean_run_length(mr::detect::ewma_chart<mr::detect::arl<1'000>>({0, 1}), normal, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  const mr::detect::ewma_chart<mr::detect::arl<1'000>> quick({0, 1}, 0.4);
  CHECK(support::mean_run_length(quick, normal, 400, 1000) == Approx(1000).epsilon(0.2));
}

TEST_CASE("an EWMA chart finds half a standard deviation; weights are brought into their range") {
  support::normal_source normal(32);
  double total = 0;
  for (int i = 0; i < 200; ++i) {
    mr::detect::ewma_chart<mr::detect::arl<1'000>> d({5, 2}, 0.1);
    std::uint64_t t = 1;
    while (d.update(5 + 2 * (normal() + 0.5)) != mr::detect::signal::drift) ++t;
    total += static_cast<double>(t);
  }
  CHECK(total / 200 < 50);
  CHECK(mr::detect::ewma_chart<>({0, 1}, 7).threshold() ==
        Approx(mr::detect::detail::gaussian_upper_quantile(0.5e-4)).epsilon(1e-4));
  CHECK(mr::detect::ewma_chart<>({0, 1}, -1).threshold() == Approx(mr::detect::ewma_chart<>({0, 1}, 0.02).threshold()));
}

TEST_CASE("a weight outside (0, 1] is refused by make") {
  CHECK_FALSE(mr::detect::ewma_chart<>::make({0, 1}, 0));
  CHECK_FALSE(mr::detect::ewma_chart<>::make({0, 1}, 7));
  CHECK_FALSE(mr::detect::ewma_chart<>::make({0, 1}, std::nan("")));
  CHECK(mr::detect::ewma_chart<>::make({0, 1}, 0.3));
}
