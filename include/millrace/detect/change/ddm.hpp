#ifndef MILLRACE_DETECT_CHANGE_DDM_HPP
#define MILLRACE_DETECT_CHANGE_DDM_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/change/detail/calibration.hpp>
#include <millrace/detect/change/detail/chart.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Detects a rising error rate of a model: the error rate since the start, plus its standard deviation, against the
/// lowest such sum so far. After a drift it starts afresh.
///
/// Models: drift_detector.
/// Units: an observation is 1 for an error, 0 for none. Any other finite number counts as an error, and `clamped()`
/// counts it. The statistic is in standard deviations of the lowest rate.
/// Guarantee: while nothing changes, at most 63 % of the streams raise a false alarm within `RunLength::drift`
/// observations, for error rates from 0.05 to 0.5; thresholds were found by simulation. (The average run length is no
/// useful figure here, since false alarms get rarer the longer a stream is; 63 %, or 1 - 1/e, is the share that would
/// raise one with a constant rate of false alarms.)
/// Complexity: update O(1), 8 ns.
/// Allocates: never.
/// Source: Gama, Medas, Castillo, Rodrigues, "Learning with drift detection", SBIA 2004; there the thresholds are 2 and
/// 3 standard deviations.
template <class RunLength = arl<10'000>>
class ddm : detail::require_arl<RunLength>,
            public detail::bounded_chart<ddm<RunLength>>,
            public saved_fields<ddm<RunLength>> {
  friend detail::chart<ddm>;
  friend saved_fields<ddm>;
  using chart = detail::bounded_chart<ddm>;

 public:
  /// The fewest observations, and the fewest errors among them, before the rate is compared.
  static constexpr std::uint64_t least = 30;
  static constexpr double least_errors = 5;

  ddm() noexcept : ddm(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of your own, in standard deviations of the lowest rate.
  explicit ddm(thresholds own) noexcept : chart(own) {}

  signal update(double error) noexcept {
    if (!this->clamp_to_error(error)) return signal::none;
    ++count_;
    errors_ += error != 0 ? 1 : 0;
    const auto n = static_cast<double>(count_);
    const double rate = (errors_ + 0.5) / (n + 1);  // never 0, so that its deviation is not either
    const double deviation = detail::math::sqrt(rate * (1 - rate) / n);
    if (count_ < least || errors_ < least_errors) return signal::none;
    if (rate + deviation < lowest_rate_ + lowest_deviation_) {
      lowest_rate_ = rate;
      lowest_deviation_ = deviation;
    }
    return this->judge((rate + deviation - lowest_rate_) / lowest_deviation_);
  }

  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr detail::calibration simulated{2.0216, 2.4250, 2.6477, 2.6902, 2.7635,
                                                 2.7849, 2.8040, 2.8132, 2.8286};
  void restart() noexcept {
    count_ = 0;
    errors_ = 0;
    lowest_rate_ = 1;
    lowest_deviation_ = 1;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("ddm"); }
  static ddm blank() noexcept { return ddm(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.errors_, self.lowest_rate_, self.lowest_deviation_, self.count_);
  }
  bool restore() noexcept {
    return errors_ >= 0 && errors_ <= static_cast<double>(count_) && lowest_rate_ > 0 && lowest_rate_ <= 1 &&
           lowest_deviation_ > 0 && lowest_deviation_ <= 1;
  }

  double errors_ = 0;
  double lowest_rate_ = 1;
  double lowest_deviation_ = 1;
  std::uint64_t count_ = 0;
};

/// Detects a rising error rate by the number of observations from one error to the next: its mean plus two standard
/// deviations, against the greatest such sum so far. For slow changes at low rates. After a drift it starts afresh.
///
/// Models: drift_detector.
/// Units: an observation is 1 for an error, 0 for none. Any other finite number counts as an error, and `clamped()`
/// counts it. The statistic is the share, in [0, 1], by which the sum has fallen.
/// Guarantee: while nothing changes, at most 63 % (see `ddm`) of the streams raise a false alarm within
/// `RunLength::drift` errors, for error rates up to 0.5; thresholds were found by simulation. Errors are counted, not
/// observations, because the statistic changes only at an error.
/// Complexity: update O(1), 6 ns.
/// Allocates: never.
/// Source: Baena-Garcia, del Campo-Avila, Fidalgo, Bifet, Gavalda, Morales-Bueno, "Early drift detection method", 2006;
/// there the thresholds are 1 - 0.95 and 1 - 0.90.
template <class RunLength = arl<10'000>>
class eddm : detail::require_arl<RunLength>,
             public detail::bounded_chart<eddm<RunLength>>,
             public saved_fields<eddm<RunLength>> {
  friend detail::chart<eddm>;
  friend saved_fields<eddm>;
  using chart = detail::bounded_chart<eddm>;

 public:
  /// The fewest errors before their distance is compared.
  static constexpr std::uint64_t least = 30;

  eddm() noexcept : eddm(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of your own, in (0, 1): by which share the sum may fall below its greatest value.
  explicit eddm(thresholds own) noexcept : chart(own) {}

  signal update(double error) noexcept {
    if (!this->clamp_to_error(error)) return signal::none;
    ++count_;
    if (error == 0) return signal::none;
    const auto distance = static_cast<double>(count_ - at_);
    at_ = count_;
    ++errors_;
    const double d = distance - mean_;
    mean_ += d / static_cast<double>(errors_);
    squares_ += d * (distance - mean_);
    if (errors_ < least) return signal::none;
    const double reach = mean_ + 2 * detail::math::sqrt(squares_ / static_cast<double>(errors_));
    if (reach > greatest_) greatest_ = reach;
    return this->judge(1 - reach / greatest_);
  }

  std::uint64_t count() const noexcept { return count_; }
  /// Errors since the start or the last drift.
  std::uint64_t errors() const noexcept { return errors_; }

 private:
  static constexpr detail::calibration simulated{0.1076, 0.1320, 0.1469, 0.1495, 0.1498,
                                                 0.1499, 0.1499, 0.1500, 0.1500};
  void restart() noexcept {
    count_ = at_ = errors_ = 0;
    mean_ = squares_ = greatest_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("eddm"); }
  static eddm blank() noexcept { return eddm(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.mean_, self.squares_, self.greatest_, self.count_, self.at_, self.errors_);
  }
  bool restore() noexcept {
    return detail::all_finite(mean_, squares_, greatest_) && mean_ >= 0 && squares_ >= 0 && greatest_ >= 0 &&
           at_ <= count_ && errors_ <= at_ && (errors_ < least || greatest_ > 0);
  }

  double mean_ = 0;
  double squares_ = 0;
  double greatest_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t errors_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DDM_HPP
