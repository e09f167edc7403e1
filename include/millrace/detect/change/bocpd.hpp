#ifndef MILLRACE_DETECT_CHANGE_BOCPD_HPP
#define MILLRACE_DETECT_CHANGE_BOCPD_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/detect/change/detail/calibration.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Detects a change of mean or variance, and how long ago it was: Bayesian online change point detection for normal
/// observations of unknown mean and variance.
///
/// A run is the observations since the last change. The detector keeps the probability of each run length up to `Most`,
/// and all longer runs as one hypothesis; for each it keeps what the run tells of mean and variance. The prior expects
/// a change every `RunLength::drift` observations. After a drift the most probable run is the only one left:
/// run_length().
///
/// Models: drift_detector.
/// Units: `usual` gives the mean and standard deviation on whose scale the stream is expected before and after changes.
/// It need not be exact, as the prior is worth one observation. The statistic is the odds that a change lies among the
/// last `Most` observations.
/// Guarantee: on independent normal observations with the mean and deviation of `usual` the average run length is
/// `RunLength::drift` to 25 %. Thresholds were found by simulation with Most = 160, for run lengths up to 30'000.
/// Complexity: update O(Most), 3 us at 160; 48 Most bytes.
/// Allocates: never.
/// Errors: `make`: invalid_argument. The constructor cannot return an error: with a scale that `make` refuses, every
/// observation is a drift. So is an observation that is more than 1e100 deviations away from the mean of `usual`.
/// Source: Adams, MacKay, "Bayesian online changepoint detection", 2007; conjugate update: Murphy, 2007, section 3.
template <class RunLength = arl<10'000>, std::size_t Most = 160>
class bocpd : detail::require_arl<RunLength>, public saved_fields<bocpd<RunLength, Most>> {
  friend saved_fields<bocpd>;

  static_assert(Most >= 16 && Most <= 4096, "millrace[DETECT-4]: bocpd<RunLength, Most> needs 16 <= Most <= 4096");

 public:
  explicit bocpd(in_control usual) noexcept : bocpd(detail::promised<RunLength>(simulated), usual) {
    static_assert(RunLength::drift <= 30'000,
                  "millrace[DETECT-8]: bocpd knows thresholds for run lengths up to 30'000; beyond, find one and give "
                  "it: bocpd(thresholds{...}, usual)");
  }
  /// With thresholds of your own for the odds.
  bocpd(thresholds own, in_control usual) noexcept
      : mean_(usual.mean),
        scale_(usual.is_possible() ? 1 / usual.stddev : detail::math::nan),
        drift_(own.drift),
        warning_(own.warning) {
    start();
  }

  /// The same, checked.
  /// Errors: invalid_argument: a mean that is not finite, a standard deviation that is not positive and finite.
  static result<bocpd> make(in_control usual) {
    if (auto possible = detail::checked_reference("bocpd", usual); !possible) return std::move(possible).error();
    return bocpd(usual);
  }

  signal update(double x) noexcept {
    const double z = (x - mean_) * scale_;
    if (!(detail::math::absolute(z) <= 1e100)) [[unlikely]] {
      if (!detail::math::is_finite(x)) return signal::none;
      last_ = certain;
      return signal::drift;
    }
    ++count_;
    const double hazard = 1 / static_cast<double>(RunLength::drift);
    const double stayed = weigh(z);
    const double changed = stayed * hazard;
    double total = changed;
    for (std::size_t r = 0; r < runs_; ++r) {
      run_[r].weight *= 1 - hazard;
      total += run_[r].weight;
    }
    if (!(total > 0)) {  // all weights underflow: no run explains z
      start();
      last_ = certain;
      return signal::drift;
    }
    push(changed);
    double recent = 0;
    for (std::size_t r = 0; r < runs_; ++r) {
      run_[r].weight /= total;
      if (r > 0) recent += run_[r].weight;
    }
    last_ = recent / (run_[0].weight > 1e-300 ? run_[0].weight : 1e-300);
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) keep_most_probable();
    return said;
  }

  void reset() noexcept {
    start();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }
  /// The most probable number of observations since the last change.
  std::uint64_t run_length() const noexcept { return static_cast<std::uint64_t>(run_[most_probable()].length); }

 private:
  static constexpr double prior_weight = 1;
  static constexpr double prior_shape = 1;
  static constexpr double prior_spread = 1;
  static constexpr double certain = 1e308;  // the odds of a change where no run explains the observation

  /// A run: its probability, and the posterior of mean and variance after its observations.
  struct run {
    double weight = 1;
    double mean = 0;
    double spread = prior_spread;  // the scale of the variance's inverse gamma law: half a sum of squares
    double log_spread = 0;         // its logarithm
    double length = 0;

    template <class Self, class Visit>
    static void fields(Self& self, const Visit& visit) {
      visit(self.weight, self.mean, self.spread, self.log_spread, self.length);
    }
  };

  static constexpr detail::calibration simulated{0.794, 0.621, 0.509, 0.445, 0.440, 0.419, 0.419, 0.419, 0.419};

  /// The logarithm of gamma(alpha + 1/2) / gamma(alpha) sqrt(kappa / (2 pi (kappa + 1))), the factor of a run's Student
  /// density that depends on its length alone. kappa is the prior's weight plus the length, alpha the prior's shape
  /// plus half the length.
  static double constant(double length) noexcept {
    const double alpha = prior_shape + 0.5 * length;
    const double kappa = prior_weight + length;
    double ratio = 0;  // ln gamma(a + 1/2) - ln gamma(a) by its asymptotic series, a raised to 8 or more
    double a = alpha;
    while (a < 8) {
      ratio += detail::math::log(a / (a + 0.5));
      a += 1;
    }
    const double i = 1 / a;
    ratio += 0.5 * detail::math::log(a) - i * (1.0 / 8 - i * i * (1.0 / 192 - i * i * (1.0 / 640)));
    return ratio + 0.5 * detail::math::log(kappa / (6.283185307179586 * (kappa + 1)));
  }
  /// constant(length) for run number r, from the table where it can be.
  double term(std::size_t r, double length) const noexcept {
    // All but the oldest run are shorter than Most.
    return r > 0 || length < static_cast<double>(Most) ? constants_[static_cast<std::size_t>(length)]
                                                       : constant(length);
  }

  /// Adds z to every run: multiplies the run's probability by the density of z after it, updates mean and spread, and
  /// makes the run longer by one. Returns the sum of the weights.
  ///
  /// After a run the next z has Student's distribution. With d = z - mean its density is
  ///   exp(constant) spread^alpha / spread'^(alpha + 1/2), where spread' = spread + kappa d^2 / (2 (kappa + 1))
  /// is the spread with z.
  double weigh(double z) noexcept {
    double sum = 0;
    for (std::size_t r = 0; r < runs_; ++r) {
      run& h = run_[r];
      const double kappa = prior_weight + h.length;
      const double alpha = prior_shape + 0.5 * h.length;
      const double d = z - h.mean;
      const double spread = h.spread + 0.5 * kappa / (kappa + 1) * d * d;
      const double log_spread = detail::math::log(spread);
      h.weight *= detail::math::exp(term(r, h.length) + alpha * h.log_spread - (alpha + 0.5) * log_spread);
      h.mean += d / (kappa + 1);
      h.spread = spread;
      h.log_spread = log_spread;
      h.length += 1;
      sum += h.weight;
    }
    return sum;
  }

  void start() noexcept {
    for (std::size_t i = 0; i < Most; ++i) constants_[i] = constant(static_cast<double>(i));
    run_[0] = {};
    runs_ = 1;
    count_ = 0;
  }

  /// Adds a run without observations. Where there is no room the two oldest runs become one, with mean, spread and
  /// length of the longer.
  void push(double weight) noexcept {
    if (runs_ == Most) {
      run_[0].weight += run_[1].weight;
      for (std::size_t r = 2; r < Most; ++r) run_[r - 1] = run_[r];
      --runs_;
    }
    run_[runs_] = {};
    run_[runs_].weight = weight;
    ++runs_;
  }

  std::size_t most_probable() const noexcept {
    std::size_t best = 0;
    for (std::size_t r = 1; r < runs_; ++r)
      if (run_[r].weight > run_[best].weight) best = r;
    return best;
  }
  /// Makes the most probable run the only one, except that the oldest is not taken: the drift has refuted it.
  void keep_most_probable() noexcept {
    std::size_t best = runs_ > 1 ? 1 : 0;
    for (std::size_t r = best + 1; r < runs_; ++r)
      if (run_[r].weight > run_[best].weight) best = r;
    run_[0] = run_[best];
    run_[0].weight = 1;
    runs_ = 1;
    count_ = 0;
  }

  static std::string saved_as() { return detail::detector_name<RunLength, Most>("bocpd"); }
  static bocpd blank() noexcept { return bocpd({1, 1}, {0, 1}); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.mean_, self.scale_, self.drift_, self.warning_, self.last_, self.count_, self.runs_, self.run_);
  }
  bool restore() noexcept {
    if (runs_ < 1 || runs_ > Most) return false;
    for (std::size_t i = 0; i < Most; ++i) {
      const run& r = run_[i];
      if (!(detail::all_finite(r.weight, r.mean, r.spread, r.log_spread) && r.weight >= 0 && r.spread > 0))
        return false;
      // All but the oldest run are one longer than the next: a length is a place in `constants_`.
      const auto length = static_cast<double>(i < runs_ ? runs_ - 1 - i : 0);
      if (i == 0 ? !(r.length >= length && r.length < 0x1p53 && r.length == detail::math::floor(r.length))
                 : i < runs_ && r.length != length)
        return false;
    }
    return last_ >= 0 && last_ <= certain;
  }

  double mean_;
  double scale_;
  double drift_;
  double warning_;
  double last_ = 0;
  std::uint64_t count_ = 0;
  std::size_t runs_ = 1;
  std::array<run, Most> run_{};
  std::array<double, Most> constants_{};
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CHANGE_BOCPD_HPP
