#include <millrace/stats/tests/trimmed.hpp>

#include <support/catch.hpp>

#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("trimmed: Yuen's test agrees with SciPy on every side") {
  const auto a = *mr::stats::sorted_sample::make(support::reference("sample_a"));
  const auto b = *mr::stats::sorted_sample::make(support::reference("sample_b"));
  constexpr mr::stats::alternative sides[] = {mr::stats::alternative::two_sided, mr::stats::alternative::less,
                                              mr::stats::alternative::greater};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto r = mr::stats::yuen_test(a, b, 0.2, {sides[i], 0.95});
    const auto wanted = support::reference_rows("tests", "yuen").at(i);
    CAPTURE(r->summary(), wanted);
    CHECK(support::agrees(r->statistic, wanted[0]));
    CHECK(support::agrees(r->df, wanted[1]));
    CHECK(support::agrees(r->p, wanted[2]));
    CHECK(support::agrees(r->interval.lower, wanted[3], 1e-11));
    CHECK(support::agrees(r->interval.upper, wanted[4], 1e-11));
  }
  CHECK(mr::stats::yuen_test(a, b, 0)->p == Approx(mr::stats::welch_t_test(a.values(), b.values())->p).epsilon(1e-12));
}

TEST_CASE("trimmed: outliers at either end do not move the mean") {
  const auto s = mr::stats::trimmed_mean(*mr::stats::sorted_sample::make(std::vector<double>{-1e9, 1, 2, 3, 1e9}), 0.2);
  CHECK(s->mean == 2);
  CHECK(s->kept == 3);
  // 1 1 2 3 3 has variance 1.
  CHECK(s->winsorised_variance == Approx(1));
}

TEST_CASE("trimmed: what cannot be trimmed is an error that names it") {
  const auto s = *mr::stats::sorted_sample::make(std::vector<double>{1, 2, 3});
  CHECK_FALSE(mr::stats::trimmed_mean({}, 0.1));
  CHECK_FALSE(mr::stats::trimmed_mean(s, 0.5));
  CHECK_FALSE(mr::stats::trimmed_mean(s, -0.1));
  CHECK_FALSE(mr::stats::trimmed_mean(s, support::not_a_number));
  CHECK(mr::stats::yuen_test(s, s, 0.4).error().code() == mr::errc::invalid_data);
  CHECK(mr::stats::yuen_test(s, {}).error().describe() == "the second sample: the sample is empty");
  CHECK_FALSE(mr::stats::yuen_test(s, s, 0, {mr::stats::alternative::two_sided, 1}));
}
