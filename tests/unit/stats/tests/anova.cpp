#include <millrace/stats/tests/anova.hpp>

#include <support/catch.hpp>

#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
std::vector<mr::stats::sample_moments> groups() {
  return {mr::stats::sample_moments::make(support::reference("sample_a")),
          mr::stats::sample_moments::make(support::reference("sample_b")),
          mr::stats::sample_moments::make(support::reference("sample_c"))};
}
}  // namespace

TEST_CASE("anova: ANOVA and Brown-Forsythe agree with SciPy") {
  const auto wanted = support::reference("anova");
  const auto r = mr::stats::one_way_anova(groups());
  CHECK(support::agrees(r->statistic, wanted[0]));
  CHECK(support::agrees(r->p, wanted[1]));
  const auto a = support::reference("sample_a");
  const auto b = support::reference("sample_b");
  const auto c = support::reference("sample_c");
  const std::vector<std::span<const double>> samples{a, b, c};
  const auto spread = mr::stats::brown_forsythe_test(samples);
  CHECK(support::agrees(spread->statistic, support::reference("brown_forsythe")[0]));
  CHECK(support::agrees(spread->p, support::reference("brown_forsythe")[1]));
}

TEST_CASE("anova: Tukey's comparisons agree with SciPy, whose integral has about eight digits") {
  const auto all = mr::stats::tukey_test(groups());
  REQUIRE(all);
  const auto rows = support::reference_rows("tests", "tukey");
  REQUIRE(all->size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& got = (*all)[i];
    CHECK(static_cast<double>(got.first) == rows[i][0]);
    CHECK(static_cast<double>(got.second) == rows[i][1]);
    CHECK(support::agrees(got.result.effect, rows[i][2]));
    CHECK(support::agrees(got.result.p, rows[i][3], 1e-7));
    CHECK(support::agrees(got.result.interval.lower, rows[i][4], 1e-7));
    CHECK(support::agrees(got.result.interval.upper, rows[i][5], 1e-7));
  }
}

TEST_CASE("anova: of two groups it is Student's t test squared") {
  const std::vector<mr::stats::sample_moments> two{{10, 1, 2}, {12, 3, 2.5}};
  const double t2 = 4 / ((9 * 2 + 11 * 2.5) / 20 * (1.0 / 10 + 1.0 / 12));
  CHECK(mr::stats::one_way_anova(two)->statistic == Approx(t2).epsilon(1e-13));
}

TEST_CASE("anova: constant groups have defined answers, nonsense is an error that names the group") {
  const std::vector<mr::stats::sample_moments> same{{5, 1, 0}, {5, 1, 0}};
  const std::vector<mr::stats::sample_moments> apart{{5, 1, 0}, {5, 2, 0}};
  CHECK(mr::stats::one_way_anova(same)->p == 1);
  CHECK(mr::stats::one_way_anova(apart)->p == 0);
  CHECK(mr::stats::one_way_anova(apart)->failed.contains(mr::stats::assumption::variation));
  CHECK_FALSE(mr::stats::tukey_test(apart));
  CHECK_FALSE(mr::stats::one_way_anova(std::vector<mr::stats::sample_moments>{{5, 1, 1}}));
  CHECK(mr::stats::one_way_anova(std::vector<mr::stats::sample_moments>{{5, 1, 1}, {0, 0, 0}}).error().message() ==
        "group 1 is empty");
  CHECK(mr::stats::one_way_anova(std::vector<mr::stats::sample_moments>{{1, 1, 0}, {1, 2, 0}}).error().code() ==
        mr::errc::invalid_data);
  CHECK(mr::stats::one_way_anova(std::vector<mr::stats::sample_moments>{{5, support::not_a_number, 1}, {5, 1, 1}})
            .error()
            .code() == mr::errc::not_finite);
  CHECK(mr::stats::one_way_anova(std::vector<mr::stats::sample_moments>{{5, 1, 1}, {5, 1, 9}})
            ->failed.contains(mr::stats::assumption::equal_variances));
  CHECK_FALSE(mr::stats::tukey_test(groups(), 1));
  const std::vector<double> none;
  const std::vector<std::span<const double>> empty{none, none};
  CHECK(mr::stats::brown_forsythe_test(empty).error().message() == "group 0 is empty");
}

TEST_CASE("anova: Tukey's p-values of groups far apart are small, not 0") {
  const std::vector<mr::stats::sample_moments> groups = {mr::stats::sample_moments::make(std::vector<double>{1, 1.01}),
                                                         mr::stats::sample_moments::make(std::vector<double>{3, 3.01}),
                                                         mr::stats::sample_moments::make(std::vector<double>{5, 5.01})};
  const auto pairs = mr::stats::tukey_test(groups);
  REQUIRE(pairs);
  REQUIRE(pairs->size() == 3);
  // SciPy 1.17.1: stats.tukey_hsd, about eight digits.
  CHECK((*pairs)[0].result.p == Approx(2.01005148e-7).epsilon(1e-7));
  CHECK((*pairs)[1].result.p == Approx(2.51266212e-8).epsilon(1e-7));
  CHECK((*pairs)[2].result.p == Approx(2.01005148e-7).epsilon(1e-7));
}
