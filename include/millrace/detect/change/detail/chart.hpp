#ifndef MILLRACE_DETECT_CHANGE_DETAIL_CHART_HPP
#define MILLRACE_DETECT_CHANGE_DETAIL_CHART_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// The largest size of a number that a detector of unknown scale takes as it is: 1e28 such squares have a finite sum.
inline constexpr double largest_taken = 1e140;
/// x, cut to that size.
constexpr double taken(double x) noexcept {
  return x > largest_taken ? largest_taken : x < -largest_taken ? -largest_taken : x;
}

/// The base of detectors that compare one statistic with two thresholds and start afresh after a drift. A Detector has
/// `restart()`, which forgets the stream.
template <class Detector>
class chart {
 public:
  /// Makes the detector as new.
  void reset() noexcept {
    static_cast<Detector&>(*this).restart();
    last_ = 0;
  }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 protected:
  explicit chart(thresholds limits) noexcept : drift_(limits.drift), warning_(limits.warning) {}

  template <class Self, class Visit>
  static void chart_fields(Self& self, const Visit& visit) {
    visit(self.drift_, self.warning_, self.last_);
  }

  signal judge(double statistic) noexcept {
    last_ = statistic;
    const signal said = grade(statistic, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      static_cast<Detector&>(*this).restart();
    return said;
  }

  double drift_;
  double warning_;
  double last_ = 0;  // the statistic
};

/// The base of detectors whose stream has a known mean and standard deviation. A Detector has `step(z)`, which takes an
/// observation's distance from the mean in standard deviations and returns the statistic.
template <class Detector>
class known_chart : public chart<Detector> {
 public:
  signal update(double x) noexcept {
    double z = (x - mean_) * scale_;
    if (!(detail::math::absolute(z) <= most)) [[unlikely]] {
      if (!detail::math::is_finite(x)) return signal::none;
      if (z != z) return this->judge(most);  // an impossible reference
      z = z < 0 ? -most : most;
    }
    ++count_;
    return this->judge(static_cast<Detector&>(*this).step(z));
  }
  std::uint64_t count() const noexcept { return count_; }

 protected:
  known_chart(thresholds limits, in_control reference, bool possible) noexcept
      : chart<Detector>(limits),
        mean_(reference.mean),
        scale_(possible && reference.is_possible() ? 1 / reference.stddev : detail::math::nan) {}

  static constexpr double most = 1e300;

  double mean_;
  double scale_;
  std::uint64_t count_ = 0;
};

/// Two cumulative sums of deviates z, one of z - allowance and one of -z - allowance, neither ever below 0.
struct two_sided_sums {
  double allowance;
  double wants_upper;  // 1 if rises count, else 0
  double wants_lower;  // 1 if falls count, else 0
  double upper = 0;
  double lower = 0;

  two_sided_sums(double per_step, side which) noexcept
      : allowance(detail::math::absolute(per_step)),
        wants_upper(which != side::lower ? 1 : 0),
        wants_lower(which != side::upper ? 1 : 0) {}

  /// Adds z, and returns the larger sum.
  double step(double z) noexcept {
    const double up = upper + z - allowance;
    const double down = lower - z - allowance;
    upper = up > 0 ? up * wants_upper : 0;
    lower = down > 0 ? down * wants_lower : 0;
    return upper > lower ? upper : lower;
  }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.allowance, self.wants_upper, self.wants_lower, self.upper, self.lower);
  }
  bool is_sound() const noexcept {
    const auto is_flag = [](double x) { return x == 0 || x == 1; };
    return upper >= 0 && lower >= 0 && math::is_finite(upper) && math::is_finite(lower) && is_flag(wants_upper) &&
           is_flag(wants_lower);
  }
  /// The thresholds that give the average run lengths on standard normal deviates. Two sides raise alarms twice as
  /// often as one, so each has twice the run length.
  template <class RunLength>
  static thresholds promised(double per_step, side which) noexcept {
    const auto limit = [&](std::uint64_t run_length) {
      return cusum_limit(detail::math::absolute(per_step),
                         static_cast<double>(run_length) * (which == side::both ? 2 : 1));
    };
    return {limit(RunLength::drift), limit(RunLength::warning)};
  }
};

/// The base of detectors whose observations lie in [0, 1]. It counts those that do not: amounts, say, given to it by
/// mistake all count as 1, a constant stream in which no change would ever be found.
template <class Detector>
class bounded_chart : public chart<Detector> {
 public:
  /// Makes the detector as new, `clamped` included.
  void reset() noexcept {
    chart<Detector>::reset();
    clamped_ = 0;
  }
  /// How many observations since the start or reset() were not finite (they were passed over) or not in the range that
  /// the detector is for (they were brought into it). A drift does not reset it. If it is above 0 the stream is
  /// probably in other units.
  std::uint64_t clamped() const noexcept { return clamped_; }

 protected:
  using chart<Detector>::chart;

  /// Brings x into [0, 1]. Returns false if x is not finite and has to be passed over.
  bool clamp(double& x) noexcept {
    if (x >= 0 && x <= 1) [[likely]]
      return true;
    ++clamped_;
    if (!detail::math::is_finite(x)) return false;
    x = x < 0 ? 0 : 1;
    return true;
  }
  /// Makes x 1, an error, unless it is 0. Returns false if x is not finite and has to be passed over.
  bool clamp_to_error(double& x) noexcept {
    if (x == 0 || x == 1) [[likely]]
      return true;
    ++clamped_;
    if (!detail::math::is_finite(x)) return false;
    x = 1;
    return true;
  }

  template <class Self, class Visit>
  static void chart_fields(Self& self, const Visit& visit) {
    chart<Detector>::chart_fields(self, visit);
    visit(self.clamped_);
  }

  std::uint64_t clamped_ = 0;
};

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_DETAIL_CHART_HPP
