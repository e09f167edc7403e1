#include <millrace/stats/tests/aggregate_tests.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <millrace/aggregate.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/distributions/binomial.hpp>
#include <millrace/stats/experiment/experiment.hpp>
#include <millrace/stats/tests/quantiles.hpp>
#include <millrace/stats/tests/trimmed.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

using moments_aggregate = mr::aggregate<mr::count, mr::mean, mr::variance>;

template <class A>
A filled(const std::vector<double>& values) {
  A a;
  for (const double x : values) a.update(x);
  return a;
}

std::vector<double> exponentials(std::uint64_t seed, double mean, std::size_t n) {
  mr::random_engine engine(seed);
  std::vector<double> made(n);
  for (double& x : made) x = -mean * std::log1p(-engine.uniform());
  return made;
}

}  // namespace

TEST_CASE("aggregate tests: of means and rates, each is one call and equals the test of the samples") {
  const auto x = support::reference("sample_a");
  const auto y = support::reference("sample_b");
  const auto a = filled<moments_aggregate>(x);
  const auto b = filled<moments_aggregate>(y);
  const auto welch = support::reference_rows("tests", "welch")[0];  // SciPy's
  CHECK(support::agrees(mr::stats::welch_t_test(a, b)->statistic, welch[0]));
  CHECK(support::agrees(mr::stats::welch_t_test(a, b)->p, welch[2], 1e-11));
  CHECK(support::agrees(mr::stats::student_t_test(a, b)->p, mr::stats::student_t_test(x, y)->p, 1e-11));
  CHECK(support::agrees(mr::stats::one_sample_t_test(a, 9.5)->p, mr::stats::one_sample_t_test(x, 9.5)->p, 1e-11));
  CHECK(mr::stats::relative_lift_test(a, b)->effect == Approx(a.get<mr::mean>() / b.get<mr::mean>() - 1));
  CHECK(mr::stats::welch_t_test(moments_aggregate(), b).error().message() ==
        "the first sample has fewer than 2 observations");

  std::vector<double> clicks(300), shows(310);
  for (std::size_t i = 0; i < 45; ++i) clicks[i] = 1;
  for (std::size_t i = 0; i < 30; ++i) shows[i] = 1;
  const auto rows = support::reference_rows("tests", "two_proportions")[0];  // 45 of 300, 30 of 310
  CHECK(support::agrees(
      mr::stats::two_proportion_z_test(filled<moments_aggregate>(clicks), filled<moments_aggregate>(shows))->p,
      rows[5]));
  CHECK(support::agrees(
      mr::stats::fisher_exact_test(filled<moments_aggregate>(clicks), filled<moments_aggregate>(shows))->p, rows[6]));

  mr::aggregate<mr::covariance> pairs, others;
  const auto more = exponentials(3, 2, x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    pairs.update(mr::xy{x[i], more[i]});
    others.update(mr::xy{y[i], more[i]});
  }
  const auto pairs_of = [&](const std::vector<double>& v) {
    return mr::stats::pair_moments::make(std::span(v).first(x.size()), more);
  };
  CHECK(support::agrees(mr::stats::ratio_test(pairs, others)->p, mr::stats::ratio_test(pairs_of(x), pairs_of(y))->p,
                        1e-10));
  CHECK(support::agrees(mr::stats::cuped_test(pairs, others)->test.p,
                        mr::stats::cuped_test(pairs_of(x), pairs_of(y))->test.p, 1e-10));
}

TEST_CASE("aggregate tests: quantiles from every sketch come within their bounds to the test of the samples") {
  const auto x = exponentials(7, 120, 20'000);
  const auto y = exponentials(8, 100, 20'000);
  const double p = 0.9;
  const auto wanted =
      mr::stats::quantile_test(*mr::stats::sorted_sample::make(x), *mr::stats::sorted_sample::make(y), p);
  const auto near = [&](const mr::result<mr::stats::test_result>& found, double off) {
    REQUIRE(found);
    CAPTURE(found->summary(), wanted->summary());
    CHECK(found->n1 == 20'000);
    CHECK(std::fabs(found->effect - wanted->effect) < off);
    CHECK(found->interval.width() > 0.8 * wanted->interval.width());
    CHECK(found->interval.contains(wanted->effect));
    CHECK(found->significant());
  };
  const auto kll = [](const auto& v) { return filled<mr::kll<800>>(v); };
  // 0.34 % of rank, a tenth of the tail at 0.9: 12 * 0.034 + 10 * 0.034.
  near(mr::stats::quantile_test(kll(x), kll(y), p), 8);
  near(mr::stats::quantile_test(filled<mr::aggregate<mr::count, mr::quantiles<mr::kll<800>>>>(x), kll(y), p), 8);
  near(mr::stats::quantile_test(filled<mr::tdigest<200>>(x), filled<mr::tdigest<200>>(y), p), 3);
  near(mr::stats::quantile_test(filled<mr::ddsketch<>>(x), filled<mr::ddsketch<>>(y), p), 2 * 0.01 * 276);
  near(mr::stats::quantile_test(filled<mr::req<>>(x), filled<mr::req<>>(y), p), 8);
  mr::log_histogram slow, fast;
  for (const double v : x) slow.update(static_cast<std::uint64_t>(1000 * v));
  for (const double v : y) fast.update(static_cast<std::uint64_t>(1000 * v));
  auto scaled = mr::stats::quantile_test(slow, fast, p);
  REQUIRE(scaled);
  CHECK(scaled->effect / 1000 == Approx(wanted->effect).margin(2 * 276. / 128));
  CHECK(scaled->significant());
}

TEST_CASE("aggregate tests: what a small sketch does not know of its ranks widens the interval") {
  const auto x = exponentials(9, 100, 50'000);
  const auto y = exponentials(10, 100, 50'000);
  const auto fine = mr::stats::quantile_test(filled<mr::kll<1000>>(x), filled<mr::kll<1000>>(y), 0.5);
  const auto coarse = mr::stats::quantile_test(filled<mr::kll<50>>(x), filled<mr::kll<50>>(y), 0.5);
  CHECK(coarse->interval.width() > 4 * fine->interval.width());
  // So does what a ddsketch does not know of a value: 1 % even about it, sqrt((1 + 1.01^2) / 3) together.
  const auto values = mr::stats::quantile_test(filled<mr::ddsketch<>>(std::vector<double>(500, 101.0)),
                                               filled<mr::ddsketch<>>(std::vector<double>(500, 100.0)), 0.5);
  CHECK(values->interval.width() == Approx(2 * 1.959964 * std::sqrt((1 + 1.0201) / 3)).epsilon(1e-3));
  // The level is kept: two sketches of one law, 400 times.
  int rejected = 0;
  for (std::uint64_t run = 0; run < 400; ++run) {
    mr::kll<100> a(2 * run), b(2 * run + 1);
    a.update(exponentials(1000 + run, 1, 4000));
    b.update(exponentials(5000 + run, 1, 4000));
    rejected += mr::stats::quantile_test(a, b, 0.75)->significant() ? 1 : 0;
  }
  CHECK(rejected <= mr::stats::binomial{400, 0.05}.isf(1e-4));
}

TEST_CASE("aggregate tests: Kolmogorov-Smirnov of exact sketches is that of the samples, of others cautious") {
  const auto x = support::reference("sample_a");
  const auto y = support::reference("sample_b");
  const auto exact = mr::stats::ks_test(filled<mr::kll<200>>(x), filled<mr::aggregate<mr::quantiles<mr::kll<200>>>>(y));
  CHECK(support::agrees(exact->p, support::reference_rows("tests", "ks_exact")[0][1]));
  const auto slow = exponentials(11, 1.3, 20'000);
  const auto fast = exponentials(12, 1, 20'000);
  const auto real = mr::stats::ks_test(*mr::stats::sorted_sample::make(slow), *mr::stats::sorted_sample::make(fast));
  const auto found = mr::stats::ks_test(filled<mr::kll<400>>(slow), filled<mr::kll<400>>(fast));
  CHECK(found->effect == Approx(real->effect).margin(0.014));
  CHECK(found->interval.contains(real->effect));
  CHECK(found->p > real->p);
  CHECK(found->p < 1e-10);
  mr::stats::test_options less;
  less.side = mr::stats::alternative::less;
  CHECK(mr::stats::ks_test(filled<mr::kll<400>>(slow), filled<mr::kll<400>>(fast), less)->p < 1e-10);
  less.side = mr::stats::alternative::greater;
  CHECK(mr::stats::ks_test(filled<mr::kll<400>>(slow), filled<mr::kll<400>>(fast), less)->p > 0.5);
  const auto same = exponentials(13, 1, 20'000);
  CHECK(mr::stats::ks_test(filled<mr::kll<400>>(same), filled<mr::kll<400>>(fast))->p > 0.2);
}

TEST_CASE("aggregate tests: empty and infinite sketches and impossible questions are errors") {
  const auto kept = filled<mr::kll<200>>({1, 2, 3});
  CHECK(mr::stats::quantile_test(mr::kll<200>(), kept, 0.5).error().message() ==
        "the first sketch has fewer than 2 observations");
  CHECK(mr::stats::quantile_test(kept, mr::ddsketch<>(), 0.5).error().message() ==
        "the second sketch has fewer than 2 observations");
  CHECK_FALSE(mr::stats::ks_test(mr::kll<200>(), kept));
  for (const double bad : {0.0, 1.0, -1.0, support::not_a_number}) {
    CHECK_FALSE(mr::stats::quantile_test(kept, kept, bad));
    CHECK_FALSE(mr::stats::quantile_test(kept, kept, 0.5, {mr::stats::alternative::two_sided, bad}));
    CHECK_FALSE(mr::stats::ks_test(kept, kept, {mr::stats::alternative::two_sided, bad}));
  }
  auto endless = kept;
  for (int i = 0; i < 10; ++i) endless.update(support::infinite);
  CHECK_FALSE(mr::stats::quantile_test(endless, kept, 0.9));
  CHECK_FALSE(mr::stats::ks_test(endless, kept));
  const auto constant =
      mr::stats::quantile_test(filled<mr::kll<200>>({4, 4, 4, 4}), filled<mr::kll<200>>({4, 4, 4}), 0.5);
  REQUIRE(constant);
  CHECK(constant->p == 1);
}

TEST_CASE("aggregate tests: an experiment takes aggregates and sketches as they are") {
  using test_type = mr::stats::experiment_test<
      mr::stats::outcomes<mr::stats::conversion<"bought">, mr::stats::mean_of<"time">,
                          mr::stats::ratio<"revenue", "clicks">, mr::stats::quantile_of<"latency", .9>,
                          mr::stats::quantile_of<"tail", .9>>,
      mr::stats::decision<mr::stats::fixed_horizon, mr::stats::alpha<.05>, mr::stats::holm>>;
  test_type from_units, from_states;
  mr::random_engine engine(21);
  for (const bool treated : {false, true}) {
    mr::aggregate<mr::mean> bought;
    moments_aggregate time;
    mr::aggregate<mr::covariance> money;
    mr::kll<400> latency;
    mr::ddsketch<> tail;
    for (int i = 0; i < 5000; ++i) {
      const double bit = engine.uniform() < (treated ? 0.12 : 0.1) ? 1 : 0;
      const double seconds = 5 + engine.normal();
      const double clicks = 1 + std::floor(3 * engine.uniform());
      const double revenue = clicks * engine.uniform();
      const double ms = -100 * std::log1p(-engine.uniform());
      from_units.update(treated, bit, seconds, revenue, clicks, ms, ms);
      bought.update(bit);
      time.update(seconds);
      money.update(mr::xy{revenue, clicks});
      latency.update(ms);
      tail.update(ms);
    }
    from_states.merge<0>(treated, bought);
    from_states.merge<1>(treated, time);
    from_states.merge<2>(treated, money);
    from_states.merge<3>(treated, latency);
    from_states.merge<4>(treated, tail);
  }
  const auto a = from_units.conclude(10'000);
  const auto b = from_states.conclude(10'000);
  REQUIRE((a && b));
  for (std::size_t i = 0; i < 3; ++i) CHECK(support::agrees(b->metrics[i].test.p, a->metrics[i].test.p, 1e-8));
  for (std::size_t i = 3; i < 5; ++i) {
    CHECK(b->metrics[i].test.n1 == 5000);
    CHECK(b->metrics[i].test.effect == Approx(a->metrics[i].test.effect).margin(6));
    CHECK(b->metrics[i].test.interval.width() == Approx(a->metrics[i].test.interval.width()).epsilon(0.35));
  }
}

TEST_CASE("where the standard error is 0, every one-sided test has p 1 against the data and 0 with them") {
  const auto sides = [](auto test) {
    using enum mr::stats::alternative;
    CHECK(test(true, greater)->p == 0);
    CHECK(test(true, less)->p == 1);
    CHECK(test(true, two_sided)->p == 0);
    CHECK(test(false, greater)->p == 1);
    CHECK(test(false, less)->p == 0);
    CHECK(test(false, two_sided)->p == 0);
  };
  const std::vector<double> ones(100, 1.0);
  const std::vector<double> twos(100, 2.0);
  const auto a = [&](bool above) -> const std::vector<double>& { return above ? twos : ones; };
  using side = mr::stats::alternative;
  sides([&](bool up, side s) { return mr::stats::welch_t_test(a(up), a(!up), {s}); });
  sides([&](bool up, side s) { return mr::stats::student_t_test(a(up), a(!up), {s}); });
  sides([&](bool up, side s) { return mr::stats::one_sample_t_test(a(up), 1.5, {s}); });
  sides([&](bool up, side s) { return mr::stats::paired_t_test(a(up), a(!up), {s}); });
  sides([&](bool up, side s) { return mr::stats::yuen_test(a(up), a(!up), 0.2, {s}); });
  sides([&](bool up, side s) { return mr::stats::quantile_test(a(up), a(!up), 0.5, {s}); });
  sides([&](bool up, side s) {
    return mr::stats::relative_lift_test(mr::stats::sample_moments::make(a(up)),
                                         mr::stats::sample_moments::make(a(!up)), {s});
  });
  sides([&](bool up, side s) {
    return mr::stats::ratio_test(mr::stats::pair_moments::make(a(up), ones),
                                 mr::stats::pair_moments::make(a(!up), ones), {s});
  });
  sides([&](bool up, side s) -> mr::result<mr::stats::test_result> {
    auto found = mr::stats::cuped_test(mr::stats::pair_moments::make(a(up), ones),
                                       mr::stats::pair_moments::make(a(!up), ones), {s});
    if (!found) return found.error();
    return found->test;
  });
}
