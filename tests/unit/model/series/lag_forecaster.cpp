#include <millrace/model/series/lag_forecaster.hpp>

#include <millrace/model/linear.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

namespace mm = millrace::model;
using forecaster = mm::lag_forecaster<mm::linear_regression>;

namespace {
/// x(t) = 2 + 0.6 x(t - 1) - 0.3 x(t - 3)
std::vector<float> recursion(std::size_t count) {
  std::vector<float> made{1, 4, -2};
  while (made.size() < count) made.push_back(2 + 0.6F * made[made.size() - 1] - 0.3F * made[made.size() - 3]);
  return made;
}
}  // namespace

TEST_CASE("a forecaster by lags of the first release loads and goes on") {
  const std::vector<float> series{1, 2, 4, 3, 2, 4, 6, 5, 4, 6, 8, 7};
  // A line through what it was four and one values ago, by exact arithmetic: x(t) = x(t - 4) + 2.
  auto made = mm::lag_forecaster<mm::linear_regression>::fit(series, {4, 1});
  REQUIRE(made);
  made->update(6);  // so that the oldest value is not the first
  made->update(std::numeric_limits<float>::quiet_NaN());
  auto old = support::from_golden("model/lag_forecaster.bin", *made);
  for (const float value : {6.0F, 9.0F, 8.0F, 10.0F}) {
    made->update(value);
    old.update(value);
  }
  std::vector<double> a(9), b(9);
  made->forecast(a);
  old.forecast(b);
  CHECK(a == b);
  CHECK(old.lags() == made->lags());
  // Another model's bytes.
  CHECK_FALSE(mm::lag_forecaster<mm::ridge>::load(made->save()));
}

TEST_CASE("a series that its lags decide is forecast by itself, step by step") {
  const auto all = recursion(40);
  const auto made = forecaster::fit(std::span(all).first(30), {3, 1});
  REQUIRE(made);
  std::vector<double> next(10);
  made->forecast(next);
  for (std::size_t i = 0; i < 10; ++i) CHECK(next[i] == Approx(all[30 + i]).margin(1e-3));
}

TEST_CASE("a forecaster by lags goes on with the values that come, without allocating") {
  const auto all = recursion(60);
  auto made = forecaster::fit(std::span(all).first(20), {1, 3});
  REQUIRE(made);
  std::vector<double> next(5);
  for (std::size_t at = 20; at < 50; ++at) {
    if (support::counts_allocations) {
      CHECK(support::allocations_of([&] { made->forecast(next); }) == 0);
    } else {
      made->forecast(next);
    }
    for (std::size_t i = 0; i < 5; ++i) CHECK(next[i] == Approx(all[at + i]).margin(1e-2));
    made->update(all[at]);
  }
  STATIC_REQUIRE(noexcept(made->forecast(next)));
}

TEST_CASE("the first step has the bits of the model's own prediction of the last values") {
  const auto all = recursion(25);
  const auto made = forecaster::fit(all, {1, 2, 5});
  REQUIRE(made);
  double next = 0;
  made->forecast({&next, 1});
  const float row[] = {all[24], all[23], all[20]};
  double expected = 0;
  made->model().predict(std::span<const float>(row), std::span<double>(&expected, 1));
  CHECK(next == expected);
}

TEST_CASE("lags that cannot be, and a series shorter than them, are errors; gaps are left out as targets") {
  const auto all = recursion(25);
  CHECK(forecaster::fit(all, {}).error().code() == millrace::errc::invalid_argument);
  CHECK(forecaster::fit(all, {1, 0}).error().code() == millrace::errc::invalid_argument);
  CHECK(forecaster::fit(all, std::vector<std::size_t>(257, 1)).error().code() == millrace::errc::invalid_argument);
  CHECK(forecaster::fit(all, {25}).error().describe() ==
        "lag_forecaster: 25 values have none behind the greatest lag, 25");
  auto gap = all;
  gap.back() = std::nanf("");
  const auto made = forecaster::fit(gap, {2});
  REQUIRE(made);
  double next[1];
  made->forecast(next);
  CHECK(std::isfinite(next[0]));
}

TEST_CASE(
    "a forecaster by lags that was loaded goes on as the saved one; damaged bytes are an error, or one that works") {
  const auto all = recursion(40);
  auto made = forecaster::fit(std::span(all).first(20), {3, 1});
  REQUIRE(made);
  made->update(all[20]);  // the oldest value stands in the middle
  const auto bytes = made->save();
  auto back = forecaster::load(bytes);
  REQUIRE(back);
  CHECK(back->save() == bytes);
  std::vector<double> a(7);
  std::vector<double> b(7);
  made->forecast(a);
  back->forecast(b);
  CHECK(a == b);
  made->update(7);
  back->update(7);
  made->forecast(a);
  back->forecast(b);
  CHECK(a == b);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const unsigned hurt : {0x01U, 0x80U, 0xffU}) {
      auto other = bytes;
      other[i] ^= static_cast<std::byte>(hurt);
      CHECK_FALSE(forecaster::load(other));
      support::reseal(other);
      auto loaded = forecaster::load(other);
      if (!loaded) continue;
      loaded->forecast(a);
      loaded->update(1);
      CHECK(forecaster::load(loaded->save()));
    }
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK_FALSE(forecaster::load(std::span(bytes).first(i)));
}

TEST_CASE("a series is forecast by a model of your choice") {
  std::vector<float> sales;
  for (int month = 0; month < 60; ++month)
    sales.push_back(static_cast<float>(200 + 3 * month + 40 * (month % 12 == 11 ? 1 : 0) + month % 3));
  // [lag_forecaster]
  // Last month, the one before, and the same month a year ago.
  auto fitted = mm::lag_forecaster<mm::ridge>::fit(sales, {1, 2, 12}, {.l2 = 0.1});
  if (!fitted) throw std::runtime_error(fitted.error().describe());
  std::vector<double> next_year(12);
  fitted->forecast(next_year);
  fitted->update(382.0F);  // a month has passed; the model stays
  const std::vector<std::byte> bytes = fitted->save();
  // [/lag_forecaster]
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(next_year[i] == Approx(380 + 3 * static_cast<double>(i) + (i == 11 ? 40 : 0)).margin(12));
  CHECK(mm::lag_forecaster<mm::ridge>::load(bytes));
}
