#include <millrace/stats/tests/aggregate_moments.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <millrace/aggregate.hpp>
#include <millrace/core/seed.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("aggregate moments: those of a merged aggregate are those of the whole sample") {
  mr::random_engine engine(5);
  std::vector<double> all(1000);
  for (double& x : all) x = 1e6 + engine.normal();
  mr::aggregate<mr::count, mr::mean, mr::variance> left, right;
  left.update(std::span(all).first(300));
  right.update(std::span(all).subspan(300));
  left.merge(right);
  const auto m = mr::stats::moments_of(left);
  const auto wanted = mr::stats::sample_moments::make(all);
  CHECK(m.n == 1000);
  CHECK(support::agrees(m.mean, wanted.mean));
  CHECK(support::agrees(m.variance, wanted.variance, 1e-11));
  const auto closed = mr::stats::moments_of(left.snapshot());
  CHECK((closed.n == m.n && closed.mean == m.mean && closed.variance == m.variance));
}

TEST_CASE("aggregate moments: weights are repetitions; none, one and infinite items are told apart") {
  mr::aggregate<mr::mean, mr::variance> a;
  CHECK(mr::stats::moments_of(a).n == 0);
  CHECK((mr::stats::moments_of(a).mean == 0 && mr::stats::moments_of(a).variance == 0));
  a.update(3);
  CHECK((mr::stats::moments_of(a).n == 1 && mr::stats::moments_of(a).mean == 3 &&
         mr::stats::moments_of(a).variance == 0));
  a.update(5, mr::weight(3));
  CHECK(mr::stats::moments_of(a).n == 4);
  CHECK(mr::stats::moments_of(a).mean == 4.5);
  CHECK(mr::stats::moments_of(a).variance == Approx(1));
  a.update(support::infinite);
  CHECK_FALSE(mr::stats::detail::checked(mr::stats::moments_of(a), "a", 2));
  mr::aggregate<mr::stddev> enough;  // stands on the same moments
  enough.update(1);
  enough.update(2);
  CHECK(mr::stats::moments_of(enough).variance == 0.5);
}

TEST_CASE("aggregate moments: of pairs, and of zeros and ones") {
  const std::vector<double> x{1, 4, 2, 8}, y{3, 3, 1, 9};
  mr::aggregate<mr::covariance> pairs;
  for (std::size_t i = 0; i < x.size(); ++i) pairs.update(mr::xy{x[i], y[i]});
  const auto m = mr::stats::pair_moments_of(pairs);
  const auto wanted = mr::stats::pair_moments::make(x, y);
  CHECK((m.n == 4 && m.mean_x == wanted.mean_x && m.mean_y == wanted.mean_y));
  CHECK(support::agrees(m.variance_x, wanted.variance_x));
  CHECK(support::agrees(m.variance_y, wanted.variance_y));
  CHECK(support::agrees(m.covariance, wanted.covariance));
  pairs.update(mr::xy{1, support::infinite});
  CHECK(std::isnan(mr::stats::pair_moments_of(pairs).variance_x));
  CHECK(mr::stats::pair_moments_of(mr::aggregate<mr::covariance>()).n == 0);

  mr::aggregate<mr::mean> clicks;
  CHECK(mr::stats::proportion_of(clicks).trials == 0);
  for (int i = 0; i < 3000; ++i) clicks.update(i % 7 == 0 ? 1 : 0);
  CHECK(mr::stats::proportion_of(clicks).trials == 3000);
  CHECK(mr::stats::proportion_of(clicks).successes == 429);
  for (const double out : {30000.0, -30000.0, support::infinite, -support::infinite, 1e300}) {
    mr::aggregate<mr::mean> wrong = clicks;
    wrong.update(out);
    CAPTURE(out);
    CHECK_FALSE(mr::stats::wilson_interval(mr::stats::proportion_of(wrong)));
  }
}
