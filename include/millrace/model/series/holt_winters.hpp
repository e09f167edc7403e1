#ifndef MILLRACE_MODEL_SERIES_HOLT_WINTERS_HPP
#define MILLRACE_MODEL_SERIES_HOLT_WINTERS_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/series/detail/rate_search.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a season acts on a series: not at all, by a sum, or by a factor, for seasons that grow with the level.
enum class season_kind : std::uint8_t { none, additive, multiplicative };

/// What a `holt_winters` is made of. Rates and the damping are in (0, 1); one that is NaN is fitted.
struct holt_winters_options {
  bool trend = true;
  season_kind season = season_kind::none;
  /// How many values a season has, from 2 on, where there is one.
  std::size_t period = 0;
  double level_rate = detail::math::nan;
  double trend_rate = detail::math::nan;
  double season_rate = detail::math::nan;
  /// What is left of the trend after a step: with 0.9, forecasts far ahead end at the level and nine times the trend. 1
  /// does not damp it. A fitted one is in [0.8, 0.995].
  double damping = 1;
};

/// Where a future value lies with some probability.
struct forecast_interval {
  double low = 0;
  double high = 0;
};

/// Forecasts of a series by exponential smoothing of its level, trend and season (Holt and Winters). Each value of the
/// series moves them by their rates; the rates that are not given are those with the least squared error of the
/// forecasts one step ahead.
///
///     auto fitted = mr::model::holt_winters::fit(sales, {.season = mr::model::season_kind::additive, .period = 12});
///     if (!fitted) return std::move(fitted).error();
///     std::vector<double> next_year(12);
///     fitted->forecast(next_year);
///
/// Shapes: the values are evenly spaced in time, without gaps, the oldest first.
/// Guarantee: the recursions are those of statsmodels' ExponentialSmoothing. The states before the first value are
/// estimated from the first two seasons (or the first ten values), and are not fitted.
/// Complexity: of `fit` O(n) for each of some thousand trials of the rates; of a forecast O(steps).
/// Allocates: to fit, save, load, and for intervals; never to forecast or update.
/// Threads: const calls from any number. Moved from, it may only be assigned to or destroyed.
/// Source: Winters, "Forecasting sales by exponentially weighted moving averages", Management Science 6, 1960; Gardner,
/// McKenzie, "Forecasting trends in time series", Management Science 31, 1985 (damping).
class holt_winters {
 public:
  using options_type = holt_winters_options;

  /// Errors: invalid_argument: a period below 2, a rate or damping outside (0, 1), damping without a trend;
  /// invalid_data: fewer than two seasons, or two values; a value that is not finite, beyond 1e140, or for a
  /// multiplicative season not above 0: the message names its place.
  template <class = void>
  static result<holt_winters> fit(std::span<const double> series, const holt_winters_options& with = {});

  double level_rate() const noexcept { return rates_[0]; }
  double trend_rate() const noexcept { return rates_[1]; }
  double season_rate() const noexcept { return rates_[2]; }
  double damping() const noexcept { return rates_[3]; }
  /// The sum of squared errors of the forecasts one step ahead, over the series that it was fitted on.
  double squared_error() const noexcept { return squared_; }

  /// Writes the next out.size() values.
  void forecast(std::span<double> out) const noexcept {
    double steps = 0;  // each counts as much as is left of the trend
    double left = 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
      steps += left *= damping();
      out[i] = seasoned(level_ + steps * trend_, season_at(i));
    }
  }
  /// Intervals that the next `steps` values lie in with this probability each: of 2,000 futures in which the errors of
  /// the past come in another order.
  /// Errors: invalid_argument: the probability is not in (0, 1), or more than 2^24 steps.
  template <class = void>
  result<std::vector<forecast_interval>> intervals(std::size_t steps, double probability, std::uint64_t seed) const;
  /// Takes the next value of the series; the rates stay. One that `fit` refuses is taken for the forecast, and one with
  /// which a state would be infinite moves none of them.
  void update(double value) noexcept {
    const std::size_t at = next_;
    const double before[3] = {level_, trend_, season_at(0)};
    const bool fits = what_is_wrong(value) == nullptr;
    (void)step(fits ? value : detail::math::nan);
    const double after = level_ + trend_ + (seasons_.empty() ? 0 : seasons_[at]);
    if (detail::math::is_finite(after)) return;
    level_ = before[0];
    trend_ = before[1];
    if (!seasons_.empty()) seasons_[at] = before[2];
  }

  template <class = void>
  std::vector<std::byte> save() const;
  /// Errors: those of an envelope.
  template <class = void>
  static result<holt_winters> load(std::span<const std::byte> bytes);

 private:
  static constexpr std::size_t futures = 2000;

  explicit holt_winters(const holt_winters_options& with) : with_(with), seasons_(with.period) {}

  const char* what_is_wrong(double value) const noexcept {
    if (!detail::math::is_finite(value)) return "missing or infinite";
    if (detail::math::absolute(value) > 1e140) return "beyond 1e140, where squares are near the largest number";
    const bool fits = with_.season != season_kind::multiplicative || value > 0;
    return fits ? nullptr : "not above 0, as a multiplicative season needs";
  }
  double season_at(std::size_t ahead) const noexcept {
    return seasons_.empty() ? 0 : seasons_[(next_ + ahead) % seasons_.size()];
  }
  double seasoned(double line, double season) const noexcept {
    return with_.season == season_kind::none       ? line
           : with_.season == season_kind::additive ? line + season
                                                   : line * season;
  }
  /// Takes a value and returns the error of its forecast.
  double step(double value) noexcept {
    const double damped = damping() * trend_;
    const double line = level_ + damped;
    const double season = season_at(0);
    const double expected = seasoned(line, season);
    if (!detail::math::is_finite(value)) value = expected;
    const bool factor = with_.season == season_kind::multiplicative;
    const double before = level_;
    const double without = factor ? value / season : value - season;
    level_ = rates_[0] * without + (1 - rates_[0]) * line;
    if (with_.trend) trend_ = rates_[1] * (level_ - before) + (1 - rates_[1]) * damped;
    if (!seasons_.empty()) {
      seasons_[next_] = rates_[2] * (factor ? value / line : value - line) + (1 - rates_[2]) * season;
      next_ = next_ + 1 == seasons_.size() ? 0 : next_ + 1;
    }
    return value - expected;
  }
  void begin(std::span<const double> series) noexcept;
  double error_of(std::span<const double> series, const detail::smoothing_rates& rates) noexcept {
    for (int i = 0; i < detail::rate_count; ++i) rates_[i] = rates[i];
    begin(series);
    double sum = 0;
    for (const double value : series) {
      const double missed = step(value);
      sum += missed * missed;
    }
    return detail::math::is_finite(sum) ? sum : std::numeric_limits<double>::infinity();
  }
  void find_rates(std::span<const double> series);
  static result<void> checked(std::span<const double> series, const holt_winters_options& with);

  holt_winters_options with_;
  detail::smoothing_rates rates_ = {0, 0, 0, 1};  // of level, trend and season, and the damping
  double level_ = 0;
  double trend_ = 0;
  std::vector<double> seasons_;
  std::size_t next_ = 0;  // the season of the next value
  double squared_ = 0;
  std::vector<double> errors_;  // of the forecasts, for intervals
};

/// The states before the first value: the trend from the means of two seasons, the seasons by what is left of them.
inline void holt_winters::begin(std::span<const double> series) noexcept {
  const std::size_t period = seasons_.size();
  next_ = 0;
  if (period == 0) {
    const std::size_t few = series.size() < 10 ? series.size() : 10;
    trend_ = with_.trend ? (series[few - 1] - series[0]) / static_cast<double>(few - 1) : 0;
    level_ = series[0] - trend_;
    return;
  }
  double means[2] = {0, 0};
  for (std::size_t i = 0; i < 2 * period; ++i) means[i / period] += series[i] / static_cast<double>(period);
  trend_ = with_.trend ? (means[1] - means[0]) / static_cast<double>(period) : 0;
  level_ = with_.trend ? means[0] - trend_ * static_cast<double>(period + 1) / 2 : (means[0] + means[1]) / 2;
  const bool factor = with_.season == season_kind::multiplicative;
  if (factor && !(level_ + trend_ > 0 && level_ + trend_ * static_cast<double>(2 * period) > 0)) {
    trend_ = 0;  // so steep that the line falls below 0, where no season is a factor of it
    level_ = (means[0] + means[1]) / 2;
  }
  for (std::size_t i = 0; i < period; ++i) {
    const double first = level_ + trend_ * static_cast<double>(i + 1);
    const double second = level_ + trend_ * static_cast<double>(i + 1 + period);
    seasons_[i] = factor ? (series[i] / first + series[i + period] / second) / 2
                         : (series[i] - first + series[i + period] - second) / 2;
  }
}

/// The error has several least places, so the best points of a coarse grid are all gone on from.
inline void holt_winters::find_rates(std::span<const double> series) {
  constexpr int size = 5;
  constexpr double of_rates[size] = {0.02, 0.1, 0.3, 0.6, 0.9};
  constexpr double of_damping[size] = {0.8, 0.85, 0.9, 0.95, 0.99};
  const detail::smoothing_rates given = {with_.level_rate, with_.trend_rate, with_.season_rate, with_.damping};
  const bool used[] = {true, with_.trend, !seasons_.empty(), true};
  bool open[detail::rate_count];
  int count = 1;
  for (int i = 0; i < detail::rate_count; ++i) {
    open[i] = used[i] && detail::math::is_nan(given[i]);
    count *= open[i] ? size : 1;
  }
  std::vector<detail::rate_trial> trials;
  for (int code = 0; code < count; ++code) {
    detail::rate_trial one;
    int left = code;
    for (int i = 0; i < detail::rate_count; ++i) {
      one.rates[i] = open[i] ? (i == 3 ? of_damping : of_rates)[left % size] : used[i] ? given[i] : 0;
      if (open[i]) left /= size;
    }
    one.squared = error_of(series, one.rates);
    trials.push_back(one);
  }
  detail::heap_sort(trials.data(), trials.size(),
                    [](const detail::rate_trial& a, const detail::rate_trial& b) { return a.squared < b.squared; });
  detail::rate_trial best = trials[0];
  for (std::size_t i = 0; i < trials.size() && i < 6; ++i) {
    detail::descend(open, trials[i], [&](const detail::smoothing_rates& rates) { return error_of(series, rates); });
    if (trials[i].squared < best.squared) best = trials[i];
  }
  (void)error_of(series, best.rates);
}

inline result<void> holt_winters::checked(std::span<const double> series, const holt_winters_options& with) {
  const bool seasonal = with.season != season_kind::none;
  if (with.season > season_kind::multiplicative)
    return error(errc::invalid_argument, "holt_winters: season is none of its kinds");
  if (seasonal ? with.period < 2 : with.period != 0)
    return error(errc::invalid_argument,
                 "holt_winters: period is " + std::to_string(with.period) +
                     (seasonal ? ", a season has 2 values or more" : ", and there is no season"));
  const std::pair<const char*, double> rates[] = {
      {"level_rate", with.level_rate}, {"trend_rate", with.trend_rate}, {"season_rate", with.season_rate}};
  for (const auto& [name, rate] : rates)
    if (rate <= 0 || rate >= 1)
      return error(errc::invalid_argument, std::string("holt_winters: ") + name + " is not in (0, 1)");
  if (with.damping <= 0 || with.damping > 1)
    return error(errc::invalid_argument, "holt_winters: damping is not in (0, 1]");
  if (with.damping != 1 && !with.trend)
    return error(errc::invalid_argument, "holt_winters: damping, and there is no trend");
  if (series.size() < 2 || series.size() / 2 < with.period)
    return error(errc::invalid_data,
                 "holt_winters: " + std::to_string(series.size()) + " values, at least " +
                     (seasonal ? "two seasons of " + std::to_string(with.period) : std::string("2")) + " are needed");
  const holt_winters of(holt_winters_options{.season = with.season});
  for (std::size_t i = 0; i < series.size(); ++i)
    if (const char* const wrong = of.what_is_wrong(series[i]); wrong != nullptr)
      return error(errc::invalid_data, "holt_winters: value " + std::to_string(i) + " is " + wrong);
  return {};
}

template <class>
result<holt_winters> holt_winters::fit(std::span<const double> series, const holt_winters_options& with) {
  if (auto possible = checked(series, with); !possible) return std::move(possible).error();
  holt_winters made(with);
  made.find_rates(series);
  made.begin(series);
  for (const double value : series) {
    made.errors_.push_back(made.step(value));
    made.squared_ += made.errors_.back() * made.errors_.back();
  }
  if (!detail::math::is_finite(made.squared_) || !detail::math::is_finite(made.level_))
    return error(errc::invalid_data, "holt_winters: the values are so small that seasons are infinite");
  return made;
}

template <class>
result<std::vector<forecast_interval>> holt_winters::intervals(std::size_t steps, double probability,
                                                               std::uint64_t seed) const {
  if (!(probability > 0 && probability < 1))
    return error(errc::invalid_argument, "holt_winters: the probability of an interval is not in (0, 1)");
  if (steps > std::size_t{1} << 24)
    return error(errc::invalid_argument, "holt_winters: " + std::to_string(steps) + " steps are more than 2^24");
  random_engine random(seed);
  std::vector<double> reached(futures * steps);
  for (std::size_t future = 0; future < futures; ++future) {
    holt_winters one = *this;
    for (std::size_t i = 0; i < steps; ++i) {
      const double value = one.seasoned(one.level_ + one.damping() * one.trend_, one.season_at(0)) +
                           errors_[static_cast<std::size_t>(random.below(errors_.size()))];
      (void)one.step(value);
      reached[i * futures + future] = value;
    }
  }
  const auto rank = static_cast<std::size_t>((1 - probability) / 2 * static_cast<double>(futures - 1));
  std::vector<forecast_interval> made(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    double* const values = reached.data() + i * futures;
    detail::heap_sort(values, futures, [](double a, double b) { return a < b; });
    made[i] = {values[rank], values[futures - 1 - rank]};
  }
  return made;
}

template <class>
std::vector<std::byte> holt_winters::save() const {
  envelope_writer to("holt_winters");
  const bool damped = damping() != 1;
  to.u8(damped ? 2 : with_.trend ? 1 : 0);
  to.u8(static_cast<std::uint8_t>(with_.season));
  for (int i = 0; i < (damped ? 4 : 3); ++i) to.f64(rates_[i]);
  to.f64(level_);
  to.f64(trend_);
  to.f64(squared_);
  to.u64(next_);
  to.u64(seasons_.size());
  for (const double one : seasons_) to.f64(one);
  to.u64(errors_.size());
  for (const double one : errors_) to.f64(one);
  return std::move(to).finish();
}
template <class>
result<holt_winters> holt_winters::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "holt_winters");
  if (!from) return std::move(from).error();
  const std::uint8_t trend = from->u8();
  const std::uint8_t season = from->u8();
  holt_winters made({.trend = trend != 0, .season = static_cast<season_kind>(season)});
  bool valid = trend <= 2 && season <= 2;
  for (int i = 0; i < (trend == 2 ? 4 : 3); ++i) {  // 2: there is a damping
    made.rates_[i] = from->f64();
    valid = valid && made.rates_[i] >= 0 && made.rates_[i] < 1;
  }
  valid = valid && made.damping() > 0;
  for (double* const one : {&made.level_, &made.trend_, &made.squared_}) {
    *one = from->f64();
    valid = valid && detail::math::is_finite(*one);
  }
  const std::uint64_t next = from->u64();
  made.seasons_.resize(from->count(8));
  made.with_.period = made.seasons_.size();
  for (double& one : made.seasons_) valid = detail::math::is_finite(one = from->f64()) && valid;
  made.errors_.resize(from->count(8));
  for (double& one : made.errors_) valid = detail::math::is_finite(one = from->f64()) && valid;
  valid = valid && (season != 0) == (made.seasons_.size() >= 2) && (season != 0 || made.seasons_.empty()) &&
          next < (made.seasons_.empty() ? 1 : made.seasons_.size()) && !made.errors_.empty();
  made.next_ = static_cast<std::size_t>(next);
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SERIES_HOLT_WINTERS_HPP
