#ifndef MILLRACE_DETECT_CHANGE_HDDM_HPP
#define MILLRACE_DETECT_CHANGE_HDDM_HPP

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

/// Detects an abrupt rise of the mean of a stream in [0, 1]. It compares the average of all observations with that of
/// the beginning whose average plus Hoeffding's error bound was lowest. After a drift it starts afresh.
///
/// Models: drift_detector.
/// Units: observations in [0, 1]. A stream between other bounds is given as (x - low) / (high - low). Numbers outside
/// [0, 1] count as 0 or 1, and `clamped()` counts them. The statistic has no unit.
/// Guarantee: while nothing changes, at most 63 % of the streams raise a false alarm within `RunLength::drift`
/// observations. (63 %, or 1 - 1/e, is the share that would raise one with a constant rate of false alarms.) Thresholds
/// were found by simulation on 0/1 streams, for the worst probability from 0.05 to 0.5.
/// Complexity: update O(1), 7 ns.
/// Allocates: never.
/// Source: Frias-Blanco and others, "Online and non-parametric drift detection methods based on Hoeffding's bounds",
/// IEEE TKDE 27(3), 2015: HDDM_A.
template <class RunLength = arl<10'000>>
class hddm_a : detail::require_arl<RunLength>,
               public detail::bounded_chart<hddm_a<RunLength>>,
               public saved_fields<hddm_a<RunLength>> {
  friend detail::chart<hddm_a>;
  friend saved_fields<hddm_a>;
  using chart = detail::bounded_chart<hddm_a>;

 public:
  hddm_a() noexcept : hddm_a(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of your own: log(1 / alpha) in the paper's terms.
  explicit hddm_a(thresholds own) noexcept : chart(own) {}

  signal update(double x) noexcept {
    if (!this->clamp(x)) return signal::none;
    ++count_;
    sum_ += x;
    const auto n = static_cast<double>(count_);
    const double average = sum_ / n;
    const double upper = average + detail::math::sqrt(0.5 * this->drift_ / n);
    if (upper <= best_upper_) {
      best_upper_ = upper;
      best_count_ = n;
      best_average_ = average;
    }
    const double rise = average - best_average_;
    // By Hoeffding's inequality the average of n exceeds that of its first m by r with at most the probability
    // exp(-s) with s = 2 r^2 / (1/m - 1/n), which is the statistic.
    return this->judge(rise > 0 && best_count_ < n ? 2 * rise * rise * n * best_count_ / (n - best_count_) : 0);
  }

  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr double none_yet = 1e300;

  static constexpr detail::calibration simulated{2.7235, 3.4426, 4.2685, 5.0556, 5.8912,
                                                 6.6103, 7.3682, 8.0581, 8.7571};
  void restart() noexcept {
    count_ = 0;
    sum_ = 0;
    best_upper_ = none_yet;
    best_count_ = best_average_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("hddm_a"); }
  static hddm_a blank() noexcept { return hddm_a(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.sum_, self.best_upper_, self.best_count_, self.best_average_, self.count_);
  }
  bool restore() noexcept {
    const auto n = static_cast<double>(count_);
    return sum_ >= 0 && sum_ <= n && best_upper_ >= 0 && best_upper_ <= none_yet && best_count_ >= 0 &&
           best_count_ <= n && best_average_ >= 0 && best_average_ <= 1;
  }

  double sum_ = 0;
  double best_upper_ = none_yet;
  double best_count_ = 0;
  double best_average_ = 0;
  std::uint64_t count_ = 0;
};

/// Detects a gradual rise of the mean of a stream in [0, 1]. It compares the exponentially weighted average since the
/// beginning whose own weighted average plus McDiarmid's error bound was lowest with that one. After a drift it starts
/// afresh.
///
/// Models: drift_detector.
/// Units: observations as for `hddm_a`. `weight` is that of the newest observation, in (0, 1]; thresholds were
/// simulated for 0.05.
/// Guarantee: as `hddm_a`.
/// Complexity: update O(1), 4 ns.
/// Allocates: never.
/// Source: as `hddm_a`: HDDM_W.
template <class RunLength = arl<10'000>>
class hddm_w : detail::require_arl<RunLength>,
               public detail::bounded_chart<hddm_w<RunLength>>,
               public saved_fields<hddm_w<RunLength>> {
  friend detail::chart<hddm_w>;
  friend saved_fields<hddm_w>;
  using chart = detail::bounded_chart<hddm_w>;

 public:
  hddm_w() noexcept : hddm_w(detail::promised<RunLength>(simulated)) {}
  /// With thresholds of your own: log(1 / alpha) in the paper's terms. A weight outside (0, 1] counts as 0.05.
  explicit hddm_w(thresholds own, double weight = 0.05) noexcept
      : chart(own), weight_(weight > 0 && weight <= 1 ? weight : 0.05) {}

  signal update(double x) noexcept {
    if (!this->clamp(x)) return signal::none;
    ++count_;
    all_.add(x, weight_);
    const double upper = all_.average + detail::math::sqrt(0.5 * this->drift_ * all_.squares);
    if (upper < best_upper_) {
      best_upper_ = upper;
      best_ = all_;
      since_ = {};
      this->last_ = 0;
      return signal::none;
    }
    since_.add(x, weight_);
    const double rise = since_.average - best_.average;
    return this->judge(rise > 0 ? 2 * rise * rise / (since_.squares + best_.squares) : 0);
  }

  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr double none_yet = 1e300;

  /// A weighted average and the sum of its squared weights.
  struct weighted {
    double average = -1;  // none yet
    double squares = 1;

    template <class Self, class Visit>
    static void fields(Self& self, const Visit& visit) {
      visit(self.average, self.squares);
    }
    bool is_sound() const noexcept {
      return (average == -1 || (average >= 0 && average <= 1)) && squares > 0 && squares <= 1;
    }
    void add(double x, double weight) noexcept {
      if (average < 0) {
        average = x;
        return;
      }
      average += weight * (x - average);
      squares = weight * weight + (1 - weight) * (1 - weight) * squares;
    }
  };

  static constexpr detail::calibration simulated{2.0434,  3.8993,  6.3965,  8.5147, 10.6622,
                                                 12.5472, 14.4031, 15.9967, 17.6388};
  void restart() noexcept {
    all_ = best_ = since_ = {};
    best_upper_ = none_yet;
    count_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("hddm_w"); }
  static hddm_w blank() noexcept { return hddm_w(thresholds{1, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.weight_, self.all_, self.best_, self.since_, self.best_upper_, self.count_);
  }
  bool restore() noexcept {
    return weight_ > 0 && weight_ <= 1 && all_.is_sound() && best_.is_sound() && since_.is_sound() &&
           best_upper_ >= 0 && best_upper_ <= none_yet;
  }

  double weight_;
  weighted all_;
  weighted best_;
  weighted since_;
  double best_upper_ = none_yet;
  std::uint64_t count_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_HDDM_HPP
