#include <millrace/model/series/holt_winters.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/holt_winters_reference.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mm = millrace::model;
using mm::holt_winters;
using mm::season_kind;

namespace {

mm::holt_winters_options seasonal(bool trend, int season) {
  return {.trend = trend,
          .season = static_cast<season_kind>(season),
          .period = season == 0 ? std::size_t{0} : std::size_t{6}};
}
holt_winters fitted(const mm::holt_winters_options& with) {
  auto made = holt_winters::fit(holt_winters_reference::series, with);
  REQUIRE(made);
  return *std::move(made);
}

/// Every bit of the saved form, damaged and sealed again: it is refused, or is another forecaster.
void check_damaged(const holt_winters& made) {
  const auto bytes = made.save();
  std::vector<double> next(7);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto hurt = bytes;
    hurt[i] ^= static_cast<std::byte>(1U << (i % 8));
    CHECK_FALSE(holt_winters::load(hurt));
    support::reseal(hurt);
    auto loaded = holt_winters::load(hurt);
    if (loaded && i + 4 < bytes.size()) {
      CHECK(loaded->save() == hurt);
      loaded->forecast(next);
      (void)loaded->intervals(2, 0.5, 1);
    }
  }
}

}  // namespace

TEST_CASE("Holt-Winters forecasts with given rates are those of statsmodels") {
  for (const auto& one : holt_winters_reference::cases) {
    auto with = seasonal(one.trend, one.season);
    with.level_rate = 0.3;
    with.trend_rate = 0.2;
    with.season_rate = 0.4;
    with.damping = one.damping;
    const auto made = fitted(with);
    std::vector<double> next(one.forecast.size());
    made.forecast(next);
    for (std::size_t i = 0; i < next.size(); ++i) CHECK(next[i] == Approx(one.forecast[i]).epsilon(1e-10));
  }
}

TEST_CASE("the fitted rates of Holt-Winters have no larger squared error than those of statsmodels") {
  for (const auto& one : holt_winters_reference::cases) {
    auto with = seasonal(one.trend, one.season);
    if (one.damping < 1) with.damping = std::nan("");
    const auto made = fitted(with);
    CHECK(made.squared_error() <= one.fitted_squared_error * (1 + 1e-3));
    CHECK(made.level_rate() > 0);
    CHECK((made.trend_rate() > 0) == one.trend);
    CHECK((made.season_rate() > 0) == (one.season != 0));
    if (one.damping == 1)
      CHECK(made.damping() == 1);
    else
      CHECK((made.damping() >= 0.8 && made.damping() <= 0.995));
  }
}

TEST_CASE("a damped trend ends at a level, which damping and trend decide") {
  auto with = seasonal(true, 0);
  with.level_rate = 0.5;
  with.trend_rate = 0.2;
  with.damping = 0.75;
  const auto made = fitted(with);
  std::vector<double> next(200);
  made.forecast(next);
  // The steps are a geometric series: each is three quarters of the one before, and all after it are four times it.
  for (std::size_t i = 2; i < 20; ++i) CHECK(next[i] - next[i - 1] == Approx(0.75 * (next[i - 1] - next[i - 2])));
  CHECK(next[199] - next[0] == Approx(4 * (next[1] - next[0])));
  const auto futures = made.intervals(40, 0.8, 3);
  REQUIRE(futures);
  for (std::size_t i = 0; i < 40; ++i) CHECK(((*futures)[i].low < next[i] && next[i] < (*futures)[i].high));
}

TEST_CASE("a year of sales by the month is forecast") {
  std::vector<double> sales;
  for (int month = 0; month < 60; ++month)
    sales.push_back((200 + 3 * month) * (1 + 0.3 * std::sin(month * 3.141592653589793 / 6)) + month * 37 % 11);
  // [holt_winters]
  auto fitted = mm::holt_winters::fit(sales, {.season = mm::season_kind::multiplicative, .period = 12});
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the value or the option at fault
  std::vector<double> next_year(12);
  fitted->forecast(next_year);
  const auto ranges = fitted->intervals(12, 0.9, 1);  // of the next values each; 1 is a seed
  fitted->update(402);                                // a month has passed: it moves level, trend and season
  // [/holt_winters]
  REQUIRE(ranges);
  for (std::size_t i = 0; i < 12; ++i) {
    const double month = 60 + static_cast<double>(i);
    CHECK(next_year[i] ==
          Approx((200 + 3 * month) * (1 + 0.3 * std::sin(month * 3.141592653589793 / 6)) + 5).epsilon(0.03));
    CHECK(((*ranges)[i].low < next_year[i] && next_year[i] < (*ranges)[i].high));
  }
}

TEST_CASE("a line is forecast exactly, and so are seasons that repeat") {
  std::vector<double> line;
  std::vector<double> sums;
  std::vector<double> factors;
  const double season[] = {1, -2, 1.5, -0.5};
  for (int i = 0; i < 40; ++i) {
    line.push_back(3 + 0.5 * i);
    sums.push_back(line.back() + season[i % 4]);
    factors.push_back(line.back() * (1 + season[i % 4] / 10));
  }
  std::vector<double> next(8);
  const auto check = [&](const std::vector<double>& series, season_kind kind, double within) {
    const auto made = holt_winters::fit(series, {.season = kind, .period = kind == season_kind::none ? 0U : 4U});
    REQUIRE(made);
    made->forecast(next);
    for (int i = 0; i < 8; ++i) {
      const double straight = 3 + 0.5 * (40 + i);
      const double expected = kind == season_kind::none       ? straight
                              : kind == season_kind::additive ? straight + season[i % 4]
                                                              : straight * (1 + season[i % 4] / 10);
      CHECK(next[static_cast<std::size_t>(i)] == Approx(expected).epsilon(within));
    }
  };
  check(line, season_kind::none, 1e-9);
  check(sums, season_kind::additive, 0.03);
  check(factors, season_kind::multiplicative, 0.03);
}

TEST_CASE("to go on with update is to have been fitted with the rates on the longer series") {
  const std::span<const double> all(holt_winters_reference::series);
  auto with = seasonal(true, 2);
  with.level_rate = 0.3;
  with.trend_rate = 0.1;
  with.season_rate = 0.2;
  auto first = holt_winters::fit(all.first(40), with);
  const auto whole = holt_winters::fit(all, with);
  REQUIRE((first && whole));
  for (const double value : all.subspan(40)) first->update(value);
  std::vector<double> a(9);
  std::vector<double> b(9);
  first->forecast(a);
  whole->forecast(b);
  CHECK(a == b);
  first->update(std::numeric_limits<double>::quiet_NaN());  // a gap is taken for its forecast
  first->forecast(std::span(b).first(8));
  for (std::size_t i = 0; i < 8; ++i) CHECK(b[i] == Approx(a[i + 1]));
}

TEST_CASE("forecast and update do not allocate") {
  auto made = fitted(seasonal(true, 1));
  std::vector<double> next(5);
  STATIC_REQUIRE(noexcept(made.forecast(next)));
  if (support::counts_allocations) {
    CHECK(support::allocations_of([&] { made.forecast(next); }) == 0);
    CHECK(support::allocations_of([&] { made.update(3); }) == 0);
  }
}

TEST_CASE("intervals have the width that the variance of the forecast says, and grow with the steps") {
  auto with = seasonal(true, 1);
  with.level_rate = 0.3;
  with.trend_rate = 0.2;
  with.season_rate = 0.1;
  const auto made = fitted(with);
  std::vector<double> next(12);
  made.forecast(next);
  const auto found = made.intervals(12, 0.95, 1);
  REQUIRE(found);
  // The variance of a sum of errors with the weights c_j = a (1 + b j), and the season's rate once a season: Hyndman,
  // Koehler, Ord and Snyder, "Forecasting with exponential smoothing", 2008, table 6.1.
  double variance = 1;
  const double sigma = std::sqrt(made.squared_error() / 60);
  for (std::size_t i = 0; i < 12; ++i) {
    const double half = 1.96 * sigma * std::sqrt(variance);
    CHECK((*found)[i].high - (*found)[i].low == Approx(2 * half).epsilon(0.15));
    CHECK((*found)[i].low < next[i]);
    CHECK((*found)[i].high > next[i]);
    const double j = static_cast<double>(i + 1);
    const double weight = 0.3 * (1 + 0.2 * j) + ((i + 1) % 6 == 0 ? 0.1 : 0);
    variance += weight * weight;
  }
  CHECK(made.intervals(3, 0.9, 7)->at(2).low == made.intervals(3, 0.9, 7)->at(2).low);
  CHECK(made.intervals(3, 1, 7).error().code() == millrace::errc::invalid_argument);
}

TEST_CASE("a series or options that Holt-Winters cannot be fitted with are errors") {
  const auto refused = [](std::vector<double> series, const mm::holt_winters_options& with) {
    const auto made = holt_winters::fit(series, with);
    REQUIRE_FALSE(made);
    return made.error().describe();
  };
  CHECK(refused({1}, {}) == "holt_winters: 1 values, at least 2 are needed");
  CHECK(refused({1, 2, 3, 4, 5}, seasonal(true, 1)) == "holt_winters: 5 values, at least two seasons of 6 are needed");
  CHECK_THAT(refused({1, 2}, {.season = season_kind::additive, .period = 1}), ContainsSubstring("period is 1"));
  CHECK_THAT(refused({1, 2}, {.period = 4}), ContainsSubstring("there is no season"));
  CHECK(refused({1, 2, std::nan("")}, {}) == "holt_winters: value 2 is missing or infinite");
  CHECK_THAT(refused({1, 2, 0, 3}, {.season = season_kind::multiplicative, .period = 2}),
             ContainsSubstring("value 2 is not above 0"));
  CHECK_THAT(refused({1, 2}, {.level_rate = 1}), ContainsSubstring("level_rate is not in (0, 1)"));
  CHECK_THAT(refused({1, -1e300, 1e300}, {}), ContainsSubstring("value 1 is beyond 1e140"));
  CHECK_THAT(refused({1, 2}, {.season = season_kind::additive, .period = ~std::size_t{0} / 2 + 1}),
             ContainsSubstring("two seasons of 9223372036854775808"));
  CHECK_THAT(refused({1, 2, 3, 4}, {.season = static_cast<season_kind>(7), .period = 2}), ContainsSubstring("season"));
  CHECK_THAT(refused({1, 2}, {.damping = 0}), ContainsSubstring("damping is not in (0, 1]"));
  CHECK_THAT(refused({1, 2}, {.damping = 1.1}), ContainsSubstring("damping is not in (0, 1]"));
  CHECK_THAT(refused({1, 2}, {.trend = false, .damping = 0.9}), ContainsSubstring("there is no trend"));
  CHECK(holt_winters::fit(std::vector<double>{5, 5}, {}));
  const auto constant = holt_winters::fit(std::vector<double>(30, 5.0), seasonal(true, 2));
  REQUIRE(constant);
  std::vector<double> next(7);
  constant->forecast(next);
  for (const double x : next) CHECK(x == Approx(5));
}

TEST_CASE("a multiplicative season of a steep series is fitted where the line through its start falls to 0") {
  const mm::holt_winters_options with{.season = season_kind::multiplicative, .period = 2};
  for (const std::vector<double>& steep : {std::vector<double>{1, 1, 5, 5, 9, 9, 13, 13}, {1, 2, 40, 80, 100, 200}}) {
    const auto made = holt_winters::fit(steep, with);
    REQUIRE(made);
    double next = 0;
    made->forecast({&next, 1});
    CHECK(next > steep.back() / 2);
    CHECK(next < steep.back() * 2);
  }
}

TEST_CASE("no value that comes makes a state infinite: the forecaster goes on, and is saved and loaded") {
  constexpr double most = (std::numeric_limits<double>::max)();
  for (const int season : {0, 1, 2}) {
    auto made = fitted(seasonal(true, season));
    std::vector<double> before(12);
    made.forecast(before);
    for (int i = 0; i < 3000; ++i)
      for (const double wild : {0.0, -1.0, most, -most, 1e140, 5e-324, std::numeric_limits<double>::infinity()})
        made.update(wild);
    const auto back = holt_winters::load(made.save());
    REQUIRE(back);
    for (int i = 0; i < 2000; ++i) made.update(50);
    std::vector<double> after(6);
    made.forecast(after);
    for (const double x : after) CHECK(std::isfinite(x));
    if (season == 2) {  // values that no such series can have are taken for their forecasts
      auto other = fitted(seasonal(true, season));
      for (int i = 0; i < 6; ++i) other.update(-3);
      other.forecast(std::span(after));
      for (std::size_t i = 0; i < 6; ++i) CHECK(after[i] == Approx(before[i + 6]));
    }
  }
  CHECK(fitted(seasonal(true, 1)).intervals(~std::size_t{0} / 1000, 0.9, 1).error().code() ==
        millrace::errc::invalid_argument);
}

TEST_CASE("Holt-Winters of the first release load and go on; damaged bytes are refused") {
  auto with = seasonal(true, 2);
  with.level_rate = 0.3;
  with.trend_rate = 0.2;
  with.season_rate = 0.4;
  const auto made = fitted(with);
  const auto old = support::from_golden("model/holt_winters.bin", made);
  std::vector<double> a(7);
  std::vector<double> b(7);
  made.forecast(a);
  old.forecast(b);
  CHECK(a == b);
  check_damaged(made);
}

TEST_CASE("Holt-Winters with a damped trend is saved, loaded and goes on; damaged bytes are refused") {
  auto with = seasonal(true, 1);
  with.level_rate = 0.3;
  with.trend_rate = 0.2;
  with.season_rate = 0.4;
  with.damping = 0.9;
  auto made = fitted(with);
  auto old = support::from_golden("model/holt_winters_damped.bin", made);
  CHECK(old.damping() == 0.9);
  made.update(70);
  old.update(70);
  std::vector<double> a(7);
  std::vector<double> b(7);
  made.forecast(a);
  old.forecast(b);
  CHECK(a == b);
  check_damaged(made);
}
