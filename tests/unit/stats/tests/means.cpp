#include <millrace/stats/tests/means.hpp>

#include <support/catch.hpp>

#include <limits>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

constexpr mr::stats::alternative sides[] = {mr::stats::alternative::two_sided, mr::stats::alternative::less,
                                            mr::stats::alternative::greater};

/// statistic, df, p, the interval's ends
void agrees(const mr::result<mr::stats::test_result>& r, const std::vector<double>& wanted) {
  REQUIRE(r);
  CAPTURE(r->summary(), wanted);
  CHECK(support::agrees(r->statistic, wanted[0]));
  CHECK(support::agrees(r->df, wanted[1]));
  CHECK(support::agrees(r->p, wanted[2]));
  CHECK(support::agrees(r->interval.lower, wanted[3], 1e-11));
  CHECK(support::agrees(r->interval.upper, wanted[4], 1e-11));
}

}  // namespace

TEST_CASE("means: every t test agrees with SciPy to 1e-12, on every side") {
  const auto a = support::reference("sample_a");
  const auto b = support::reference("sample_b");
  const auto c = support::reference("sample_c");
  for (std::size_t i = 0; i < 3; ++i) {
    agrees(mr::stats::welch_t_test(a, b, {sides[i], 0.99}), support::reference_rows("tests", "welch").at(i));
    agrees(mr::stats::student_t_test(a, b, {sides[i], 0.99}), support::reference_rows("tests", "student").at(i));
    agrees(mr::stats::one_sample_t_test(a, 9.5, {sides[i], 0.95}),
           support::reference_rows("tests", "one_sample").at(i));
    agrees(mr::stats::paired_t_test(std::span<const double>(a).first(17), c, {sides[i], 0.95}),
           support::reference_rows("tests", "paired").at(i));
  }
}

TEST_CASE("means: moments answer what their samples do, and p keeps its digits far out") {
  const auto a = support::reference("sample_a");
  const auto b = support::reference("sample_b");
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments::of(a), mr::stats::sample_moments::of(b))->p ==
        mr::stats::welch_t_test(a, b)->p);
  const auto r =
      mr::stats::welch_t_test(mr::stats::sample_moments{1e6, 1.0, 1.0}, mr::stats::sample_moments{1e6, 1.05, 1.0});
  CHECK(r->p > 0);
  CHECK(r->p < 1e-270);
}

TEST_CASE("means: constant samples have a defined answer that says so") {
  const std::vector<double> same{2, 2, 2};
  const std::vector<double> other{3, 3, 3, 3};
  const auto equal = mr::stats::welch_t_test(same, same);
  CHECK(equal->p == 1);
  CHECK(equal->failed.contains(mr::stats::assumption::variation));
  const auto different = mr::stats::welch_t_test(same, other);
  CHECK(different->p == 0);
  CHECK(different->statistic == -support::infinite);
  CHECK(different->effect == -1);
  CHECK(different->interval.lower == -1);
  CHECK(mr::stats::welch_t_test(same, other, {mr::stats::alternative::greater})->p == 1);
  CHECK(mr::stats::paired_t_test(same, same)->p == 1);
  CHECK(mr::stats::student_t_test(same, std::vector<double>{1, 5})
            ->failed.contains(mr::stats::assumption::equal_variances));
}

TEST_CASE("means: what makes no sense is an error that names it") {
  const std::vector<double> good{1, 2, 3};
  const std::vector<double> one{1};
  const std::vector<double> bad{1, support::not_a_number, 2};
  CHECK(mr::stats::welch_t_test(one, good).error().message() == "the first sample has fewer than 2 observations");
  CHECK(mr::stats::welch_t_test(good, std::vector<double>{}).error().message() ==
        "the second sample has fewer than 2 observations");
  CHECK(mr::stats::welch_t_test(good, bad).error().code() == mr::errc::not_finite);
  CHECK(mr::stats::paired_t_test(good, one).error().code() == mr::errc::shape_mismatch);
  CHECK(mr::stats::paired_t_test(bad, bad).error().code() == mr::errc::not_finite);
  CHECK(mr::stats::one_sample_t_test(good, support::infinite).error().code() == mr::errc::not_finite);
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments{3, 1, -1}, mr::stats::sample_moments::of(good))
            .error()
            .message() == "the first sample: its variance is negative");
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments{-3, 1, 1}, mr::stats::sample_moments::of(good))
            .error()
            .code() == mr::errc::invalid_argument);
  for (const double level : {0.0, 1.0, -1.0, 2.0, support::not_a_number})
    CHECK(mr::stats::welch_t_test(good, good, {mr::stats::alternative::two_sided, level}).error().code() ==
          mr::errc::out_of_range);
}
