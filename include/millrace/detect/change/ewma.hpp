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

/// A small lasting shift of a mean whose in-control value is known: the chart of an exponentially weighted average.
///
///     mr::detect::ewma_chart<mr::detect::arl<10'000>> latency(mr::detect::in_control{.mean = 20, .stddev = 2.5});
///
/// Models: drift_detector.
/// Units: `weight` of the newest observation in [0.02, 1] (brought into it); statistic and threshold in standard
/// deviations of an observation.
/// Guarantee: on independent normal observations with the mean and deviation given, the average run length is the one
/// promised, to 1 % (the limits solve Crowder's integral equation). Less sensitive to heavy tails than `cusum`, the
/// more so the smaller the weight. After a drift the average starts at the mean.
/// Complexity: update O(1), 2 ns; construction about 2 ms.
/// Allocates: never.
/// Errors: `make`: invalid_argument. The constructor has no errors to give: with a reference that `make` refuses every
/// observation is a drift.
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
  /// With thresholds of one's own, in standard deviations of an observation.
  ewma_chart(thresholds own, in_control reference, double weight = 0.1) noexcept
      : chart(own, reference, true), weight_(within(weight)) {}

  /// The same, with a word on what is impossible: a mean that is not finite, a deviation that is not positive.
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
