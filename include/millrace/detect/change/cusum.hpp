#ifndef MILLRACE_DETECT_CHANGE_CUSUM_HPP
#define MILLRACE_DETECT_CHANGE_CUSUM_HPP

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

/// Detects a lasting shift of a mean whose in-control value is known: the cumulative sum (CUSUM) chart. Two sums, one
/// for either side, add up how far each observation is beyond half the shift, and are never below 0; the statistic is
/// the larger. After a drift both start at 0.
///
///     mr::detect::cusum<mr::detect::arl<10'000>> latency(mr::detect::in_control{.mean = 20, .stddev = 2.5});
///
/// Models: drift_detector.
/// Units: `shift`, the change that is to be found soonest, and the statistic are in standard deviations.
/// Guarantee: on independent normal observations with the given mean and standard deviation the average run length is
/// `RunLength::drift`, to 1 % (the threshold solves Page's integral equation). It is shorter if the mean was estimated:
/// by about a half from 100 observations. Heavier tails shorten it, lighter ones lengthen it; for means of a few
/// observations each it holds again.
/// Complexity: update O(1), 8 ns; construction about 2 ms.
/// Allocates: never.
/// Errors: `make`: invalid_argument. The constructor cannot return an error: with a reference that `make` refuses,
/// every observation is a drift.
/// Source: Page, Biometrika 41, 1954; the threshold: Brook, Evans, Biometrika 59, 1972 (its integral equation).
template <class RunLength = arl<10'000>>
class cusum : detail::require_arl<RunLength>,
              public detail::known_chart<cusum<RunLength>>,
              public saved_fields<cusum<RunLength>> {
  friend detail::chart<cusum>;
  friend detail::known_chart<cusum>;
  friend saved_fields<cusum>;
  using chart = detail::known_chart<cusum>;

 public:
  explicit cusum(in_control reference, double shift = 1, side which = side::both) noexcept
      : cusum(detail::two_sided_sums::promised<RunLength>(0.5 * shift, which), reference, shift, which) {}
  /// With thresholds of your own, in standard deviations.
  cusum(thresholds own, in_control reference, double shift = 1, side which = side::both) noexcept
      : chart(own, reference, detail::math::is_finite(shift)), sums_(0.5 * shift, which) {}

  /// The same, checked.
  /// Errors: invalid_argument: a mean or shift that is not finite, a standard deviation that is not positive and
  /// finite.
  static result<cusum> make(in_control reference, double shift = 1, side which = side::both) {
    if (auto possible = detail::checked_reference("cusum", reference); !possible) return std::move(possible).error();
    if (!detail::math::is_finite(shift)) return error(errc::invalid_argument, "cusum: the shift is not finite");
    return cusum(reference, shift, which);
  }

 private:
  double step(double z) noexcept { return sums_.step(z); }
  void restart() noexcept {
    sums_.upper = sums_.lower = 0;
    this->count_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("cusum"); }
  static cusum blank() noexcept { return cusum({1, 1}, {0, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.mean_, self.scale_, self.sums_, self.count_);
  }
  bool restore() noexcept { return sums_.is_sound(); }

  detail::two_sided_sums sums_;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_CUSUM_HPP
