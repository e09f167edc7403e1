#include <millrace/stats/evidence.hpp>

#include <support/catch.hpp>

#include <millrace/stats.hpp>

#include <laws/moving.hpp>

#include <cmath>
#include <string>
#include <type_traits>

namespace mr = millrace;

TEST_CASE("evidence: a result says in one sentence what was found, how surely and what does not hold") {
  mr::stats::test_result r;
  r.test = "Welch's t test";
  r.effect_name = "difference of means";
  r.effect = 0.4217;
  r.interval = {0.1, 0.74312, 0.95};
  r.p = 3.2e-300;
  r.n1 = 1000;
  r.n2 = 990;
  CHECK(r.summary() ==
        "Welch's t test: difference of means 0.4217 (95 % interval 0.1 to 0.7431), p 3.2e-300 with n = 1000 and 990.");
  r.side = mr::stats::alternative::greater;
  r.n2 = 0;
  r.failed.add(mr::stats::assumption::no_ties);
  r.failed.add(mr::stats::assumption::large_sample);
  CHECK(r.summary() ==
        "Welch's t test: difference of means 0.4217 (95 % interval 0.1 to 0.7431), one-sided (greater) p 3.2e-300 with "
        "n = "
        "1000; but too few observations for the limit law and some observations are equal.");
}

TEST_CASE("evidence: figures that a test does not have are unknown, and never significant") {
  const mr::stats::test_result nothing;
  CHECK_FALSE(nothing.significant());
  CHECK(nothing.summary() == ": p unknown with n = 0.");
  mr::stats::test_result open;
  open.test = "z test";
  open.effect_name = "difference";
  open.effect = 1;
  open.interval = {std::nan(""), std::nan(""), 0.95};
  CHECK(open.summary() == "z test: difference 1, p unknown with n = 0.");
}

TEST_CASE("evidence: an error calls a number that was given what it is") {
  for (const double confidence : {std::nan(""), 0., 1., HUGE_VAL}) {
    const auto none =
        mr::stats::detail::checked(mr::stats::test_options{mr::stats::alternative::two_sided, confidence});
    REQUIRE_FALSE(none);
    CHECK(none.error().message().find("unknown") == std::string::npos);
  }
  const auto none =
      mr::stats::detail::checked(mr::stats::test_options{mr::stats::alternative::two_sided, std::nan("")});
  CHECK(none.error().message() == "confidence must lie between 0 and 1, not NaN");
}

TEST_CASE("evidence: results are plain values") {
  static_assert(std::is_trivially_copyable_v<mr::stats::test_result>);
  static_assert(std::is_trivially_copyable_v<mr::stats::assumptions>);
  static_assert(sizeof(mr::stats::assumptions) == 1);
  mr::stats::assumptions failed;
  CHECK(failed.empty());
  failed.add(mr::stats::assumption::variation, false);
  CHECK(failed.empty());
  failed.add(mr::stats::assumption::variation);
  CHECK(failed.contains(mr::stats::assumption::variation));
  CHECK_FALSE(failed.contains(mr::stats::assumption::expected_counts));
  for (std::uint8_t i = 0; i < mr::stats::assumption_count; ++i)
    CHECK(to_string(static_cast<mr::stats::assumption>(i)) != "unknown");
  CHECK(to_string(static_cast<mr::stats::assumption>(mr::stats::assumption_count)) == "unknown");
  CHECK(to_string(mr::stats::alternative::less) == "less");
  CHECK(mr::stats::interval{1, 2, 0.95}.contains(2));
  CHECK(mr::stats::interval{1, 2, 0.95}.width() == 1);
}

TEST_CASE("evidence: what stats gives is unchanged when it was moved from, but for what has memory of its own") {
  using namespace mr::stats;
  STATIC_REQUIRE(
      laws::moves_by_copying<assumptions, interval, test_result, test_options, sample_moments, pair_moments>);
  STATIC_REQUIRE(laws::moves_by_copying<beta, binomial, chi_squared, fisher_f, mr::stats::gamma, kolmogorov,
                                        noncentral_t, normal, poisson, student_t, studentized_range>);
  STATIC_REQUIRE(laws::moves_by_copying<bonferroni, holm, hochberg, benjamini_hochberg, benjamini_yekutieli,
                                        uncorrected, family<holm, 3>>);
  STATIC_REQUIRE(laws::moves_by_copying<quantile_estimate, proportion, rate_posterior, mean_posterior, arm_belief,
                                        sample_ratio_options, sample_ratio_result, trimmed_moments, pairwise_result,
                                        canary_options, canary_classification, ratio_estimate, cuped_result,
                                        ratio_with_covariate>);
  STATIC_REQUIRE(laws::moves_by_copying<permutation_options, bootstrap_options, bootstrap_result, poisson_bootstrap<>>);
  STATIC_REQUIRE(
      laws::moves_by_copying<power_options, power_plan, two_means, one_mean, two_unequal_means, two_proportions,
                             two_estimates, group_means, counts, two_rankings, two_distributions, one_distribution,
                             two_quantiles, two_proportions_exact, simulation_options, simulated_power_result>);
  STATIC_REQUIRE(laws::moves_by_copying<sprt, mixture_sprt, e_process, two_arm_design, two_arm_e_process,
                                        empirical_bernstein, group_look, sample_ratio_evidence, sample_ratio_gate>);
  using measured = outcomes<conversion<"a">, mean_of<"b">, cuped_mean<"c">, ratio<"d", "e">, quantile_of<"f", .5>>;
  STATIC_REQUIRE(laws::moves_by_copying<real, metric_evidence, experiment_report<5>,
                                        experiment_test<measured, decision<always_valid, alpha<.05>>>,
                                        experiment_test<measured, decision<fixed_horizon, alpha<.05>>>>);
  STATIC_REQUIRE_FALSE(std::is_move_constructible_v<sample_view>);
}
