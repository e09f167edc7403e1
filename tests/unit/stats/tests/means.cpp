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
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments::make(a), mr::stats::sample_moments::make(b))->p ==
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
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments{3, 1, -1}, mr::stats::sample_moments::make(good))
            .error()
            .message() == "the first sample: its variance is negative");
  CHECK(mr::stats::welch_t_test(mr::stats::sample_moments{-3, 1, 1}, mr::stats::sample_moments::make(good))
            .error()
            .code() == mr::errc::invalid_argument);
  for (const double level : {0.0, 1.0, -1.0, 2.0, support::not_a_number})
    CHECK(mr::stats::welch_t_test(good, good, {mr::stats::alternative::two_sided, level}).error().code() ==
          mr::errc::out_of_range);
}

TEST_CASE("means: values whose squares over- or underflow have their p-value and interval") {
  const std::vector<double> a = {1, -1, 1, 3, 0.5};
  const std::vector<double> b = {2, 4, 3.5, 1};
  const auto times = [](std::vector<double> sample, double unit) {
    for (double& x : sample) x *= unit;
    return sample;
  };
  const auto agrees = [](const mr::stats::test_result& got, const mr::stats::test_result& wanted, double unit) {
    CAPTURE(unit, got.p, wanted.p);
    CHECK(got.p == Approx(wanted.p).epsilon(1e-12));
    CHECK(got.statistic == Approx(wanted.statistic).epsilon(1e-12));
    CHECK(got.effect / unit == Approx(wanted.effect).epsilon(1e-12));
    CHECK(got.interval.lower / unit == Approx(wanted.interval.lower).epsilon(1e-12));
    CHECK(got.interval.upper / unit == Approx(wanted.interval.upper).epsilon(1e-12));
    CHECK(got.failed == wanted.failed);
  };
  for (const double unit : {1e300, 1e160, 1e-160, 1e-300}) {
    const auto x = times(a, unit);
    const auto y = times(b, unit);
    agrees(*mr::stats::welch_t_test(x, y), *mr::stats::welch_t_test(a, b), unit);
    agrees(*mr::stats::student_t_test(x, y), *mr::stats::student_t_test(a, b), unit);
    agrees(*mr::stats::one_sample_t_test(x, 0.3 * unit), *mr::stats::one_sample_t_test(a, 0.3), unit);
    agrees(*mr::stats::paired_t_test(std::vector<double>(x.begin(), x.begin() + 4), y),
           *mr::stats::paired_t_test(std::vector<double>(a.begin(), a.begin() + 4), b), unit);
  }
  const std::vector<double> huge = {1e308, -1e308, 1e308};
  const std::vector<double> wide = {2e307, 3e307, 5e307};
  const auto r = mr::stats::welch_t_test(huge, wide);
  REQUIRE(r);
  CHECK(r->p == Approx(mr::stats::welch_t_test(std::vector<double>{10, -10, 10}, std::vector<double>{2, 3, 5})->p)
                    .epsilon(1e-12));
}

TEST_CASE("means: an infinity is named with its place, moments that are not finite say what they may hold") {
  const std::vector<double> good = {1, 2, 3};
  CHECK(mr::stats::welch_t_test(std::vector<double>{1, support::infinite, 2}, good).error().message() ==
        "the first sample holds an infinity at place 1");
  CHECK(mr::stats::one_sample_t_test(std::vector<double>{1, 2, support::not_a_number}, 0).error().message() ==
        "the sample holds NaN at place 2");
  CHECK(
      mr::stats::welch_t_test(mr::stats::sample_moments{5, 1, support::infinite}, mr::stats::sample_moments::make(good))
          .error()
          .message() ==
      "the first sample: its mean or variance is not finite: it holds NaN, an infinity, or values whose squares "
      "overflow");
}

TEST_CASE("means: samples of float and of integers are samples") {
  const std::vector<float> a = {1.5F, 2.25F, 4, 0.5F};
  const std::vector<int> b = {3, 5, 4, 8};
  const std::vector<double> x(a.begin(), a.end());
  const std::vector<double> y(b.begin(), b.end());
  CHECK(mr::stats::welch_t_test(a, b)->p == mr::stats::welch_t_test(x, y)->p);
  CHECK(mr::stats::welch_t_test(a, y)->p == mr::stats::welch_t_test(x, y)->p);
  CHECK(mr::stats::student_t_test(a, b)->p == mr::stats::student_t_test(x, y)->p);
  CHECK(mr::stats::paired_t_test(a, b)->p == mr::stats::paired_t_test(x, y)->p);
  CHECK(mr::stats::one_sample_t_test(b, 1)->p == mr::stats::one_sample_t_test(y, 1)->p);
}
