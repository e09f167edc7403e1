#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <support/saved_objects.hpp>
#include <type_traits>
#include <vector>

namespace mr = millrace;

namespace {

/// How many A/A experiments of `length` pairs reject at 0.05 if looked at after every pair.
int false_alarms(int experiments, int length, auto draw) {
  int rejected = 0;
  for (int i = 0; i < experiments; ++i) {
    mr::stats::two_arm_e_process test;
    bool out = false;
    for (int n = 0; n < length && !out; ++n) {
      test.update(false, draw());
      test.update(true, draw());
      out = test.rejects(0.05);
    }
    rejected += out;
  }
  return rejected;
}

}  // namespace

TEST_CASE("looking after every observation rejects no more A/A experiments than alpha") {
  constexpr int experiments = 2000;
  const double bound = 0.05 * experiments + 3 * std::sqrt(experiments * 0.05 * 0.95);
  for (const double p : {0.001, 0.01, 0.1, 0.5}) {
    support::coin_source coin(1, p);
    CHECK(false_alarms(experiments, 1000, coin) <= bound);
  }
  support::normal_source normal(2);
  CHECK(false_alarms(experiments, 1000, [&] { return std::exp(2 * normal()); }) <= bound);
}

TEST_CASE("arms of other shares than a half, drawn at random, keep alpha") {
  mr::random_engine engine(3);
  support::normal_source normal(4);
  int rejected = 0;
  for (int i = 0; i < 2000; ++i) {
    auto test = mr::stats::two_arm_e_process::make({0.1, 0.1}).value();
    bool out = false;
    for (int n = 0; n < 1500 && !out; ++n) {
      test.update(engine.uniform() < 0.1, std::exp(normal()));
      out = test.rejects(0.05);
    }
    rejected += out;
  }
  CHECK(rejected <= 100 + 3 * std::sqrt(2000 * 0.05 * 0.95));
}

TEST_CASE(".10 against .12 stops within 4,400 observations an arm on average") {
  support::coin_source a(5, 0.10);
  support::coin_source b(6, 0.12);
  double total = 0;
  for (int i = 0; i < 400; ++i) {
    mr::stats::two_arm_e_process test;
    int n = 0;
    while (n < 20'000 && !test.rejects(0.05)) {
      test.update(false, a());
      test.update(true, b());
      ++n;
    }
    REQUIRE(test.rejects(0.05));
    total += n;
  }
  // The mean of 400 has a standard error of about 130.
  CHECK(total / 400 < 4400);
}

TEST_CASE("parts merge to a test of the same design, and other designs are refused") {
  support::coin_source a(7, 0.10);
  support::coin_source b(8, 0.16);
  mr::stats::two_arm_e_process whole, first, second;
  for (int i = 0; i < 4000; ++i) {
    const double x = a(), y = b();
    auto& part = i < 2000 ? first : second;
    whole.update(false, x), whole.update(true, y);
    part.update(false, x), part.update(true, y);
  }
  REQUIRE(first.merge(second));
  CHECK(first.count() == 8000);
  // The second part starts without the first one's mean and deviation: a little is lost.
  CHECK(first.log_e_value() == Approx(whole.log_e_value()).epsilon(0.15));
  CHECK(first.rejects(0.001));
  auto other = mr::stats::two_arm_e_process::make({0.4, 0.06}).value();
  const auto refused = first.merge(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::invalid_argument);
  mr::stats::two_arm_e_process empty;
  const double before = first.log_e_value();
  REQUIRE(first.merge(empty));
  CHECK(first.log_e_value() == Approx(before));
}

TEST_CASE("a saved test goes on as if it had not been saved; damaged bytes are refused") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<mr::stats::two_arm_e_process>);
  support::normal_source normal(9);
  mr::stats::two_arm_e_process test;
  for (int i = 0; i < 1000; ++i) test.update(i % 2 == 0, normal());
  const auto bytes = test.save();
  auto loaded = mr::stats::two_arm_e_process::load(bytes);
  REQUIRE(loaded);
  CHECK(loaded->save() == bytes);
  for (int i = 0; i < 1000; ++i) {
    const double x = normal();
    test.update(i % 2 == 0, x);
    loaded->update(i % 2 == 0, x);
    REQUIRE(test.log_e_value() == loaded->log_e_value());
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(mr::stats::two_arm_e_process::load(std::span(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto bad = bytes;
    bad[i] ^= std::byte{1};
    CHECK_FALSE(mr::stats::two_arm_e_process::load(bad));
  }
}

TEST_CASE("hostile observations and designs have a defined answer") {
  for (const double share : {0., 1., -1., std::nan("")}) CHECK_FALSE(mr::stats::two_arm_e_process::make({share, 0.06}));
  for (const double effect : {0., -1., std::nan(""), HUGE_VAL})
    CHECK_FALSE(mr::stats::two_arm_e_process::make({0.5, effect}));
  mr::stats::two_arm_e_process test;
  for (const double x : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e155}) CHECK_FALSE(test.update(true, x));
  CHECK(test.count() == 0);
  CHECK(test.p() == 1);
  for (const double size : {0., 1., 1e140, -1e140, 1e-300}) {
    mr::stats::two_arm_e_process constant;
    for (int i = 0; i < 1000; ++i) constant.update(i % 2 == 0, size);
    CHECK(constant.e_value() == 1);  // what does not vary says nothing
    for (int i = 0; i < 1000; ++i) constant.update(i % 2 == 0, i % 2 == 0 ? 2 * size : size);
    CHECK_FALSE(std::isnan(constant.e_value()));
  }
}

TEST_CASE("overwhelming evidence stays within the range of doubles") {
  mr::stats::two_arm_e_process test;
  support::normal_source normal(10);
  for (int i = 0; i < 200'000; ++i) test.update(i % 2 == 0, normal() + (i % 2 == 0 ? 1 : 0));
  CHECK(test.log_e_value() > 1000);
  CHECK(test.log_e_value() < 1e6);
  CHECK(test.p() == 0);
}

TEST_CASE("the first release's bytes of a two-arm test load and mean what they meant; resealed damage does no harm") {
  support::saves_and_loads(
      mr::stats::two_arm_e_process(), "stats/two_arm_e_process.bin", 500,
      [](mr::stats::two_arm_e_process& t, double x) { t.update(static_cast<int>(8 * x) % 2 == 0, x); },
      [](const mr::stats::two_arm_e_process& a, const mr::stats::two_arm_e_process& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.log_e_value() == Approx(b.log_e_value()).epsilon(off));
      });
}

TEST_CASE("a test loads again what it saved after scores as large as it takes") {
  const auto loads = [](const mr::stats::two_arm_e_process& test) {
    const auto loaded = mr::stats::two_arm_e_process::load(test.save());
    return loaded && loaded->log_e_value() == test.log_e_value();
  };
  mr::stats::two_arm_e_process test;
  CHECK_FALSE(test.update(true, 1e141));
  for (int i = 0; i < 100'000; ++i) test.update(i % 2 == 0, i % 4 < 2 ? 1e140 : 0);
  CHECK(test.count() == 100'000);
  CHECK(loads(test));
  // A part whose mean lies far away, and then as many scores as doublings make.
  mr::stats::two_arm_e_process low;
  for (int i = 0; i < 100'000; ++i) low.update(i % 2 == 0, -1e140);
  for (int i = 0; i < 100'000; ++i) low.update(i % 2 == 0, i % 4 < 2 ? -1.9e140 : -1e140);
  CHECK(low.count() == 200'000);
  REQUIRE(test.merge(low));
  for (int i = 0; i < 30; ++i) REQUIRE(test.merge(test));
  CHECK(test.count() > std::uint64_t{1} << 46);
  CHECK(loads(test));
}
