#include <millrace/aggregate/members/aggregate.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <support/aggregate.hpp>
#include <support/allocations.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using five = mr::aggregate<mr::count, mr::min, mr::max, mr::mean, mr::stddev>;
using everything =
    mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::stddev, mr::skewness, mr::kurtosis, mr::min, mr::max,
                  mr::range, mr::first, mr::last, mr::argmin, mr::argmax, mr::geometric_mean, mr::harmonic_mean>;
using commuting = mr::aggregate<mr::sum, mr::kurtosis, mr::min, mr::max, mr::geometric_mean, mr::harmonic_mean>;

template <class A>
void check_laws() {
  std::uint64_t seed = 1;
  for (const std::size_t size : {1U, 20U, 300U, 5000U})
    for (const auto& stream : laws::streams(size, ++seed))
      laws::all([] { return A(); }, stream, support::same_answers<A>, ++seed);
}

std::vector<double> with_nans(std::vector<double> x, std::size_t every) {
  for (std::size_t i = every / 2; i < x.size(); i += every) x[i] = not_a_number;
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("members alone and composed keep the laws", "", (mr::aggregate<mr::count>), (mr::aggregate<mr::sum>),
                   (mr::aggregate<mr::mean>), (mr::aggregate<mr::variance>), (mr::aggregate<mr::skewness>),
                   (mr::aggregate<mr::kurtosis>), (mr::aggregate<mr::min>), (mr::aggregate<mr::max>),
                   (mr::aggregate<mr::range, mr::first>), (mr::aggregate<mr::last, mr::argmin>),
                   (mr::aggregate<mr::argmax, mr::count, mr::stddev>), (mr::aggregate<mr::geometric_mean>),
                   (mr::aggregate<mr::harmonic_mean, mr::mean>), five, everything, commuting,
                   (mr::aggregate<mr::moments<3>, mr::sum, mr::total_weight>),
                   (mr::basic_aggregate<mr::propagate_nan, mr::mean, mr::min>),
                   (mr::basic_aggregate<mr::reject_nan, mr::variance, mr::argmax>)) {
  check_laws<TestType>();
}

namespace {

/// The members whose bits are set.
template <std::uint32_t Set, class Chosen, class... Left>
struct chosen_of {
  using type = Chosen;
};
template <std::uint32_t Set, class... Chosen, class First, class... Rest>
struct chosen_of<Set, mr::aggregate<Chosen...>, First, Rest...> {
  using with = std::conditional_t<(Set & 1U) != 0, mr::aggregate<Chosen..., First>, mr::aggregate<Chosen...>>;
  using type = typename chosen_of<(Set >> 1U), with, Rest...>::type;
};
/// A composition at random: the same for the same number.
template <std::uint64_t Number>
struct random_composition {
  static constexpr std::uint32_t set = [] {
    mr::random_engine random(Number);
    return static_cast<std::uint32_t>(random() & random());  // each member with one chance in four
  }();
  using type = typename chosen_of<set | (1U << (Number % 16)), mr::aggregate<>, mr::max, mr::kurtosis, mr::count,
                                  mr::sum, mr::argmin, mr::stddev, mr::first, mr::geometric_mean, mr::min, mr::mean,
                                  mr::last, mr::range, mr::harmonic_mean, mr::variance, mr::argmax, mr::skewness>::type;
};
template <std::uint64_t... Numbers>
void check_compositions(std::integer_sequence<std::uint64_t, Numbers...>) {
  (check_laws<typename random_composition<Numbers>::type>(), ...);
}

}  // namespace

TEST_CASE("compositions at random keep the laws") {
  check_compositions(std::make_integer_sequence<std::uint64_t, 16>());
}

TEST_CASE("any member may be asked for whose needs are kept") {
  mr::aggregate<mr::kurtosis, mr::range> a;
  for (const double x : {1.0, 2.0, 6.0}) a.update(x);
  CHECK(a.get<mr::mean>() == 3);
  CHECK(a.get<mr::variance>() == 7);
  CHECK(a.get<mr::max>() == 6);
  CHECK(a.get<mr::count>() == 3);
  CHECK(a.get<mr::moments<2>>().central(2) == 14);
}

TEST_CASE("traits follow from the members") {
  STATIC_REQUIRE(mr::aggregator_traits<five>::commutative);
  STATIC_REQUIRE(mr::aggregator_traits<five>::fusable);
  STATIC_REQUIRE(mr::aggregator_traits<five>::compact);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<five>::invertible);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<everything>::commutative);
  STATIC_REQUIRE(mr::aggregator_traits<mr::aggregate<mr::count>>::exactly_invertible);
  STATIC_REQUIRE(mr::aggregator_traits<mr::aggregate<mr::count, mr::variance>>::invertible);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<mr::aggregate<mr::count, mr::variance>>::exactly_invertible);
  STATIC_REQUIRE(mr::span_aggregator_of<five, double>);
  STATIC_REQUIRE(mr::weighted_aggregator_of<five, double>);
}

TEST_CASE("skip_nan skips and counts, one by one and in blocks") {
  for (const std::size_t every : {1U, 2U, 7U, 1000U})
    for (const auto& stream : laws::streams(3000, every)) {
      const auto x = with_nans(stream, every);
      std::vector<double> kept;
      for (const double v : x)
        if (!std::isnan(v)) kept.push_back(v);
      everything clean, singles, span;
      clean.update(std::span<const double>(kept));
      laws::feed(singles, std::span<const double>(x));
      span.update(std::span<const double>(x));
      support::same_answers(singles, span);
      CHECK(span.skipped() == x.size() - kept.size());
      CHECK(span.items() == kept.size());
      commuting other, other_clean;
      other.update(std::span<const double>(x));
      other_clean.update(std::span<const double>(kept));
      CHECK(other.skipped() == x.size() - kept.size());
      CHECK(laws::close(other.get<mr::sum>(), other_clean.get<mr::sum>(), 1e-15));
      CHECK(support::within(other.get<mr::max>(), clean.get<mr::max>(), 0));
      CHECK(support::within(other.get<mr::min>(), clean.get<mr::min>(), 0));
    }
}

TEST_CASE("propagate_nan makes every number NaN") {
  using propagating = mr::basic_aggregate<mr::propagate_nan, mr::count, mr::mean, mr::variance, mr::max, mr::sum>;
  for (const bool span : {false, true}) {
    propagating a;
    a.update(1.0);
    CHECK(a.get<mr::mean>() == 1);
    const auto x = with_nans(std::vector<double>(100, 2.0), 60);
    if (span)
      a.update(std::span<const double>(x));
    else
      laws::feed(a, std::span<const double>(x));
    CHECK(a.get<mr::count>() == 101);
    CHECK(std::isnan(a.get<mr::mean>()));
    CHECK(std::isnan(a.get<mr::variance>()));
    CHECK(std::isnan(a.get<mr::max>()));
    CHECK(std::isnan(a.get<mr::sum>()));
  }
}

TEST_CASE("reject_nan answers an error that names the item, and takes nothing") {
  using rejecting = mr::basic_aggregate<mr::reject_nan, mr::count, mr::mean>;
  rejecting a;
  REQUIRE(a.update(1.0).has_value());
  auto one = a.update(not_a_number);
  REQUIRE_FALSE(one.has_value());
  CHECK(one.error().code() == mr::errc::not_finite);
  CHECK(one.error().message() == "item 1 is NaN, or its weight is not a finite number above zero");
  auto many = a.update(std::span<const double>(with_nans(std::vector<double>(1000, 5.0), 600)));
  REQUIRE_FALSE(many.has_value());
  CHECK(many.error().message().find("item 301 ") == 0);
  CHECK_FALSE(a.update(2.0, mr::weight(-1)).has_value());
  CHECK(a.get<mr::count>() == 1);
  CHECK(a.get<mr::mean>() == 1);
  CHECK(a.skipped() == 0);
}

TEST_CASE("floats are taken as the doubles they are, to the byte") {
  for (const std::size_t size : {0U, 7U, 2048U, 5000U}) {
    std::vector<float> narrow;
    for (const double x : with_nans(laws::streams(size, 3).front(), 400)) narrow.push_back(static_cast<float>(x));
    const std::vector<double> wide(narrow.begin(), narrow.end());
    everything a, b;
    a.update(narrow);
    b.update(wide);
    CHECK(a.save() == b.save());
  }
  mr::basic_aggregate<mr::reject_nan, mr::count, mr::mean> strict;
  CHECK(strict.update(std::vector<float>{1, 2}));
  std::vector<float> broken(3000, 1.F);
  broken[2500] = std::numeric_limits<float>::quiet_NaN();
  const auto refused = strict.update(broken);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().describe().find("2502") != std::string::npos);
  CHECK(strict.get<mr::count>() == 2);
}

TEST_CASE("whole weights are repetitions") {
  using weighed = mr::aggregate<mr::sum, mr::kurtosis, mr::min, mr::max, mr::geometric_mean, mr::harmonic_mean>;
  mr::random_engine random(7);
  weighed weighted, repeated;
  for (int i = 0; i < 500; ++i) {
    const double x = std::exp(random.normal());
    const auto k = 1 + random.below(5);
    weighted.update(x, mr::weight(static_cast<double>(k)));
    for (std::uint64_t j = 0; j < k; ++j) repeated.update(x);
  }
  CHECK(laws::close(weighted.get<mr::mean>(), repeated.get<mr::mean>(), 1e-14));
  CHECK(laws::close(weighted.get<mr::total_weight>(), repeated.get<mr::total_weight>(), 1e-14));
  CHECK(laws::close(weighted.get<mr::variance>(), repeated.get<mr::variance>(), 1e-12));
  CHECK(laws::close(weighted.get<mr::skewness>(), repeated.get<mr::skewness>(), 1e-11));
  CHECK(laws::close(weighted.get<mr::kurtosis>(), repeated.get<mr::kurtosis>(), 1e-11));
  CHECK(laws::close(weighted.get<mr::sum>(), repeated.get<mr::sum>(), 1e-14));
  CHECK(laws::close(weighted.get<mr::geometric_mean>(), repeated.get<mr::geometric_mean>(), 1e-13));
  CHECK(laws::close(weighted.get<mr::harmonic_mean>(), repeated.get<mr::harmonic_mean>(), 1e-14));
  CHECK(weighted.get<mr::min>() == repeated.get<mr::min>());
}

namespace {

/// Weights from a thousandth to a thousand; every so often none, and every so often an impossible one.
std::vector<double> weights_for(std::size_t size, std::uint64_t seed, std::uint64_t none, std::uint64_t impossible) {
  constexpr double wrong[] = {-1.0, not_a_number, infinity, -infinity};
  mr::random_engine random(seed);
  std::vector<double> made(size);
  for (double& w : made) {
    w = std::exp(6.9 * (2 * random.uniform() - 1));
    if (none != 0 && random.below(none) == 0) w = 0;
    if (impossible != 0 && random.below(impossible) == 0) w = wrong[random.below(4)];
  }
  return made;
}

template <class A>
void check_weighted_spans() {
  std::uint64_t seed = 20;
  for (const std::size_t size : {1U, 20U, 48U, 300U, 5000U})
    for (const std::uint64_t rare : {0U, 3U, 900U})
      for (auto stream : laws::streams(size, ++seed)) {
        if (stream.empty()) continue;
        if (rare == 900) stream[stream.size() / 2] = size % 3 == 0 ? not_a_number : infinity;
        const auto weights = weights_for(stream.size(), ++seed, rare, rare);
        const std::span<const double> items(stream);
        A singles, span, pieces;
        for (std::size_t i = 0; i < stream.size(); ++i) (void)singles.update(stream[i], mr::weight(weights[i]));
        (void)span.update(items, weights);
        support::same_answers(singles, span);
        mr::random_engine random(seed);
        for (std::size_t at = 0; at < stream.size();) {
          const std::size_t now = 1 + random.below(stream.size() - at);
          (void)pieces.update(items.subspan(at, now), std::span<const double>(weights).subspan(at, now));
          at += now;
        }
        support::same_answers(singles, pieces);
      }
}

}  // namespace

TEMPLATE_TEST_CASE("a span with weights is its items one by one, for every member that takes weights", "",
                   (mr::aggregate<mr::count>), (mr::aggregate<mr::sum>), (mr::aggregate<mr::mean>),
                   (mr::aggregate<mr::variance>), (mr::aggregate<mr::skewness>), (mr::aggregate<mr::kurtosis>),
                   (mr::aggregate<mr::min>), (mr::aggregate<mr::max>), (mr::aggregate<mr::range, mr::first>),
                   (mr::aggregate<mr::last, mr::argmin>), (mr::aggregate<mr::argmax>),
                   (mr::aggregate<mr::geometric_mean>), (mr::aggregate<mr::harmonic_mean>), five, everything, commuting,
                   (mr::aggregate<mr::moments<3>, mr::sum, mr::total_weight>),
                   (mr::basic_aggregate<mr::propagate_nan, mr::mean, mr::min>)) {
  check_weighted_spans<TestType>();
}

TEST_CASE("an aggregate that rejects takes nothing of a span with one impossible weight") {
  using rejecting = mr::basic_aggregate<mr::reject_nan, mr::count, mr::mean>;
  rejecting a;
  const std::vector<double> items(1000, 5.0);
  std::vector<double> weights(1000, 2.0);
  weights[7] = 0;  // no item
  weights[600] = not_a_number;
  auto refused = a.update(items, weights);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().find("item 599 ") == 0);
  CHECK(a.get<mr::count>() == 0);
  weights[600] = 1;
  REQUIRE(a.update(items, weights).has_value());
  CHECK(a.get<mr::count>() == 999);

  // An item without a weight is refused with its span; elsewhere it is skipped, and counted.
  refused = a.update(items, std::span<const double>(weights).first(10));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().find("item 1008 ") == 0);
  CHECK(a.get<mr::count>() == 999);
  mr::aggregate<mr::count, mr::mean> skipping;
  skipping.update(items, std::span<const double>(weights).first(10));
  CHECK(skipping.get<mr::count>() == 9);
  CHECK(skipping.skipped() == 990);
  skipping.update(std::span<const double>(items).first(3), weights);
  CHECK(skipping.get<mr::count>() == 12);
  CHECK(skipping.skipped() == 990);
}

TEST_CASE("weighted moments of a span lose no digits to a heavy item or to an offset") {
  mr::random_engine random(31);
  // Around 1e7 with deviation 0.1, all of it exact in long double; the first item is far away and weighs next to
  // nothing.
  std::vector<double> items(2000), weights(2000);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i] = 1e7 + static_cast<double>(random.below(1U << 12)) * 0x1p-13;
    weights[i] = static_cast<double>(1 + random.below(1000)) / 8;
  }
  items[0] = 3;
  weights[0] = 0x1p-60;
  weights[1000] = 1e6;
  long double mass = 0, mean = 0, squares = 0;
  for (std::size_t i = 0; i < items.size(); ++i) mass += weights[i];
  for (std::size_t i = 0; i < items.size(); ++i) mean += weights[i] * (static_cast<long double>(items[i]) - 1e7L);
  mean /= mass;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const long double d = static_cast<long double>(items[i]) - 1e7L - mean;
    squares += weights[i] * d * d;
  }
  mr::aggregate<mr::variance> a;
  a.update(items, weights);
  CHECK(laws::close(a.get<mr::population_variance>(), static_cast<double>(squares / mass), 1e-12));
  CHECK(laws::close(a.get<mr::mean>(), static_cast<double>(1e7L + mean), 1e-16));
}

TEST_CASE("every instruction set adds weighted items to the same bits") {
  mr::random_engine random(32);
  constexpr unsigned all = 511;
  for (const std::size_t size : {1U, 15U, 16U, 33U, 1000U, 2048U}) {
    std::vector<double> x(size);
    for (double& v : x) v = std::exp(3 * random.normal());
    const auto weights = weights_for(size, size, 0, 0);
    mr::detail::block_figures base, avx2, avx512;
    mr::detail::weighted_baseline<all>(x.data(), weights.data(), size, base);
    CHECK(base.poison == 0);
    if (mr::detail::cpu_has_avx2()) {
      mr::detail::weighted_avx2<all>(x.data(), weights.data(), size, avx2);
      CHECK(std::memcmp(&base, &avx2, sizeof base) == 0);
    }
    if (mr::detail::cpu_has_avx512()) {
      mr::detail::weighted_avx512<all>(x.data(), weights.data(), size, avx512);
      CHECK(std::memcmp(&base, &avx512, sizeof base) == 0);
    }
  }
}

TEST_CASE("impossible weights are skipped and counted, the weight zero is no item") {
  five a;
  for (const double w : {-1.0, not_a_number, infinity, -infinity}) a.update(1.0, mr::weight(w));
  CHECK(a.skipped() == 4);
  a.update(1.0, mr::weight(0));
  CHECK(a.skipped() == 4);
  CHECK(a.items() == 0);
}

TEST_CASE("an aggregate inside an aggregate is a member like any other") {
  using inner = mr::aggregate<mr::sum>;
  using outer = mr::aggregate<mr::mean, inner>;
  outer a{[] {
    inner made;
    made.update(100.0);
    return made;
  }()};
  a.update(1.0);
  a.update(std::span<const double>(std::vector<double>(100, 2.0)));
  CHECK(a.get<inner>().get<mr::sum>() == 301);
  auto back = outer::load(a.save());
  REQUIRE(back.has_value());
  CHECK(back->get<inner>().get<mr::sum>() == 301);
  laws::hostile_bytes(a, support::use<outer>);
}

TEST_CASE("hostile bytes answer an error or an aggregate that works") {
  mr::random_engine random(8);
  everything a;
  for (int i = 0; i < 300; ++i) a.update(random.normal());
  laws::hostile_bytes(a, support::use<everything>);
  laws::hostile_payload(a, support::reseal, support::use<everything>, 9, 3000);
  laws::hostile_bytes(five(), support::use<five>);
}

TEST_CASE("one composition's bytes are refused by another, by name") {
  auto loaded = five::load(everything().save());
  REQUIRE_FALSE(loaded.has_value());
  CHECK(
      loaded.error().message() ==
      "saved form holds aggregate<skip_nan;sum,moments4,min,max,first,last,argmin,argmax,geometric_mean,harmonic_mean>"
      ", expected aggregate<skip_nan;min,max,moments2>");
}

TEST_CASE("every instruction set adds to the same bits") {
  mr::random_engine random(10);
  constexpr unsigned all = 511;
  for (const std::size_t size : {16U, 32U, 160U, 1024U, 2048U})
    for (std::size_t tail = 0; tail < 16; tail += 5) {
      std::vector<double> x(size + tail);
      for (double& v : x) v = std::exp(3 * random.normal());
      mr::detail::block_figures base, avx2, avx512;
      base.shift = avx2.shift = avx512.shift = x[3];
      mr::detail::block_baseline<all>(x.data(), size, tail, base);
      if (mr::detail::cpu_has_avx2()) {
        mr::detail::block_avx2<all>(x.data(), size, tail, avx2);
        CHECK(std::memcmp(&base, &avx2, sizeof base) == 0);
      }
      if (mr::detail::cpu_has_avx512()) {
        mr::detail::block_avx512<all>(x.data(), size, tail, avx512);
        CHECK(std::memcmp(&base, &avx512, sizeof base) == 0);
      }
    }
}

TEST_CASE("the same stream saves to the same bytes on every compiler and machine") {
  // The golden file was written once by g++ 12 on x86-64; the stream is made of exact operations only.
  mr::random_engine random(11);
  everything a;
  std::vector<double> x(10000);
  for (double& v : x) v = static_cast<double>(random.below(1U << 20)) * 0x1p-10 - 1;
  a.update(std::span<const double>(x).first(7000));
  for (std::size_t i = 7000; i < 8000; ++i) a.update(x[i]);
  everything b;
  b.update(std::span<const double>(x).subspan(8000));
  a.merge(b);
  a.update(0.1);
  CHECK(a.save() == support::golden("aggregate/aggregate.bin"));
}

TEST_CASE("updates, merging and queries do not allocate") {
  std::vector<double> x(5000, 1.25);
  x[70] = not_a_number;
  x[80] = infinity;
  everything a, b;
  const std::size_t before = support::allocations;
  for (const double v : x) a.update(v);
  b.update(std::span<const double>(x));
  a.merge(b);
  const double sum = a.get<mr::sum>() + a.get<mr::kurtosis>() + a.get<mr::argmax>().value;
  CHECK(support::allocations == before);
  CHECK(sum != 0);
}

TEST_CASE("a snapshot answers and merges like its aggregate") {
  mr::random_engine random(12);
  everything a, b;
  for (int i = 0; i < 1000; ++i) {
    a.update(random.normal());
    b.update(random.normal());
  }
  auto snapshot = a.snapshot();
  snapshot.merge(b.snapshot());
  a.merge(b);
  CHECK(snapshot.items() == 2000);
  CHECK(snapshot.get<mr::mean>() == a.get<mr::mean>());
  CHECK(snapshot.get<mr::argmax>() == a.get<mr::argmax>());
  CHECK(snapshot.get<mr::kurtosis>() == Approx(a.get<mr::kurtosis>()));
}

TEST_CASE("a list of items is fed as a span") {
  mr::aggregate<mr::count, mr::mean> a;
  a.update({1.0, 2.0});
  a.update({3.0});
  a.update({});
  CHECK(a.get<mr::count>() == 3);
  CHECK(a.get<mr::mean>() == 2);
  mr::basic_aggregate<mr::reject_nan, mr::count> strict;
  CHECK_FALSE(strict.update({1.0, std::nan("")}));
  CHECK(strict.get<mr::count>() == 0);
}
