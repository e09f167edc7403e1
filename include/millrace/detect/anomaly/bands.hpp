#ifndef MILLRACE_DETECT_ANOMALY_BANDS_HPP
#define MILLRACE_DETECT_ANOMALY_BANDS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/detect/anomaly/anomaly.hpp>
#include <millrace/detect/anomaly/detail/p2_quantile.hpp>
#include <millrace/detect/change/detail/run_length.hpp>
#include <millrace/detect/change/detail/self_starting.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <cstdint>
#include <limits>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Flags an observation by its distance from the mean of all before it, in their standard deviations.
///
///     mr::detect::z_score<mr::detect::arl<10'000>> rare;     // flags one normal observation in 10,000
///     mr::detect::z_score outlier(3.0);                      // flags scores beyond 3 standard deviations
///
/// The distance has Student's t distribution, since the deviation is estimated; the score is the normal deviate that is
/// exceeded with the same probability.
///
/// Models: anomaly_detector.
/// Guarantee: of independent normal observations one in `RunLength::drift` is flagged, from the fourth one on. Flagged
/// observations count in mean and deviation as well, which widens the band; `robust_z` is hardly affected by them.
/// Complexity: update O(1), 25 ns.
/// Allocates: never.
/// Source: Hawkins, The Statistician 36, 1987; Welford, Technometrics 4, 1962.
template <class RunLength = arl<10'000>>
class z_score : detail::require_limit<RunLength>, public saved_fields<z_score<RunLength>> {
  friend saved_fields<z_score>;

 public:
  z_score() noexcept : limit_(detail::promised_limit<RunLength>()) {}
  /// With a limit of your own for the absolute value of the score, in standard deviations.
  explicit z_score(double limit) noexcept : limit_(detail::checked_limit<RunLength>(limit)) {}

  anomaly update(double x) noexcept {
    if (!(detail::math::absolute(x) <= 1e140)) return {x - seen_.mean, seen_.mean, seen_.mean, true};
    anomaly found;
    if (seen_.count >= 3 && seen_.squares > 0) {
      const auto n = static_cast<double>(seen_.count);
      // The band ends where the score is the limit: at the t for which normal_from_student(t, n - 1) is the limit.
      const double shrunk = limit_ * (8 * (n - 1) + 3) / (8 * (n - 1) + 1);
      const double t = detail::math::sqrt((n - 1) * detail::math::expm1(shrunk * shrunk / (n - 1)));
      const double reach = t * detail::math::sqrt((n + 1) / n * seen_.squares / (n - 1));
      found.lower = seen_.mean - reach;
      found.upper = seen_.mean + reach;
    }
    const bool enough = seen_.count >= 3;
    const double score = seen_.next(x);
    if (enough) found.score = score;
    found.flagged = enough && detail::math::absolute(score) > limit_;
    return found;
  }
  void reset() noexcept { seen_ = {}; }
  std::uint64_t count() const noexcept { return seen_.count; }

 private:
  static std::string saved_as() { return detail::detector_name<RunLength>("z_score"); }
  static z_score blank() noexcept { return detail::blank_of<z_score, RunLength>(); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.seen_);
    if constexpr (detail::limit_is_given<RunLength>) visit(self.limit_);
  }
  bool restore() noexcept { return seen_.is_sound() && limit_ >= 0; }

  detail::self_starting seen_;
  double limit_;
};
z_score(double) -> z_score<given_limit>;

/// Flags an observation by its distance from an exponentially weighted mean, in exponentially weighted standard
/// deviations: the band follows a stream whose level wanders.
///
/// Models: anomaly_detector.
/// Units: `weight` is that of the newest observation, in (0, 1).
/// Guarantee: of independent normal observations about one in `RunLength::drift` is flagged. The limit is that of
/// Student's t for (2 - weight) / weight observations, the number whose plain mean varies as little as the weighted
/// one. A flagged observation counts as one at the band's edge: a single spike hardly widens the band, and a new level
/// is still followed. Nothing is flagged among the first 1 / weight observations.
/// Complexity: update O(1), 5 ns.
/// Allocates: never.
/// Source: T. Finch, "Incremental calculation of weighted mean and variance", 2009.
template <class RunLength = arl<10'000>>
class ewma_bands : detail::require_arl<RunLength>, public saved_fields<ewma_bands<RunLength>> {
  friend saved_fields<ewma_bands>;

 public:
  /// A weight outside (0, 1) counts as 0.05.
  explicit ewma_bands(double weight = 0.05) noexcept : weight_(weight > 0 && weight < 1 ? weight : 0.05) {
    const double freedom = (2 - weight_) / weight_ - 1;
    const double z = detail::promised_limit<RunLength>() * (8 * freedom + 3) / (8 * freedom + 1);
    limit_ = detail::math::sqrt(freedom * detail::math::expm1(z * z / freedom));
  }

  anomaly update(double x) noexcept {
    if (!(detail::math::absolute(x) <= 1e140)) return {x - mean_, mean_, mean_, true};
    anomaly found;
    ++count_;
    if (count_ == 1) {
      mean_ = x;
      return found;
    }
    const auto n = static_cast<double>(count_);
    const bool ready = n * weight_ > 1 && variance_ > 0;
    double d = x - mean_;
    if (ready) {
      const double deviation = detail::math::sqrt(variance_);
      const double reach = limit_ * deviation;
      found = {d / deviation, mean_ - reach, mean_ + reach, detail::math::absolute(d) > reach};
      if (found.flagged) d = d > 0 ? reach : -reach;
    }
    // The first 1 / weight observations have equal weights, as in a plain mean.
    const double w = n * weight_ < 1 ? 1 / n : weight_;
    mean_ += w * d;
    // d is the distance from a mean without x, so its variance is larger than that of x: n / (n - 1) times in a plain
    // mean, 2 / (2 - weight) times in a weighted one. With n = 2 the variance before is 0 for want of data, and the one
    // square counts twice.
    variance_ += w * (d * d * (n * weight_ < 1 ? (n - 1) / n : 0.5 * (2 - weight_)) * (n == 2 ? 2 : 1) - variance_);
    return found;
  }
  void reset() noexcept {
    count_ = 0;
    mean_ = variance_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }

 private:
  static std::string saved_as() { return detail::detector_name<RunLength>("ewma_bands"); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.weight_, self.limit_, self.mean_, self.variance_, self.count_);
  }
  bool restore() noexcept {
    return weight_ > 0 && weight_ < 1 && limit_ > 0 && detail::math::is_finite(mean_) && variance_ >= 0 &&
           detail::math::is_finite(variance_);
  }

  double weight_;
  double limit_;
  double mean_ = 0;
  double variance_ = 0;
  std::uint64_t count_ = 0;
};

/// Flags an observation outside two extreme quantiles of all before it, for streams of any shape.
///
/// Models: anomaly_detector.
/// Units: the score is the distance from the median, divided by the distance of the quantile on that side from the
/// median: it is above 1 outside the band.
/// Guarantee: of independent observations of any continuous distribution about one in `RunLength::drift` is flagged,
/// half of them on each side, as closely as the P2 algorithm estimates the quantiles. Nothing is flagged among the
/// first 2 * RunLength::drift observations. All finite observations are taken.
/// Complexity: update O(1), 30 ns; 0.3 KB.
/// Allocates: never.
/// Source: Jain, Chlamtac, CACM 28(10), 1985.
template <class RunLength = arl<1'000>>
class quantile_bands : detail::require_arl<RunLength>, public saved_fields<quantile_bands<RunLength>> {
  friend saved_fields<quantile_bands>;

 public:
  quantile_bands() noexcept : lower_(tail), median_(0.5), upper_(1 - tail) {}

  anomaly update(double x) noexcept {
    if (!(detail::math::absolute(x) <= 1.7976931348623157e308))
      return {x - median_.value(), lower_.value(), upper_.value(), true};
    anomaly found;
    if (count_ >= 2 * RunLength::drift) {
      found.lower = lower_.value();
      found.upper = upper_.value();
      const double d = x - median_.value();
      const double reach = d < 0 ? found.lower - median_.value() : found.upper - median_.value();
      found.score = d == 0 ? 0 : d / reach;
      found.flagged = x < found.lower || x > found.upper;
    }
    ++count_;
    lower_.update(x);
    median_.update(x);
    upper_.update(x);
    return found;
  }
  void reset() noexcept { *this = quantile_bands(); }
  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr double tail = 0.5 / static_cast<double>(RunLength::drift);

  static std::string saved_as() { return detail::detector_name<RunLength>("quantile_bands"); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.lower_, self.median_, self.upper_, self.count_);
  }
  bool restore() noexcept { return lower_.is_sound(count_) && median_.is_sound(count_) && upper_.is_sound(count_); }

  detail::p2_quantile lower_;
  detail::p2_quantile median_;
  detail::p2_quantile upper_;
  std::uint64_t count_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_BANDS_HPP
