#ifndef MILLRACE_STATS_SEQUENTIAL_SPRT_HPP
#define MILLRACE_STATS_SEQUENTIAL_SPRT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The hypothesis that a sequential probability ratio test has accepted, if any.
enum class sprt_verdict : std::uint8_t { undecided, null, alternative };

/// Wald's test of one rate or mean against another, observation by observation. Of all tests of these two hypotheses
/// with the same error probabilities it needs the fewest observations on average.
///
/// log_ratio() is the log likelihood ratio of the alternative to the null hypothesis. The test stops when it reaches
/// log((1 - beta) / alpha), for the alternative, or log(beta / (1 - alpha)), for the null hypothesis.
///
/// Guarantee: let alpha' be the probability of the verdict `alternative` if the null hypothesis holds, and beta' that
/// of `null` if the alternative holds. Then alpha' <= alpha / (1 - beta) and beta' <= beta / (1 - alpha), and their sum
/// is at most alpha + beta. A verdict stands: later observations do not change it. An observation that is not finite is
/// left out.
/// Complexity: update O(1), 2 ns; trivially copyable.
/// Allocates: never.
/// Source: Wald, "Sequential tests of statistical hypotheses", Ann. Math. Stat. 16, 1945, sections 3 to 5.
class sprt : public saved_fields<sprt> {
  friend saved_fields<sprt>;

 public:
  /// The test of a rate of successes, `null` against `alternative`, both in (0, 1). An observation is 1 for a success
  /// and 0 for a failure.
  /// Errors: invalid_argument: rates that are equal or outside (0, 1); alpha or beta not positive, or a sum of both
  /// that is not below 1.
  static result<sprt> of_rates(double null, double alternative, double alpha = 0.05, double beta = 0.2) {
    if (!(null > 0 && null < 1 && alternative > 0 && alternative < 1 && null != alternative))
      return error(errc::invalid_argument, "sprt: the rates are " + std::to_string(null) + " and " +
                                               std::to_string(alternative) +
                                               "; two different ones in (0, 1) are needed");
    // A success (x = 1) adds log(p1 / p0) to the log ratio, a failure (x = 0) log((1 - p1) / (1 - p0)). Both are
    // slope x + offset.
    const double failure = detail::math::log1p(-alternative) - detail::math::log1p(-null);
    return make(detail::math::log(alternative / null) - failure, failure, alpha, beta);
  }
  /// The test of a mean of normal observations whose standard deviation is known.
  /// Errors: invalid_argument: means that are equal or not finite, a deviation that is not positive and finite, means
  /// so many deviations away from each other or from 0 that a double does not hold the log ratio; alpha or beta as in
  /// `of_rates`.
  static result<sprt> of_means(double null, double alternative, double stddev, double alpha = 0.05, double beta = 0.2) {
    if (!(stddev > 0 && detail::math::is_finite(stddev) && detail::math::is_finite(null) &&
          detail::math::is_finite(alternative) && null != alternative))
      return error(errc::invalid_argument, "sprt: two different finite means and a positive deviation are needed");
    // An observation x adds ((x - null)^2 - (x - alternative)^2) / (2 stddev^2), which is linear in x.
    const double slope = (alternative - null) / stddev / stddev;
    const double offset = -0.5 * slope * (null + alternative);
    if (!(detail::math::is_finite(slope) && detail::math::is_finite(offset)))
      return error(errc::invalid_argument, "sprt: the means are too many deviations away for a double");
    return make(slope, offset, alpha, beta);
  }

  /// Takes an observation and returns the verdict so far.
  sprt_verdict update(double x) noexcept {
    if (!detail::math::is_finite(x) || verdict_ != sprt_verdict::undecided) return verdict_;
    ++count_;
    log_ratio_ += slope_ * x + offset_;
    if (log_ratio_ >= upper_) verdict_ = sprt_verdict::alternative;
    if (log_ratio_ <= lower_) verdict_ = sprt_verdict::null;
    return verdict_;
  }

  sprt_verdict verdict() const noexcept { return verdict_; }
  /// The log likelihood ratio of all observations up to the verdict.
  double log_ratio() const noexcept { return log_ratio_; }
  /// The values of log_ratio() at which the test stops: lower() for the null hypothesis, upper() for the alternative.
  double lower() const noexcept { return lower_; }
  double upper() const noexcept { return upper_; }
  /// The observations up to the verdict.
  std::uint64_t count() const noexcept { return count_; }

 private:
  sprt(double slope, double offset, double lower, double upper) noexcept
      : slope_(slope), offset_(offset), lower_(lower), upper_(upper) {}

  static result<sprt> make(double slope, double offset, double alpha, double beta) {
    if (!(alpha > 0 && beta > 0 && alpha + beta < 1))
      return error(errc::invalid_argument, "sprt: alpha " + std::to_string(alpha) + " and beta " +
                                               std::to_string(beta) + " must be positive and together below 1");
    return sprt(slope, offset, detail::math::log(beta / (1 - alpha)), detail::math::log((1 - beta) / alpha));
  }

  static std::string saved_as() { return "sprt"; }
  static sprt blank() noexcept { return sprt(1, 0, -1, 1); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.slope_, self.offset_, self.lower_, self.upper_, self.log_ratio_, self.count_, self.verdict_);
  }
  bool restore() noexcept {
    if (!(detail::math::is_finite(slope_) && detail::math::is_finite(offset_) && detail::math::is_finite(lower_) &&
          lower_ < 0 && upper_ > 0))
      return false;
    return verdict_ == sprt_verdict::undecided     ? log_ratio_ > lower_ && log_ratio_ < upper_
           : verdict_ == sprt_verdict::null        ? log_ratio_ <= lower_
           : verdict_ == sprt_verdict::alternative ? log_ratio_ >= upper_
                                                   : false;
  }

  double slope_;
  double offset_;
  double lower_;
  double upper_;
  double log_ratio_ = 0;
  std::uint64_t count_ = 0;
  sprt_verdict verdict_ = sprt_verdict::undecided;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_SPRT_HPP
