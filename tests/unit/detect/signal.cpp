#include <millrace/detect/signal.hpp>

#include <support/catch.hpp>

#include <millrace/detect.hpp>

#include <laws/moving.hpp>
#include <support/allocations.hpp>
#include <support/detect.hpp>
#include <support/saved_objects.hpp>

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <vector>

namespace mr = millrace;

TEMPLATE_TEST_CASE("every drift detector keeps the laws of its concept", "", mr::detect::cusum<>,
                   mr::detect::page_hinkley<>, mr::detect::ewma_chart<>, mr::detect::adwin<>, mr::detect::ddm<>,
                   mr::detect::eddm<>, mr::detect::hddm_a<>, mr::detect::hddm_w<>, mr::detect::kswin<>,
                   mr::detect::bocpd<>) {
  STATIC_REQUIRE(mr::detect::drift_detector<TestType>);
  const TestType fresh = support::fresh_detector<TestType>();
  CHECK(fresh.count() == 0);
  CHECK(fresh.statistic() == 0);
  CHECK(fresh.threshold() > 0);

  SECTION("observations that are not finite are passed over, also as the first ones") {
    support::coin_source coin(5, 0.3);
    TestType plain = support::fresh_detector<TestType>();
    TestType mixed = support::fresh_detector<TestType>();
    for (int i = 0; i < 2000; ++i) {
      const double x = coin();
      if (i % 3 == 0)
        for (const double bad :
             {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
          REQUIRE(mixed.update(bad) == mr::detect::signal::none);
      REQUIRE(mixed.update(x) == plain.update(x));
      REQUIRE(mixed.statistic() == plain.statistic());
    }
  }
  SECTION("a copy goes on as the original does, and reset makes it as new") {
    support::coin_source coin(6, 0.3);
    TestType first = support::fresh_detector<TestType>();
    for (int i = 0; i < 1000; ++i) first.update(coin());
    TestType second = first;
    for (int i = 0; i < 1000; ++i) {
      const double x = coin();
      REQUIRE(first.update(x) == second.update(x));
    }
    first.reset();
    CHECK(first.count() == 0);
    TestType other = support::fresh_detector<TestType>();
    for (int i = 0; i < 1000; ++i) {
      const double x = coin();
      REQUIRE(first.update(x) == other.update(x));
      REQUIRE(first.statistic() == other.statistic());
    }
  }
  SECTION("a stream that goes from almost no errors to nearly all is found within 200 observations") {
    support::coin_source before(7, 0.05);
    support::coin_source after(8, 0.9);
    TestType d = support::fresh_detector<TestType>();
    for (int i = 0; i < 3000; ++i) d.update(before());
    d = [&] {
      TestType quiet = support::fresh_detector<TestType>();
      for (int i = 0; i < 600; ++i)
        if (quiet.update(before()) == mr::detect::signal::drift) i = 0;
      return quiet;
    }();
    int taken = 0;
    while (taken < 200 && d.update(after()) != mr::detect::signal::drift) ++taken;
    CHECK(taken < 200);
  }
  SECTION("hostile streams: constant, huge, tiny, alternating") {
    for (const double size : {0.0, 1.0, 1e-300, 1e300, -1e149}) {
      TestType d = support::fresh_detector<TestType>();
      for (int i = 0; i < 2000; ++i) {
        d.update(size);
        REQUIRE_FALSE(std::isnan(d.statistic()));
      }
      for (int i = 0; i < 2000; ++i) {
        d.update(i % 2 == 0 ? size : -size);
        REQUIRE_FALSE(std::isnan(d.statistic()));
      }
    }
  }
  if (support::counts_allocations) {
    support::coin_source coin(9, 0.3);
    CHECK(support::allocations_of([&] {
            TestType made = support::fresh_detector<TestType>();
            for (int i = 0; i < 5000; ++i) made.update(i < 2500 ? coin() : 1 - coin());
            made.reset();
          }) == 0);
  }
}

TEMPLATE_TEST_CASE("one huge observation is a huge observation: it is not passed over, nor does it end the detector",
                   "", mr::detect::cusum<>, mr::detect::page_hinkley<>, mr::detect::ewma_chart<>, mr::detect::bocpd<>) {
  support::normal_source normal(10);
  for (const double huge : {1e141, 1e155, -1e308}) {
    TestType d = support::fresh_detector<TestType>();
    for (int i = 0; i < 100; ++i) d.update(normal());
    CHECK(d.update(huge) == mr::detect::signal::drift);
    for (int i = 0; i < 100; ++i) {
      d.update(normal());
      REQUIRE(std::isfinite(d.statistic()));
    }
  }
}

TEST_CASE("adwin's window takes huge observations up") {
  mr::detect::adwin<> d;
  for (int i = 0; i < 64; ++i) d.update(i % 2);
  d.update(1e155);
  d.update(-1e308);
  CHECK(d.width() == 66);
  CHECK(d.variance() > 1e270);
  CHECK(std::isfinite(d.variance()));
  for (int i = 0; i < 1000; ++i) d.update(i % 2 + 1e9);
  CHECK(std::isfinite(d.statistic()));
}

TEMPLATE_TEST_CASE("every drift detector is saved and goes on, loads what was saved before, and refuses damaged bytes",
                   "", mr::detect::cusum<>, mr::detect::page_hinkley<>, mr::detect::ewma_chart<>, mr::detect::adwin<>,
                   mr::detect::ddm<>, mr::detect::eddm<>, mr::detect::hddm_a<>, mr::detect::hddm_w<>,
                   mr::detect::kswin<>, (mr::detect::bocpd<mr::detect::arl<1'000>, 16>)) {
  const TestType fresh = support::fresh_detector<TestType>();
  // The golden file is called as the type is in its envelope, up to its numbers.
  const auto bytes = fresh.save();
  std::string name(reinterpret_cast<const char*>(bytes.data()) + 16, std::to_integer<std::size_t>(bytes[6]));
  name = name.substr(0, name.find('<'));
  support::saves_and_loads(
      fresh, "detect/" + name + ".bin", 1000, [](TestType& d, double x) { d.update(x); },
      [](const TestType& a, const TestType& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.statistic() == Approx(b.statistic()).epsilon(off).margin(off));
        CHECK(a.threshold() == Approx(b.threshold()).epsilon(1e-9));
      });
}

TEST_CASE("a saved detector is of its run length and its sizes, and of no other") {
  const auto bytes = mr::detect::cusum<mr::detect::arl<10'000>>({0, 1}).save();
  CHECK_FALSE(mr::detect::cusum<mr::detect::arl<20'000>>::load(bytes));
  CHECK_FALSE((mr::detect::cusum<mr::detect::arl<10'000, 500>>::load(bytes)));
  CHECK_FALSE(mr::detect::page_hinkley<>::load(bytes));
  CHECK_FALSE((mr::detect::kswin<mr::detect::arl<10'000>, 307, 16>::load(mr::detect::kswin<>().save())));
  CHECK((mr::detect::kswin<mr::detect::arl<10'000>, 307, 32>::load(mr::detect::kswin<>().save())));
  // What was set at run time is saved: the reference, the side, a threshold of one's own.
  mr::detect::cusum<> own = mr::detect::cusum<>({7, 3}, {100, 5}, 2, mr::detect::side::lower);
  auto back = mr::detect::cusum<>::load(own.save());
  REQUIRE(back);
  CHECK(back->threshold() == 7);
  for (int i = 0; i < 30; ++i) CHECK(own.update(90 + i % 3) == back->update(90 + i % 3));
}

TEST_CASE("anomaly detectors allocate nothing") {
  if (!support::counts_allocations) return;
  support::normal_source normal(3);
  const auto none = [&](auto detector) {
    return support::allocations_of([&] {
             for (int i = 0; i < 3000; ++i) detector.update(normal());
             detector.reset();
           }) == 0;
  };
  CHECK(none(mr::detect::z_score<>()));
  CHECK(none(mr::detect::ewma_bands<>()));
  CHECK(none(mr::detect::quantile_bands<>()));
  CHECK(none(mr::detect::robust_z<>()));
  CHECK(none(mr::detect::iqr_fence<>()));
  CHECK(none(mr::detect::seasonal<24>()));
  std::vector<mr::detect::half_space_trees<2>> trees(1);
  CHECK(support::allocations_of([&] {
          for (int i = 0; i < 3000; ++i) {
            const double row[2] = {0.5, 0.25};
            trees[0].update(row);
          }
        }) == 0);
}

TEST_CASE("a warning comes before a drift, about ten times as often, and signals have names") {
  support::normal_source normal(4);
  mr::detect::cusum<mr::detect::arl<5'000, 500>> d({0, 1});
  int warnings = 0;
  int drifts = 0;
  bool warned = false;
  for (int i = 0; i < 500'000; ++i) {
    const mr::detect::signal s = d.update(normal());
    if (s == mr::detect::signal::warning && !warned) ++warnings;
    warned = s == mr::detect::signal::warning;
    if (s == mr::detect::signal::drift) ++drifts;
  }
  CHECK(drifts > 60);
  CHECK(drifts < 140);
  CHECK(warnings > 5 * drifts);
  CHECK(mr::detect::to_string(mr::detect::signal::drift) == "drift");
  CHECK(mr::detect::to_string(mr::detect::signal::warning) == "warning");
  CHECK(mr::detect::to_string(mr::detect::signal::none) == "none");
}

TEMPLATE_TEST_CASE("values that a detector of [0, 1] or of errors is not for are counted, through drifts and on disk",
                   "", mr::detect::hddm_a<>, mr::detect::hddm_w<>, mr::detect::ddm<>, mr::detect::eddm<>) {
  TestType amounts;
  support::coin_source coin(10, 0.5);
  for (int i = 0; i < 1000; ++i) amounts.update(coin());
  CHECK(amounts.clamped() == 0);
  // Amounts about 20, then about 500: all of them look like 1.
  for (int i = 0; i < 1000; ++i) amounts.update((i < 500 ? 20 : 500) + coin());
  CHECK(amounts.clamped() == 1000);
  for (const double odd : {-1e-9, 1.0000001, 1e308, std::nan(""), std::numeric_limits<double>::infinity()})
    amounts.update(odd);
  CHECK(amounts.clamped() == 1005);
  CHECK(TestType::load(amounts.save())->clamped() == 1005);

  TestType errors;
  for (int i = 0; i < 3000; ++i) errors.update(i % 20 == 0 ? 7 : 0);
  bool drifted = false;
  for (int i = 0; i < 3000 && !drifted; ++i) drifted = errors.update(1) == mr::detect::signal::drift;
  CHECK(drifted);
  CHECK(errors.clamped() == 150);
  errors.reset();
  CHECK(errors.clamped() == 0);
}

TEMPLATE_TEST_CASE("a chart of a known mean has to be told it, and one that cannot measure by it is never quiet", "",
                   mr::detect::cusum<>, mr::detect::ewma_chart<>, mr::detect::bocpd<>) {
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<TestType>);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const mr::detect::in_control wrong : {mr::detect::in_control{20, 0},
                                             mr::detect::in_control{},
                                             mr::detect::in_control{20, -1},
                                             mr::detect::in_control{20, std::nan("")},
                                             mr::detect::in_control{20, infinity},
                                             mr::detect::in_control{20, 1e-310},
                                             mr::detect::in_control{infinity, 1},
                                             {std::nan(""), 1}}) {
    const auto refused = TestType::make(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
    TestType d(wrong);
    for (const double x : {900., 20., 0., -1e308}) REQUIRE(d.update(x) == mr::detect::signal::drift);
    CHECK(d.update(std::nan("")) == mr::detect::signal::none);
    CHECK(d.statistic() > d.threshold());
  }
  CHECK(TestType::make({20, 0}).error().message().find("standard deviation is 0.0") != std::string::npos);
  CHECK(TestType::make({infinity, 1}).error().message().find("mean is inf") != std::string::npos);
  auto made = TestType::make({20, 2});
  REQUIRE(made);
  CHECK(made->update(20.5) == mr::detect::signal::none);
  // However far out, it is a change and no hole in the data.
  TestType far({0, 1e-300});
  CHECK(far.update(1e308) == mr::detect::signal::drift);
  CHECK(far.update(-1e308) == mr::detect::signal::drift);
}

TEST_CASE("saved detectors are refused if a number that they keep finite is infinite") {
  const auto refused = [](auto fresh, std::initializer_list<std::size_t> fields) {
    using detector = decltype(fresh);
    support::normal_source normal(12);
    for (int i = 0; i < 60; ++i) fresh.update(normal());
    const auto bytes = fresh.save();
    REQUIRE(detector::load(support::with_field(bytes, fields.begin()[0], 0.5)));
    for (const std::size_t field : fields) {
      CAPTURE(field);
      const auto bad = detector::load(support::with_field(bytes, field, HUGE_VAL));
      CHECK((!bad && bad.error().code() == mr::errc::corrupt));
    }
  };
  refused(mr::detect::z_score<>(), {1});              // the sum of squares
  refused(mr::detect::ewma_bands<>(), {3});           // the variance
  refused(mr::detect::seasonal<4>(), {5});            // the variance
  refused(mr::detect::adwin<>(), {40 * 13 + 4, 6});   // the sum of squares; that of the newest bucket
  refused(mr::detect::cusum<>({0, 1}), {8, 9});       // the sums
  refused(mr::detect::page_hinkley<>(), {4, 9, 10});  // the sum of squares; the sums
  refused(mr::detect::hddm_a<>(), {5});               // the lowest upper bound
  refused(mr::detect::hddm_w<>(), {11});              // the same
  refused(mr::detect::bocpd<>({0, 1}), {4});          // the statistic
}

TEST_CASE("what detect gives is unchanged when it was moved from, but for what has memory of its own") {
  using namespace mr::detect;
  STATIC_REQUIRE(laws::moves_by_copying<adwin<>, bocpd<>, cusum<>, ddm<>, eddm<>, ewma_chart<>, hddm_a<>, hddm_w<>,
                                        kswin<>, page_hinkley<>>);
  STATIC_REQUIRE(laws::moves_by_copying<z_score<>, z_score<given_limit>, ewma_bands<>, quantile_bands<>, robust_z<>,
                                        iqr_fence<>, seasonal<24>, half_space_trees<2>>);
  STATIC_REQUIRE(laws::moves_by_copying<signal, arl<1'000>, thresholds, in_control, side, anomaly, given_limit,
                                        smoothing, drift_measures>);
  cusum<> chart({20, 2});
  for (int i = 0; i < 10; ++i) chart.update(19 + i % 3);
  const auto bytes = chart.save();
  const cusum<> taken = std::move(chart);
  CHECK(taken.save() == bytes);
  CHECK(chart.save() == bytes);
}
