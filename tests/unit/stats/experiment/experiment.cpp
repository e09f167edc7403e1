#include <millrace/stats/experiment/experiment.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>
#include <support/detect.hpp>
#include <support/saved_objects.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <millrace/stats/resampling/poisson_bootstrap.hpp>
#include <millrace/stats/sequential/confidence_sequence.hpp>
#include <millrace/stats/sequential/e_process.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>
#include <millrace/stats/sequential/sprt.hpp>

namespace mr = millrace;

using family = mr::stats::outcomes<mr::stats::conversion<"ctr">, mr::stats::ratio<"revenue", "clicks">,
                                   mr::stats::quantile_of<"latency", .9>, mr::stats::cuped_mean<"spend">>;
using any_time =
    mr::stats::experiment_test<family,
                               mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>, mr::stats::holm>>;
using one_mean = mr::stats::outcomes<mr::stats::mean_of<"x">>;
using fixed = mr::stats::experiment_test<
    one_mean, mr::stats::decision<mr::stats::fixed_horizon, mr::stats::alpha<.05>, mr::stats::uncorrected>>;
using asymptotic = mr::stats::experiment_test<
    one_mean, mr::stats::decision<mr::stats::always_valid_asymptotic, mr::stats::alpha<.05>, mr::stats::holm>>;
using grouped = mr::stats::experiment_test<
    one_mean,
    mr::stats::decision<mr::stats::group_looks<mr::stats::spending::obrien_fleming, mr::stats::looks<.25, .5, .75, 1.>>,
                        mr::stats::alpha<.05>, mr::stats::bonferroni>>;

namespace {

struct source {
  mr::random_engine engine;
  explicit source(std::uint64_t seed) : engine(seed) {}
  /// One unit; `lift` is what the treatment adds to the conversion rate.
  void give(any_time& test, double lift) {
    const bool treated = engine.uniform() < 0.5;
    const double before = engine.uniform();
    test.update(treated, engine.uniform() < 0.1 + (treated ? lift : 0), 3 * engine.uniform(), 1 + engine.uniform(),
                10 - 100 * std::log(1 - engine.uniform()), 10 * before + engine.uniform(), before);
  }
};

}  // namespace

TEST_CASE("the state is trivially copyable, so threads and machines can hand it on") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<any_time>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<grouped>);
  CHECK(any_time::names()[1] == "revenue/clicks");
}

TEST_CASE("peeking at four metrics after every tenth unit finds nothing in A/A experiments more often than alpha") {
  int found = 0;
  const int experiments = 400;
  for (int e = 0; e < experiments; ++e) {
    source units(static_cast<std::uint64_t>(e) + 1);
    any_time test;
    bool out = false;
    for (int n = 1; n <= 1500 && !out; ++n) {
      units.give(test, 0);
      if (n % 10 != 0) continue;
      const auto now = test.peek();
      if (now) out = now->any_significant();
    }
    found += out;
  }
  CHECK(found <= 0.05 * experiments + 3 * std::sqrt(experiments * 0.05 * 0.95));
}

TEST_CASE("an effect is found in its metric and in no other, and a finding stands") {
  source units(1000);
  any_time test;
  for (int i = 0; i < 20'000; ++i) units.give(test, 0.04);
  const auto now = test.peek();
  REQUIRE(now);
  CHECK(now->metrics[0].significant);
  CHECK(now->metrics[0].metric == "ctr");
  CHECK(now->metrics[0].test.interval.contains(0.04));
  CHECK_FALSE(now->metrics[1].significant);
  CHECK_FALSE(now->metrics[2].significant);
  CHECK_FALSE(now->metrics[3].significant);
  CHECK_FALSE(now->sample_ratio.mismatch);
  CHECK(now->units == 20'000);
  CHECK(now->summary().find("ctr: significant") != std::string::npos);
  for (int i = 0; i < 40'000; ++i) units.give(test, -0.04);
  CHECK(test.peek()->metrics[0].significant);
}

TEST_CASE("a family of metrics pays for its size") {
  source units(1001);
  any_time test;
  for (int i = 0; i < 9000; ++i) units.give(test, 0.03);
  const auto now = test.peek();
  REQUIRE(now);
  CHECK(now->metrics[0].adjusted_p == Approx(std::fmin(1.0, 4 * now->metrics[0].test.p)));
}

TEST_CASE("parts of an experiment merge, saved parts go on, damaged ones are refused") {
  source units(1002);
  any_time a, b;
  for (int i = 0; i < 6000; ++i) units.give(i % 2 == 0 ? a : b, 0.05);
  const auto bytes = b.save();
  auto loaded = any_time::load(bytes);
  REQUIRE(loaded);
  CHECK(loaded->save() == bytes);
  REQUIRE(a.merge(*loaded));
  CHECK(a.units(true) + a.units(false) == 6000);
  CHECK(a.peek()->metrics[0].significant);
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK_FALSE(any_time::load(std::span(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); i += 5) {
    auto bad = bytes;
    bad[i] ^= std::byte{16};
    CHECK_FALSE(any_time::load(bad));
  }
  CHECK_FALSE(asymptotic::load(bytes));
  auto skewed = any_time::make({0.2, 0.06});
  REQUIRE(skewed);
  CHECK_FALSE(a.merge(*skewed));
  CHECK_FALSE(any_time::make({1.5, 0.06}));
}

TEST_CASE("a fixed horizon is concluded when it is reached, from units or from summaries, with the same answer") {
  support::normal_source normal(4);
  fixed test;
  fixed summed;
  mr::stats::detail::running_pair arms[2];
  for (int i = 0; i < 1000; ++i) {
    const double x = normal() + (i % 2 == 0 ? 0.3 : 0);
    if (i == 500) {
      const auto early = test.conclude(1000);
      REQUIRE_FALSE(early);
      CHECK(early.error().code() == mr::errc::invalid_argument);
    }
    test.update(i % 2 == 0, x);
    arms[i % 2 == 0].update(x, 0);
  }
  summed.merge<0>(true, arms[1].get_x());
  summed.merge<0>(false, arms[0].get_x());
  const auto a = test.conclude(1000);
  const auto b = summed.conclude(1000);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->metrics[0].test.p == Approx(b->metrics[0].test.p));
  CHECK(a->metrics[0].significant);

  const auto same = test.conclude(1000);
  REQUIRE(same);
  CHECK(same->metrics[0].test.p == a->metrics[0].test.p);
  test.update(true, 0.0);
  const auto peeked = test.conclude(1000);
  REQUIRE_FALSE(peeked);
  CHECK(peeked.error().describe().find("it was concluded at 1000 units") != std::string::npos);
  const auto loaded = fixed::load(test.save());
  REQUIRE(loaded);
  CHECK_FALSE(fixed(*loaded).conclude(1000));
  REQUIRE(summed.merge(test));
  CHECK_FALSE(summed.conclude(1000));
}

TEST_CASE("group looks come at their shares, spend alpha once, and a rejection stands") {
  support::normal_source normal(5);
  int rejected = 0;
  for (int e = 0; e < 1000; ++e) {
    grouped test;
    bool out = false;
    for (int n = 1; n <= 400; ++n) {
      test.update(n % 2 == 0, normal());
      if (n % 100 == 0) {
        const auto now = test.look(400);
        REQUIRE(now);
        out = out || now->metrics[0].significant;
        CHECK(now->metrics[0].significant == out);
      }
    }
    CHECK_FALSE(test.look(400));
    rejected += out;
  }
  CHECK(rejected / 1000. == Approx(0.05).margin(3 * std::sqrt(0.05 * 0.95 / 1000)));
  grouped early;
  early.update(true, 1);
  CHECK_FALSE(early.look(400));
}

TEST_CASE("p over the looks, compared with alpha, is the test; the plan stands from the first look on") {
  using halves = mr::stats::experiment_test<
      mr::stats::outcomes<mr::stats::mean_of<"x">, mr::stats::mean_of<"y">>,
      mr::stats::decision<mr::stats::group_looks<mr::stats::spending::pocock, mr::stats::looks<.25, .5, 1.>>,
                          mr::stats::alpha<.1>>>;
  support::normal_source normal(11);
  int rejected = 0;
  for (int e = 0; e < 200; ++e) {
    halves test;
    double before = 1;
    for (int n = 1; n <= 400; ++n) {
      const double shift = e % 2 == 0 && n % 2 == 0 ? 0.3 : 0;
      test.update(n % 2 == 0, normal() + shift, normal());
      if (n != 100 && n != 200 && n != 400) continue;
      const auto now = test.look(400);
      REQUIRE(now);
      for (const mr::stats::metric_evidence& m : now->metrics) CHECK((m.adjusted_p <= 0.1) == m.significant);
      CHECK(now->metrics[0].adjusted_p <= before);
      before = now->metrics[0].adjusted_p;
    }
    rejected += e % 2 == 0 && before <= 0.1;
  }
  CHECK(rejected > 50);

  // A p-value over one look is that of the fixed sample; over two it lies between it and Bonferroni's bound on it.
  using one_look = mr::stats::experiment_test<
      mr::stats::outcomes<mr::stats::mean_of<"x">>,
      mr::stats::decision<mr::stats::group_looks<mr::stats::spending::pocock, mr::stats::looks<1.>>,
                          mr::stats::alpha<.05>>>;
  one_look once;
  fixed same;
  grouped several;
  for (int i = 0; i < 400; ++i) {
    const double x = normal() + (i % 2 == 0 ? 0.25 : 0);
    once.update(i % 2 == 0, x);
    same.update(i % 2 == 0, x);
    several.update(i % 2 == 0, x);
  }
  const double fixed_p = same.conclude(400)->metrics[0].test.p;
  CHECK(once.look(400)->metrics[0].test.p == Approx(fixed_p).epsilon(1e-6));
  CHECK(several.look(400)->metrics[0].test.p > fixed_p);
  const auto changed = several.look(300);
  REQUIRE_FALSE(changed);
  CHECK(changed.error().message().find("it was planned for 400 units, not 300") != std::string::npos);
}

TEST_CASE("the asymptotic decision peeks at merged summaries") {
  asymptotic test;
  test.merge<0>(true, mr::stats::sample_moments{5000, 1.2, 4});
  test.merge<0>(false, mr::stats::sample_moments{5000, 1.0, 4});
  const auto now = test.peek();
  REQUIRE(now);
  // The difference is five standard errors; the mixture's reach at its best is about three.
  CHECK(now->metrics[0].significant);
  CHECK(now->metrics[0].test.effect == Approx(0.2));
  asymptotic small_test;
  small_test.merge<0>(true, mr::stats::sample_moments{20, 1, 1});
  small_test.merge<0>(false, mr::stats::sample_moments{20, 1, 1});
  CHECK(small_test.peek()->metrics[0].test.failed.contains(mr::stats::assumption::large_sample));
}

TEST_CASE("a mismatch of the arms is reported, and units that are not finite are left out and counted") {
  source units(1003);
  any_time test;
  for (int i = 0; i < 3000; ++i) units.give(test, 0);
  for (int i = 0; i < 3000; ++i) test.update(true, 0, 1, 1, 10, 5, 0.5);
  CHECK(test.peek()->sample_ratio.mismatch);
  test.update(true, std::nan(""), 1, 1, 10, 5, 0.5);
  test.update(true, 0, 1, 1, HUGE_VAL, 5, 0.5);
  CHECK(test.refused() == 2);
  CHECK(test.units(true) + test.units(false) == 6000);
  const std::array<double, 6> row{0, 1, 1, 10, 5, 0.5};
  test.update(false, std::span<const double, 6>(row));
  CHECK(test.units(true) + test.units(false) == 6001);
}

TEST_CASE("while the arms are not filled as configured there is no verdict, and no finding is recorded") {
  using one_rate = mr::stats::outcomes<mr::stats::conversion<"bought">>;
  const auto ninety_ten = [](auto test, std::uint64_t seed, double lift, bool configured) {
    mr::random_engine engine(seed);
    bool found = false;
    for (int n = 1; n <= 5000; ++n) {
      const bool treated = engine.uniform() < 0.9;
      test.update(treated, engine.uniform() < 0.1 + (treated ? lift : 0));
      if (n % 10 != 0) continue;
      const auto now = test.peek();
      if (now) found = found || now->any_significant();
      if (now && n > 1000) CHECK(now->sample_ratio.mismatch != configured);
    }
    return found;
  };
  const auto both = [&](auto test) {
    using test_type = decltype(test);
    int without_share = 0;
    int with_share = 0;
    int effects = 0;
    for (std::uint64_t e = 1; e <= 40; ++e) {
      without_share += ninety_ten(test_type(), e, 0, false);
      auto with = test_type::make({.share = 0.9, .effect = 0.06});
      REQUIRE(with);
      with_share += ninety_ten(*with, e, 0, true);
      effects += ninety_ten(*with, e, 0.15, true);
    }
    CHECK(without_share <= 1);  // 40 of 40 found an effect that is not there
    CHECK(with_share <= 6);
    CHECK(effects >= 30);
  };
  both(mr::stats::experiment_test<one_rate, mr::stats::decision<mr::stats::always_valid, .05>>());
  both(mr::stats::experiment_test<one_rate, mr::stats::decision<mr::stats::always_valid_asymptotic, .05>>());

  // A finding of before is withdrawn while the arms contradict their shares, and none is recorded meanwhile.
  support::normal_source normal(12);
  asymptotic test;
  for (int i = 0; i < 2000; ++i) test.update(i % 2 == 0, normal());
  for (int i = 0; i < 2000; ++i) test.update(true, normal() + 2);
  auto now = test.peek();
  REQUIRE(now);
  CHECK(now->sample_ratio.mismatch);
  CHECK_FALSE(now->metrics[0].significant);
  CHECK(now->metrics[0].adjusted_p == 1);
  CHECK(now->metrics[0].test.p > 0.05);
  CHECK(now->treated == 3000);
  CHECK(now->share == 0.5);
  CHECK(now->summary().find("No verdict: sample ratio mismatch") == 0);
  for (int i = 0; i < 2000; ++i) test.update(false, normal());
  now = test.peek();
  CHECK_FALSE(now->sample_ratio.mismatch);
  CHECK(now->metrics[0].significant);

  fixed once;
  grouped looked;
  for (int i = 0; i < 2000; ++i) {
    const double x = normal() + (i % 10 != 0 ? 2 : 0);
    once.update(i % 10 != 0, x);
    looked.update(i % 10 != 0, x);
  }
  const auto concluded = once.conclude(2000);
  REQUIRE(concluded);
  CHECK_FALSE(concluded->any_significant());
  const auto look = looked.look(2000);
  REQUIRE(look);
  CHECK_FALSE(look->any_significant());
  CHECK(look->metrics[0].adjusted_p == 1);
}

TEST_CASE("while the data do not vary an interval is the whole line; what varies between the arms alone is evidence") {
  const auto whole = [](const mr::stats::interval& at) { return at.lower == -HUGE_VAL && at.upper == HUGE_VAL; };
  using rates = mr::stats::outcomes<mr::stats::conversion<"bought">>;
  mr::stats::experiment_test<rates, mr::stats::decision<mr::stats::always_valid, .05>> bets;
  mr::stats::experiment_test<rates, mr::stats::decision<mr::stats::always_valid_asymptotic, .05>> moments;
  for (int i = 0; i < 400; ++i) {
    bets.update(i % 2 == 0, false);
    moments.update(i % 2 == 0, false);
  }
  for (const auto& now : {bets.peek(), moments.peek()}) {
    REQUIRE(now);
    CHECK(whole(now->metrics[0].test.interval));
    CHECK(now->metrics[0].test.interval.contains(0));
    CHECK(now->metrics[0].test.interval.level == 0.95);
    CHECK(now->metrics[0].test.p == 1);
    CHECK(now->metrics[0].test.failed.contains(mr::stats::assumption::variation));
    CHECK(now->summary().find("95 % interval -infinity to infinity") != std::string::npos);
  }

  // All metrics, one of them a ratio and one with a covariate, none of which vary.
  any_time flat;
  mr::stats::experiment_test<family, mr::stats::decision<mr::stats::always_valid_asymptotic, .05>> flat_moments;
  for (int i = 0; i < 400; ++i) {
    flat.update(i % 2 == 0, 1, 3, 2, 10, 5, 1);
    flat_moments.update(i % 2 == 0, 1, 3, 2, 10, 5, 1);
  }
  for (const auto& now : {flat.peek(), flat_moments.peek()}) {
    REQUIRE(now);
    for (const mr::stats::metric_evidence& m : now->metrics) {
      CAPTURE(m.metric);
      CHECK(m.test.interval.contains(0));
      CHECK_FALSE(m.significant);
    }
  }

  // 2,000 ones against 2,000 twos: no arm varies, both together do.
  mr::stats::experiment_test<one_mean, mr::stats::decision<mr::stats::always_valid, .05>> twos;
  asymptotic asymptotic_twos;
  fixed fixed_twos;
  for (int i = 0; i < 4000; ++i) {
    const bool treated = i % 2 == 0;
    twos.update(treated, treated ? 2 : 1);
    asymptotic_twos.update(treated, treated ? 2 : 1);
    fixed_twos.update(treated, treated ? 2 : 1);
  }
  for (const auto& now : {twos.peek(), asymptotic_twos.peek(), fixed_twos.conclude(4000)}) {
    REQUIRE(now);
    CHECK(now->metrics[0].test.p < 1e-100);
    CHECK(now->metrics[0].significant);
    CHECK(now->metrics[0].test.interval.contains(1));
    CHECK_FALSE(now->metrics[0].test.interval.contains(0));
  }
  // By the normal mixture of the pooled variance, (1/4) (4000/3999) (1/2000 + 1/2000).
  const double se = std::sqrt(0.25 * 4000 / 3999 / 1000);
  const auto reach = mr::stats::asymptotic_interval(0, se, 4000, 0.95, 10'000);
  CHECK(asymptotic_twos.peek()->metrics[0].test.interval.upper == Approx(1 + reach->upper));

  // An effect of exactly 0 in data that vary has an interval like any other.
  mr::stats::experiment_test<mr::stats::outcomes<mr::stats::cuped_mean<"x">>,
                             mr::stats::decision<mr::stats::always_valid_asymptotic, .05>>
      even;
  for (int i = 0; i < 400; ++i) even.update(i % 2 == 0, i / 2 % 2, i / 4 % 2);
  const auto none = even.peek();
  REQUIRE(none);
  CHECK(none->metrics[0].test.effect == 0);
  CHECK(none->metrics[0].test.interval.upper > 0.1);
  CHECK(none->metrics[0].test.interval.upper < 1);

  grouped looked;
  for (int i = 0; i < 400; ++i) looked.update(i % 2 == 0, 7);
  const auto look = looked.look(400);
  REQUIRE(look);
  CHECK(whole(look->metrics[0].test.interval));
}

TEST_CASE("a huge input leaves its unit out and says so, and the units after it count") {
  support::normal_source normal(13);
  asymptotic test;
  any_time several;
  for (int i = 0; i < 1000; ++i) {
    test.update(i % 2 == 0, normal());
    if (i == 500) {
      test.update(true, 1e155);
      test.update(false, -1e308);
      several.update(true, 0, 1e200, 1, 10, 5, 0.5);
    }
    several.update(i % 2 == 0, 0, 1, 1, 10, 5, normal());
  }
  CHECK(test.refused() == 2);
  CHECK(several.refused() == 1);
  const auto now = test.peek();
  REQUIRE(now);
  CHECK(now->units == 1000);
  CHECK(now->summary().find("Left out: 2 units with an input that is not finite, beyond 1e140") != std::string::npos);
  CHECK(several.peek());
  // The largest that are taken give finite figures.
  test.update(true, 1e140);
  test.update(false, -1e140);
  const auto large = test.peek();
  REQUIRE(large);
  CHECK(std::isfinite(large->metrics[0].test.effect));
  CHECK(std::isfinite(large->metrics[0].test.interval.width()));
}

TEST_CASE("looks that spend alpha by a power of the information are saved with their exponent") {
  using power = mr::stats::group_looks<mr::stats::spending::power, mr::stats::looks<.5, 1.>, 3.>;
  using other = mr::stats::group_looks<mr::stats::spending::power, mr::stats::looks<.5, 1.>, 2.>;
  mr::stats::experiment_test<one_mean, mr::stats::decision<power, .05>> test;
  support::normal_source normal(14);
  for (int i = 0; i < 400; ++i) test.update(i % 2 == 0, normal());
  REQUIRE(test.look(800));
  using same = decltype(test);
  const auto loaded = same::load(test.save());
  REQUIRE(loaded);
  CHECK(loaded->save() == test.save());
  CHECK_FALSE(mr::stats::experiment_test<one_mean, mr::stats::decision<other, .05>>::load(test.save()));
}

TEST_CASE("an experiment whose arm is empty answers an error that names the arm") {
  fixed test;
  CHECK(test.conclude(1).error().message() == "experiment: 0 units are there, 1 are needed");
  test.update(true, 1.0);
  CHECK(test.conclude(1).error().message() == "experiment: the control has no units yet, of 1 in all");
  asymptotic other;
  other.update(false, 1.0);
  CHECK(other.peek().error().message() == "experiment: the treatment has no units yet, of 1 in all");
}

TEST_CASE("an experiment whose units were refused says how many, and why the last was") {
  using any = mr::stats::always_valid;
  mr::stats::experiment_test<mr::stats::outcomes<mr::stats::mean_of<"ms">, mr::stats::conversion<"bought">>,
                             mr::stats::decision<any, .05>>
      test;
  test.update(false, 3.0, 12.5);
  CHECK(test.peek().error().message() ==
        "experiment: the control has no units yet, of 0 in all; 1 unit was refused, the last because bought was 12.5, "
        "which is not 0 or 1");
  test.update(true, 1.0, 0);
  const auto why = [&](double ms, double bought) {
    test.update(false, ms, bought);
    const std::string said = test.peek().error().message();
    return said.substr(said.find("because"));
  };
  CHECK(why(std::nan(""), 1) == "because ms was NaN");
  CHECK(why(-HUGE_VAL, 7) == "because ms was -infinity, which is not finite");
  CHECK(why(1e155, 7) == "because ms was 1e+155, which is beyond 1e140");
  CHECK(why(1, -1) == "because bought was -1, which is not 0 or 1");
  CHECK(test.peek().error().message().find("of 1 in all; 5 units were refused, the last") != std::string::npos);
  auto loaded = decltype(test)::load(test.save());
  REQUIRE(loaded);
  CHECK(loaded->peek().error().message().find("5 units were refused") != std::string::npos);
  REQUIRE(loaded->merge(test));
  CHECK(loaded->peek().error().message().find("because bought was -1") != std::string::npos);

  fixed once;
  once.update(true, std::nan(""));
  CHECK(once.conclude(1).error().message().find("are needed; 1 unit was refused") != std::string::npos);
}

TEST_CASE("a plan that is no number of units is an error that says so") {
  fixed test;
  test.update(true, 1.0);
  test.update(false, 2.0);
  for (const double plan : {0.0, -5.0, std::nan(""), HUGE_VAL}) {
    const auto none = test.conclude(plan);
    REQUIRE_FALSE(none);
    CHECK(none.error().message().find("the planned number of units is") != std::string::npos);
  }
}

TEST_CASE("a conversion that is neither 0 nor 1 leaves its unit out, and the report says how many") {
  mr::stats::experiment_test<mr::stats::outcomes<mr::stats::mean_of<"ms">, mr::stats::conversion<"bought">>,
                             mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>>
      test;
  support::normal_source normal(8);
  for (int i = 0; i < 200; ++i) test.update(i % 2 == 0, normal(), i % 3 == 0);
  test.update(true, 1, 12.5);
  test.update(true, 1, -1);
  CHECK(test.refused() == 2);
  const auto now = test.peek();
  REQUIRE(now);
  CHECK(now->refused == 2);
  CHECK(now->summary().find("Left out: 2 units") != std::string::npos);
}

TEST_CASE("merging into an empty experiment keeps findings, looks and conclusions; into another one not") {
  support::normal_source normal(9);
  asymptotic found;
  for (int i = 0; i < 400; ++i) found.update(i % 2 == 0, normal() + (i % 2 == 0 ? 2 : 0));
  REQUIRE(found.peek()->metrics[0].significant);
  for (int i = 0; i < 4000; ++i) found.update(i % 2 == 0, normal() - (i % 2 == 0 ? 0.2 : 0));
  REQUIRE(found.peek()->metrics[0].significant);  // by what was seen before
  asymptotic fresh;
  fresh.update(true, std::nan(""));
  REQUIRE(fresh.merge(found));
  CHECK(fresh.peek()->metrics[0].significant);
  CHECK(fresh.refused() == 1);
  asymptotic another;
  for (int i = 0; i < 400; ++i) another.update(i % 2 == 0, normal());
  REQUIRE(another.merge(found));
  CHECK_FALSE(another.peek()->metrics[0].significant);

  grouped looked;
  for (int i = 0; i < 400; ++i) looked.update(i % 2 == 0, normal());
  for (int k = 0; k < 4; ++k) REQUIRE(looked.look(400));
  grouped copy;
  REQUIRE(copy.merge(looked));
  CHECK_FALSE(copy.look(400));
}

TEST_CASE("the first release's bytes of an experiment load and mean what they meant; resealed damage does no harm") {
  const auto fill = [](auto& test, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      const double x = support::exact_stream(i);
      test.update(i % 3 == 0, x > 0.75, 3 * x, 1 + support::exact_stream(i + 5), 10 + 1000 * x, 2 + x, x);
    }
  };
  using resumed = mr::stats::experiment_test<
      family, mr::stats::decision<mr::stats::always_valid_asymptotic, mr::stats::alpha<.05>, mr::stats::holm>>;
  const auto check = [&](auto fresh, const char* name) {
    using test_type = decltype(fresh);
    fill(fresh, 0, 400);
    const auto bytes = support::golden(name);
    auto old = test_type::load(bytes);
    REQUIRE(old);
    CHECK(old->save() == bytes);
    CHECK(old->units(true) == 134);
    fill(fresh, 400, 600);
    fill(*old, 400, 600);
    const auto a = old->peek();
    const auto b = fresh.peek();
    REQUIRE((a && b));
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(a->metrics[i].test.effect == Approx(b->metrics[i].test.effect).epsilon(1e-9));
      CHECK(a->metrics[i].test.p == Approx(b->metrics[i].test.p).epsilon(1e-6));
      CHECK(a->metrics[i].test.interval.width() == Approx(b->metrics[i].test.interval.width()).epsilon(1e-9));
    }
    const auto use = [&](test_type& found) {
      fill(found, 0, 20);
      (void)found.peek();
      (void)found.merge(fresh);
      (void)found.save();
    };
    laws::hostile_payload(fresh, support::reseal, use, 5, 600);
  };
  check(any_time(), "stats/experiment_always_valid.bin");
  check(resumed(), "stats/experiment_asymptotic.bin");
}

TEST_CASE("a saved experiment whose plan is no number of units, though it has looked, is refused") {
  grouped test;
  support::normal_source normal(20);
  for (int i = 0; i < 400; ++i) test.update(i % 2 == 0, normal());
  const auto fresh = test.save();
  REQUIRE(test.look(397));
  const auto bytes = test.save();
  const auto planned = std::bit_cast<std::array<std::byte, 8>>(397.0);
  const auto at = std::search(bytes.begin(), bytes.end(), planned.begin(), planned.end()) - bytes.begin();
  REQUIRE(at < static_cast<std::ptrdiff_t>(bytes.size()));
  const auto loads = [&](std::vector<std::byte> changed, double units) {
    const auto bits = std::bit_cast<std::array<std::byte, 8>>(units);
    std::copy(bits.begin(), bits.end(), changed.begin() + at);
    support::reseal(changed);
    return grouped::load(changed).has_value();
  };
  CHECK(loads(bytes, 500));
  CHECK_FALSE(loads(bytes, HUGE_VAL));
  CHECK_FALSE(loads(bytes, 0));
  CHECK(loads(fresh, 0));
  CHECK_FALSE(loads(fresh, 500));
}

TEST_CASE("a saved experiment is of its metrics, their kinds and its decision, and of no other") {
  const auto kind = [](auto test, auto other) {
    const auto found = decltype(other)::load(test.save());
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::type_mismatch);
    return found.error().message();
  };
  using plan = mr::stats::decision<mr::stats::fixed_horizon, mr::stats::alpha<.05>, mr::stats::uncorrected>;
  CHECK(kind(fixed(), asymptotic()) ==
        "saved experiment: it is decided in another way than by always_valid_asymptotic, Holm, alpha 0.05");
  using stricter = mr::stats::experiment_test<
      mr::stats::outcomes<mr::stats::mean_of<"x">>,
      mr::stats::decision<mr::stats::fixed_horizon, mr::stats::alpha<.01>, mr::stats::uncorrected>>;
  CHECK(kind(fixed(), stricter()) ==
        "saved experiment: it is decided in another way than by fixed_horizon, none, alpha 0.01");
  using other_looks = mr::stats::experiment_test<
      mr::stats::outcomes<mr::stats::mean_of<"x">>,
      mr::stats::decision<mr::stats::group_looks<mr::stats::spending::pocock, mr::stats::looks<.5, 1.>>,
                          mr::stats::alpha<.05>>>;
  kind(grouped(), other_looks());
  CHECK(kind(fixed(), mr::stats::experiment_test<mr::stats::outcomes<mr::stats::mean_of<"y">>, plan>()) ==
        "saved experiment: its metric is not y");
  CHECK(kind(fixed(), mr::stats::experiment_test<mr::stats::outcomes<mr::stats::conversion<"x">>, plan>()) ==
        "saved experiment: its metric x is not a conversion");
  using median = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::quantile_of<"x", .5>>, plan>;
  using tail = mr::stats::experiment_test<mr::stats::outcomes<mr::stats::quantile_of<"x", .9>>, plan>;
  CHECK_FALSE(tail::load(median().save()));
  CHECK(median::load(median().save()));
}

TEST_CASE("no update of the module allocates, nor does a merge or a peek, and every state is trivially copyable") {
  const auto none = [](auto state, auto step) {
    STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(state)>);
    if (!support::counts_allocations) return true;
    return support::allocations_of([&] {
             for (std::uint64_t i = 0; i < 2000; ++i) step(state, support::exact_stream(i));
           }) == 0;
  };
  const auto one = [](auto& state, double x) { state.update(x); };
  CHECK(none(mr::stats::e_process(), one));
  CHECK(none(mr::stats::mixture_sprt(0.45, 0.3, 0.1), one));
  CHECK(none(mr::stats::sprt::of_means(0.45, 0.46, 0.3).value(), one));
  CHECK(none(mr::stats::empirical_bernstein(), one));
  CHECK(none(mr::stats::poisson_bootstrap<20>(1), one));
  CHECK(none(mr::stats::two_arm_e_process(), [](mr::stats::two_arm_e_process& t, double x) {
    t.update(x > 0.5, x);
    (void)t.rejects(0.05);
  }));
  const auto unit = [](auto& test, double x) { test.update(x > 0.5, x > 0.7, x, 1 + x, 10 * x, x, x); };
  CHECK(none(any_time(), unit));
  CHECK(none(mr::stats::experiment_test<
                 family, mr::stats::decision<mr::stats::fixed_horizon, mr::stats::alpha<.05>, mr::stats::holm>>(),
             unit));
  CHECK(none(grouped(), [](grouped& test, double x) { test.update(x > 0.5, x); }));
  const any_time other;
  CHECK(none(any_time(), [&](any_time& test, double x) {
    test.update(x > 0.5, x > 0.7, x, 1 + x, 10 * x, x, x);
    (void)test.merge(other);
    if (test.units(true) > 100 && test.units(false) > 100) (void)test.peek();
  }));
}
