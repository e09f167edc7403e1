#include <millrace/stats/resampling/poisson_bootstrap.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/saved_objects.hpp>
#include <support/stats_reference.hpp>
#include <type_traits>
#include <vector>

namespace mr = millrace;

TEST_CASE("poisson bootstrap: a stream's mean has the textbook's standard error, in parts as in one") {
  mr::random_engine engine(4);
  mr::stats::poisson_bootstrap<1000> whole(1);
  mr::stats::poisson_bootstrap<1000> first(2);
  mr::stats::poisson_bootstrap<1000> second(3);
  std::vector<double> values(2000);
  for (double& x : values) x = 3 + engine.normal();
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.update(values[i]);
    (i % 3 == 0 ? first : second).update(values[i]);
  }
  first.merge(second);
  CHECK(first.count() == 2000);
  const double textbook = std::sqrt(mr::stats::sample_moments::make(values).variance / 2000);
  for (const auto* stream : {&whole, &first}) {
    const auto r = stream->mean();
    REQUIRE(r);
    CHECK(r->estimate == Approx(mr::stats::sample_moments::make(values).mean).epsilon(1e-12));
    CHECK(r->standard_error == Approx(textbook).epsilon(6 / std::sqrt(2000.0)));
    CHECK(r->interval.contains(r->estimate));
  }
}

TEST_CASE("poisson bootstrap: NaN and infinities are counted, and change nothing") {
  mr::stats::poisson_bootstrap<> a(1);
  a.update(1);
  a.update(support::not_a_number);
  a.update(support::infinite);
  CHECK(a.refused() == 2);
  CHECK(a.count() == 1);
  CHECK_FALSE(a.mean());
  a.update(2);
  a.update(2);
  a.update(2);
  CHECK(a.mean());
  CHECK_FALSE(a.mean(0));
  static_assert(std::is_trivially_copyable_v<mr::stats::poisson_bootstrap<>>);
}

TEST_CASE("a saved stream's bootstrap goes on with the same draws, old bytes load, damaged ones are refused") {
  using stream = mr::stats::poisson_bootstrap<20>;
  support::saves_and_loads(
      stream(7), "stats/poisson_bootstrap.bin", 200, [](stream& s, double x) { s.update(x); },
      [](const stream& a, const stream& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.mean()->interval.lower == Approx(b.mean()->interval.lower).epsilon(off));
        CHECK(a.mean()->standard_error == Approx(b.mean()->standard_error).epsilon(off));
      });
  CHECK_FALSE(mr::stats::poisson_bootstrap<40>::load(stream(7).save()));
}
