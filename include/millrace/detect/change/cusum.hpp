#ifndef MILLRACE_DETECT_CHANGE_CUSUM_HPP
#define MILLRACE_DETECT_CHANGE_CUSUM_HPP

#include <millrace/core/result.hpp>
#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/signal.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {

/// A lasting shift of a mean whose in-control value is known: the cumulative sum chart.
///
///     mr::detect::cusum<mr::detect::arl<10'000>> latency(mr::detect::in_control{.mean = 20, .stddev = 2.5});
///
/// Models: drift_detector. Units: `shift`, the change to find soonest, in standard deviations; the statistic too.
/// Guarantee: on independent normal observations with the mean and deviation given, the average run length is the
/// one promised, to 1 % (the threshold solves Page's integral equation). A mean that is itself estimated from n
/// observations shortens it: at n = 100 by about a half. Heavier tails shorten it, lighter ones lengthen it; sums or
/// means of a few observations keep it.
/// After a drift both sums start at zero. Complexity: update O(1), 8 ns; construction about 2 ms; allocates: never.
/// Errors: `make`: invalid_argument. The constructor has no errors to give: with a reference that `make` refuses every
/// observation is a drift.
/// Source: Page, Biometrika 41, 1954; the threshold: Brook, Evans, Biometrika 59, 1972 (its integral equation).
template <class RunLength = arl<10'000>>
class cusum : detail::require_arl<RunLength>,
              public detail::chart<cusum<RunLength>>,
              public saved_fields<cusum<RunLength>> {
  friend detail::chart<cusum>;
  friend saved_fields<cusum>;
  using chart = detail::chart<cusum>;

 public:
  explicit cusum(in_control reference, double shift = 1, side which = side::both) noexcept
      : cusum(reference, shift, which, limit(shift, which, RunLength::drift), limit(shift, which, RunLength::warning)) {
  }

  /// The same, with a word on what is impossible: a mean or shift that is not finite, a deviation that is not positive.
  static result<cusum> make(in_control reference, double shift = 1, side which = side::both) {
    if (auto possible = detail::checked_reference("cusum", reference); !possible) return std::move(possible).error();
    if (!std::isfinite(shift)) return error(errc::invalid_argument, "cusum: the shift is not finite");
    return cusum(reference, shift, which);
  }

  /// With a threshold of one's own, in standard deviations.
  static cusum with_threshold(double drift, double warning, in_control reference, double shift = 1,
                              side which = side::both) noexcept {
    return cusum(reference, shift, which, drift, warning);
  }

  signal update(double x) noexcept {
    double z = (x - mean_) * scale_;
    if (!(std::fabs(z) <= most)) [[unlikely]] {
      if (!std::isfinite(x)) return signal::none;
      if (std::isnan(z)) return this->judge(most);
      z = z < 0 ? -most : most;
    }
    ++count_;
    const double up = upper_ + z - allowance_;
    const double down = lower_ - z - allowance_;
    upper_ = up > 0 ? up * wants_upper_ : 0;
    lower_ = down > 0 ? down * wants_lower_ : 0;
    return this->judge(upper_ > lower_ ? upper_ : lower_);
  }

  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr double most = 1e300;

  cusum(in_control reference, double shift, side which, double drift, double warning) noexcept
      : chart(drift, warning),
        mean_(reference.mean),
        scale_(reference.is_possible() && std::isfinite(shift) ? 1 / reference.stddev : std::nan("")),
        allowance_(0.5 * std::fabs(shift)),
        wants_upper_(which != side::lower ? 1 : 0),
        wants_lower_(which != side::upper ? 1 : 0) {}

  static double limit(double shift, side which, std::uint64_t run_length) noexcept {
    // Two sides alarm twice as often as one.
    return detail::cusum_limit(0.5 * std::fabs(shift), static_cast<double>(run_length) * (which == side::both ? 2 : 1));
  }
  void restart() noexcept {
    upper_ = lower_ = 0;
    count_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength>("cusum"); }
  static cusum blank() noexcept { return with_threshold(1, 1, {0, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    chart::chart_fields(self, visit);
    visit(self.mean_, self.scale_, self.allowance_, self.wants_upper_, self.wants_lower_, self.upper_, self.lower_,
          self.count_);
  }
  bool restore() noexcept {
    const auto is_flag = [](double x) { return x == 0 || x == 1; };
    return upper_ >= 0 && lower_ >= 0 && is_flag(wants_upper_) && is_flag(wants_lower_);
  }

  double mean_;
  double scale_;
  double allowance_;
  double wants_upper_;
  double wants_lower_;
  double upper_ = 0;
  double lower_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_CUSUM_HPP
