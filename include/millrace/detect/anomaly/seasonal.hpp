#ifndef MILLRACE_DETECT_ANOMALY_SEASONAL_HPP
#define MILLRACE_DETECT_ANOMALY_SEASONAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/anomaly/anomaly.hpp>
#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {

/// How fast a seasonal model follows the stream: the weight, in [0, 1], that the newest observation has in each part.
struct smoothing {
  double level = 0.2;
  double trend = 0.01;
  double season = 0.2;
};

/// Flags an observation by its distance from a forecast: the sum of a level, a trend per observation, and the usual
/// departure at this place of the season (Holt and Winters' additive model).
///
/// `Period` is the number of observations in a season: 48 for a day of half-hours. `forecast(steps)` looks ahead.
///
/// Models: anomaly_detector.
/// Units: the score is the residual (observation less forecast), in weighted standard deviations of the residuals.
/// Guarantee: if the residuals are independent and normal, about one in `RunLength::drift` is flagged. The first two
/// seasons set level, trend and season up, the third the residuals' deviation; only then are observations flagged. A
/// flagged observation counts as one at the band's edge, so one spike hardly changes the forecast a season later.
/// Complexity: update O(1), 8 ns; 16 Period + 64 bytes.
/// Allocates: never.
/// Source: Winters, Management Science 6(3), 1960; cutting of outliers: Gelper, Fried, Croux, J. Forecasting 29, 2010.
template <std::size_t Period, class RunLength = arl<10'000>>
class seasonal : detail::require_arl<RunLength>, public saved_fields<seasonal<Period, RunLength>> {
  friend saved_fields<seasonal>;
  static_assert(Period >= 2 && Period <= 65536, "millrace[DETECT-6]: seasonal<Period> needs 2 <= Period <= 65536");

 public:
  /// Weights outside [0, 1] are brought into it.
  explicit seasonal(smoothing weights = {}) noexcept
      : weights_{within(weights.level), within(weights.trend), within(weights.season)},
        limit_(detail::promised_limit<RunLength>()) {}

  anomaly update(double x) noexcept {
    if (!(detail::math::absolute(x) <= 1e140)) return {x, level_, level_, true};
    anomaly found;
    const auto at = static_cast<std::size_t>(count_ % Period);
    ++count_;
    if (count_ <= 2 * Period) {
      (count_ <= Period ? season_ : second_)[at] = x;
      if (count_ == 2 * Period) set_up();
      return found;
    }
    const double expected = level_ + trend_ + season_[at];
    double residual = x - expected;
    if (count_ > 3 * Period && variance_ > 0) {
      const double deviation = detail::math::sqrt(variance_);
      const double reach = limit_ * deviation;
      found = {residual / deviation, expected - reach, expected + reach, detail::math::absolute(residual) > reach};
      if (found.flagged) residual = residual > 0 ? reach : -reach;
    }
    const double cut = expected + residual;
    const double before = level_;
    level_ = weights_.level * (cut - season_[at]) + (1 - weights_.level) * (level_ + trend_);
    trend_ = weights_.trend * (level_ - before) + (1 - weights_.trend) * trend_;
    season_[at] = weights_.season * (cut - level_) + (1 - weights_.season) * season_[at];
    const double seen = static_cast<double>(count_ - 2 * Period);
    const double w = seen < memory ? 1 / seen : 1 / memory;
    variance_ += w * (residual * residual - variance_);
    return found;
  }

  /// The forecast for the observation `steps` ahead, 1 for the next one; NaN before two seasons have come.
  double forecast(std::uint64_t steps) const noexcept {
    if (count_ < 2 * Period) return detail::math::nan;
    return level_ + static_cast<double>(steps) * trend_ +
           season_[static_cast<std::size_t>((count_ + (steps == 0 ? 0 : steps - 1)) % Period)];
  }
  double level() const noexcept { return level_; }
  /// The change of the level per observation.
  double trend() const noexcept { return trend_; }
  std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept { *this = seasonal(weights_); }

 private:
  /// How many observations the residuals' variance remembers.
  static constexpr double memory = Period < 100 ? 500 : 5.0 * static_cast<double>(Period);

  static double within(double w) noexcept { return !(w >= 0) ? 0 : w > 1 ? 1 : w; }

  /// Sets the trend to the slope between the two seasons' means, each place of the season to its distance from that
  /// line averaged over both seasons, and the level to the line's end.
  void set_up() noexcept {
    constexpr auto period = static_cast<double>(Period);
    double first = 0;
    double second = 0;
    for (std::size_t i = 0; i < Period; ++i) {
      first += season_[i] / period;
      second += second_[i] / period;
    }
    trend_ = (second - first) / period;
    const double centre = 0.5 * (period - 1);
    for (std::size_t i = 0; i < Period; ++i) {
      const double along = trend_ * (static_cast<double>(i) - centre);
      season_[i] = 0.5 * ((season_[i] - first) + (second_[i] - second)) - along;
    }
    level_ = second + trend_ * centre;
    variance_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength, Period>("seasonal"); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.weights_.level, self.weights_.trend, self.weights_.season, self.level_, self.trend_, self.variance_,
          self.count_, self.season_, self.second_);
  }
  bool restore() noexcept {
    const auto is_weight = [](double w) { return w >= 0 && w <= 1; };
    return is_weight(weights_.level) && is_weight(weights_.trend) && is_weight(weights_.season) &&
           detail::all_finite(level_, trend_, variance_) && variance_ >= 0 && detail::each_finite(season_) &&
           detail::each_finite(second_);
  }

  smoothing weights_;
  double limit_;
  double level_ = 0;
  double trend_ = 0;
  double variance_ = 0;
  std::uint64_t count_ = 0;
  std::array<double, Period> season_{};
  std::array<double, Period> second_{};  // the second season, until set up
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_SEASONAL_HPP
