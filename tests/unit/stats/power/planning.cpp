#include <millrace/stats/power/planning.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("power: of t tests, ANOVA and chi-squared it agrees with statsmodels") {
  for (const auto& row : support::reference_rows("tests", "t_power")) {
    mr::stats::power_options o;
    o.ratio = row[2];
    o.alpha = row[3];
    o.side = row[4] == 2 ? mr::stats::alternative::greater : mr::stats::alternative::two_sided;
    CAPTURE(row);
    CHECK(support::agrees(mr::stats::power_of(mr::stats::two_means{}, row[0], row[1], o)->power, row[5], 1e-9));
    CHECK(support::agrees(mr::stats::power_of(mr::stats::one_mean{}, row[0], row[1], o)->power, row[6], 1e-9));
    CHECK(support::agrees(mr::stats::power_of(mr::stats::two_estimates{}, row[0], row[1], o)->power, row[7], 1e-9));
  }
  CHECK(mr::stats::power_of(mr::stats::group_means{4}, 0.25, 120)->power ==
        Approx(support::reference("anova_power")[0]).epsilon(1e-9));
  CHECK(mr::stats::power_of(mr::stats::counts{3}, 0.3, 100)->power ==
        Approx(support::reference("chi_power")[0]).epsilon(1e-9));
}

TEST_CASE("power: a sample size is the least that reaches the power, for every design") {
  const auto least = [](const auto& design, double effect) {
    const auto plan = mr::stats::sample_size(design, effect);
    REQUIRE(plan);
    CHECK(plan->power >= 0.8);
    CHECK(mr::stats::power_of(design, effect, plan->n1 - 1)->power < 0.8);
    return plan->n1;
  };
  CHECK(least(mr::stats::two_means{}, 0.5) == 64);  // Cohen 1988, table 2.4.1
  CHECK(least(mr::stats::two_means{}, 0.2) == 394);
  CHECK(least(mr::stats::one_mean{}, 0.5) == 34);
  CHECK(least(mr::stats::two_proportions{0.1}, 0.02) == 3841);  // Fleiss' formula, by hand: 3840.8
  least(mr::stats::two_estimates{2, 3}, 0.1);
  least(mr::stats::group_means{3}, 0.25);
  least(mr::stats::counts{2}, 0.2);
  least(mr::stats::two_rankings{}, 0.05);
  CHECK(least(mr::stats::two_unequal_means{1, 1}, 0.5) == 64);  // as Student's, where the arms are alike
  // (1.96 + 0.8416)^2 (0.12 0.88 + 0.1 0.9) / 0.02^2 = 3838.1
  CHECK(least(mr::stats::two_proportions{0.1, false}, 0.02) == 3839);
}

TEST_CASE("power: the minimum detectable effect is the one whose sample size it was asked for") {
  const auto mde = mr::stats::minimum_detectable_effect(mr::stats::two_proportions{0.1}, 3841);
  CHECK(mde->effect == Approx(0.02).epsilon(1e-4));
  CHECK(mde->power >= 0.8);
  CHECK(mr::stats::minimum_detectable_effect(mr::stats::two_means{}, 64)->effect == Approx(0.5).epsilon(0.01));
  CHECK(mr::stats::power_of(mr::stats::two_means{},
                            mr::stats::minimum_detectable_effect(mr::stats::two_means{}, 64)->effect * 0.999, 64)
            ->power < 0.8);
}

TEST_CASE("power: uneven arms, sides, and the sentence") {
  mr::stats::power_options o;
  o.ratio = 2;
  const auto plan = mr::stats::sample_size(mr::stats::two_means{}, 0.5, o);
  CHECK(plan->n2 == 2 * plan->n1);
  o.ratio = 1;
  o.side = mr::stats::alternative::less;
  CHECK(mr::stats::sample_size(mr::stats::two_means{}, -0.5, o)->n1 == 51);  // G*Power's textbook example, one-sided
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_means{}, 0.5, o));
  CHECK(mr::stats::sample_size(mr::stats::two_means{}, 0.5)->summary() ==
        "To find an effect of 0.5 standard deviations with power 0.8015: n = 64 and 64.");
  CHECK(mr::stats::sample_size(mr::stats::group_means{3}, 0.25)->summary().find("an effect of 0.25 (Cohen's f) with") !=
        std::string::npos);
  CHECK(mr::stats::sample_size(mr::stats::two_unequal_means{12, 12}, 6)->summary().find("an effect of 6 with power") !=
        std::string::npos);
}

TEST_CASE("power: the least effect is found up to the greatest that there can be") {
  const auto plan = mr::stats::minimum_detectable_effect(mr::stats::two_proportions{0.1}, 5);
  REQUIRE(plan);
  CHECK(plan->effect > 0.6);
  CHECK(plan->effect < 0.9);
  CHECK(plan->power == Approx(0.8).epsilon(1e-9));
  CHECK(mr::stats::power_of(mr::stats::two_proportions{0.1}, plan->effect - 1e-6, 5)->power < 0.8);
}

TEST_CASE("power: what cannot be planned is an error that names it") {
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_means{}, 0));
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_means{}, support::not_a_number));
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_proportions{0.9}, 0.2));
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_proportions{-0.1}, 0.01));
  CHECK(mr::stats::sample_size(mr::stats::two_proportions{0.02}, -0.03).error().message() ==
        "base + effect, the first arm's rate, must lie in [0, 1], and is -0.01");
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_proportions{}, 0.02));  // the base rate is not given
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_means{}, 0.5, 1));
  CHECK_FALSE(mr::stats::minimum_detectable_effect(mr::stats::two_proportions{0.5}, 2));
  mr::stats::power_options o;
  for (const double bad : {0.0, 1.0, -1.0, support::not_a_number}) {
    o = {};
    o.alpha = bad;
    CHECK_FALSE(mr::stats::sample_size(mr::stats::two_means{}, 0.5, o));
    o = {};
    o.power = bad;
    CHECK_FALSE(mr::stats::sample_size(mr::stats::two_means{}, 0.5, o));
  }
  o = {};
  o.ratio = 0;
  o.power = 80;
  CHECK(mr::stats::sample_size(mr::stats::two_means{}, 0.5, o).error().message() ==
        "the power must lie between 0 and 1, and is 80");
  o.power = 0.8;
  CHECK(mr::stats::sample_size(mr::stats::two_means{}, 0.5, o).error().message() ==
        "ratio, the second arm's units for each of the first, must be above 0 and finite, and is 0");
}

namespace {

/// The design is refused by all three questions, with an error that begins with the argument's name.
template <class Design>
void refuses(const Design& design, const std::string& name, double effect = 0.1) {
  CAPTURE(name, effect);
  CHECK(mr::stats::sample_size(design, effect).error().message().find(name) == 0);
  CHECK(mr::stats::power_of(design, effect, 50).error().message().find(name) == 0);
}
template <class Design>
void refuses_plans(const Design& design, const std::string& name) {
  refuses(design, name);
  CHECK(mr::stats::minimum_detectable_effect(design, 50).error().message().find(name) == 0);
}

}  // namespace

TEST_CASE("power: no design plans with a parameter that is NaN, zero, negative or infinite") {
  for (const double bad : {support::not_a_number, 0.0, -1.0, support::infinite, -support::infinite}) {
    refuses_plans(mr::stats::counts{bad}, "df must");
    refuses_plans(mr::stats::group_means{bad}, "groups must");
    refuses_plans(mr::stats::two_unequal_means{bad, 1}, "deviation1 must");
    refuses_plans(mr::stats::two_unequal_means{1, bad}, "deviation2 must");
    refuses_plans(mr::stats::two_estimates{bad, 1}, "variance1 must");
    refuses_plans(mr::stats::two_estimates{1, bad}, "variance2 must");
    refuses(mr::stats::counts{2}, "the effect", bad);
    refuses(mr::stats::group_means{3}, "the effect", bad);
    if (bad == 0) continue;
    refuses_plans(mr::stats::two_proportions{bad}, "base must");
    refuses(mr::stats::two_rankings{}, "the effect", bad);
    if (bad == -1) continue;
    refuses(mr::stats::two_means{}, "the effect", bad);
    refuses(mr::stats::one_mean{}, "the effect", bad);
    refuses(mr::stats::two_unequal_means{1, 2}, "the effect", bad);
    refuses(mr::stats::two_estimates{1, 2}, "the effect", bad);
  }
  refuses_plans(mr::stats::group_means{1}, "groups must");
  refuses_plans(mr::stats::group_means{2.5}, "groups must");
  refuses_plans(mr::stats::counts{1e-6}, "df must");  // of which the law is a point at 0: any power would be 1
  CHECK(mr::stats::sample_size(mr::stats::counts{support::not_a_number}, .1).error().message() ==
        "df must be a whole number of at least 1, and is NaN");
  for (const double n : {support::not_a_number, 0.0, -5.0, 1.0, support::infinite}) {
    CAPTURE(n);
    CHECK(mr::stats::power_of(mr::stats::two_means{}, 0.5, n).error().message().find("n1 must be at least 2") == 0);
    CHECK(mr::stats::minimum_detectable_effect(mr::stats::two_means{}, n).error().message().find("n1 must") == 0);
  }
  CHECK(mr::stats::sample_size(mr::stats::two_means{}, 0).error().message() ==
        "the effect is 0, which no sample finds");
  CHECK(mr::stats::sample_size(mr::stats::counts{1}, 0.1));
}
