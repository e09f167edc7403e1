#ifndef MILLRACE_DETECT_CHANGE_EWMA_HPP
#define MILLRACE_DETECT_CHANGE_EWMA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/detect/change/detail/chart.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Detects a small lasting shift of a mean whose in-control value is known, by an exponentially weighted moving average
/// (EWMA). The statistic is the average's distance from the mean. After a drift the average starts at the mean.
///
///     mr::detect::ewma_chart<mr::detect::arl<10'000>> latency(mr::detect::in_control{.mean = 20, .stddev = 2.5});
///
/// Models: drift_detector.
/// Units: `weight` is that of the newest observation, brought into [0.02, 1]. Statistic and threshold are in standard
/// deviations of an observation.
/// Guarantee: on independent normal observations with the given mean and standard deviation the average run length is
/// `RunLength::drift`, to 1 % (the threshold solves Crowder's integral equation). Heavy tails shorten it less than that
/// of `cusum`, and the less the smaller the weight is.
/// Complexity: update O(1), 2 ns; construction about 2 ms.
/// Allocates: never.
/// Errors: `make`: invalid_argument. The constructor cannot return an error: with a reference that `make` refuses,
/// every observation is a drift.
/// Source: S. W. Roberts, Technometrics 1, 1959; limits: Crowder, Technometrics 29(4), 1987.
template <class RunLength = arl<10'000>>
class ewma_chart : detail::require_arl<RunLength>,
                   public detail::known_chart<ewma_chart<RunLength>>,
                   public saved_fields<ewma_chart<RunLength>> {
  friend detail::chart<ewma_chart>;
  friend detail::known_chart<ewma_chart>;
  friend saved_fields<ewma_chart>;
  using chart = detail::known_chart<ewma_chart>;

 public:
  explicit ewma_chart(in_control reference, double weight = 0.1) noexcept
      : ewma_chart(promised(within(weight)), reference, weight) {}
  /// With thresholds of your own, in standard deviations of an observation.
  ewma_chart(thresholds own, in_control reference, double weight = 0.1) noexcept
      : chart(own, reference, true), weight_(within(weight)) {}

  /// The same, checked.
  /// Errors: invalid_argument: a mean that is not finite, a standard deviation that is not positive and finite, a
  /// weight outside (0, 1].
  static result<ewma_chart> make(in_control reference, double weight = 0.1) {
    if (auto possible = detail::checked_reference("ewma_chart", reference); !possible)
      return std::move(possible).error();
    if (!(weight > 0 && weight <= 1)) return error(errc::invalid_argument, "ewma_chart: the weight is not in (0, 1]");
    return ewma_chart(reference, weight);
  }

 private:
  static double within(double weight) noexcept { return !(weight >= 0.02) ? 0.02 : weight > 1 ? 1 : weight; }
  static thresholds promised(double weight) noexcept {
    return {detail::ewma_limit(weight, static_cast<double>(RunLength::drift)),
            detail::ewma_limit(weight, static_cast<double>(RunLength::warning))};
  }
  double step(double z) noexcept {
    average_ += weight_ * (z - average_);
    return detail::math::absolute(average_);
  }
  void restart() noexcept {
    average_ = 0;
    this->count_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("ewma_chart"); }
  static ewma_chart blank() noexcept { return ewma_chart({1, 1}, {0, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.mean_, self.scale_, self.weight_, self.average_, self.count_);
  }
  bool restore() noexcept { return weight_ >= 0.02 && weight_ <= 1 && detail::math::is_finite(average_); }

  double weight_;
  double average_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_EWMA_HPP
