#include <millrace/stats/sample_moments.hpp>

#include <support/catch.hpp>

#include <limits>
#include <vector>

namespace mr = millrace;

TEST_CASE("sample moments: a large mean costs no digits of the variance") {
  // sum of squares less squared sum answers 0 here.
  const std::vector<double> sample{1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.3};
  const mr::stats::sample_moments m = mr::stats::sample_moments::make(sample);
  CHECK(m.n == 3);
  CHECK(m.mean == Approx(1e9 + 0.2).epsilon(1e-15));
  CHECK(m.variance == Approx(0.01).epsilon(1e-6));
  CHECK(mr::stats::sample_moments::make(std::vector<double>(1000, 0.1)).variance == 0);
}

TEST_CASE("sample moments: merged halves are the whole") {
  std::vector<double> all;
  for (int i = 0; i < 100; ++i) all.push_back(i * i % 17 + 0.25 * i);
  const std::span<const double> view(all);
  const mr::stats::sample_moments whole = mr::stats::sample_moments::make(view);
  const mr::stats::sample_moments both =
      merged(mr::stats::sample_moments::make(view.first(37)), mr::stats::sample_moments::make(view.subspan(37)));
  CHECK(both.n == whole.n);
  CHECK(both.mean == Approx(whole.mean).epsilon(1e-14));
  CHECK(both.variance == Approx(whole.variance).epsilon(1e-14));
  CHECK(merged(whole, mr::stats::sample_moments{}).mean == whole.mean);
  CHECK(merged(mr::stats::sample_moments{}, whole).variance == whole.variance);
}

TEST_CASE("sample moments: pairs carry their covariance") {
  const std::vector<double> x{1, 2, 3, 4, 9};
  const std::vector<double> y{2, 4, 6, 8};
  const auto m = mr::stats::pair_moments::make(x, y);
  CHECK(m.n == 4);
  CHECK(m.covariance == Approx(2 * m.variance_x));
  CHECK(m.x().mean == 2.5);
  CHECK(m.y().variance == Approx(4 * m.variance_x));
}

TEST_CASE("sample moments: what a sample holds that is no number is found and named") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> bad{1, 2, std::numeric_limits<double>::quiet_NaN(), inf};
  const auto refused = mr::stats::detail::checked(std::span<const double>(bad), "the sample", 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::not_finite);
  CHECK(refused.error().message() == "the sample holds NaN at place 2");
  const std::vector<double> worse{-inf};
  CHECK(mr::stats::detail::checked(std::span<const double>(worse), "x", 1).error().message() ==
        "x holds an infinity at place 0");
  CHECK(mr::stats::detail::checked(std::span<const double>(), "x", 1).error().message() == "x is empty");
}
