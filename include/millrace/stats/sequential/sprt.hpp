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

/// What a sequential probability ratio test says so far.
enum class sprt_verdict : std::uint8_t { undecided, null, alternative };

/// Wald's test of one rate or mean against another: the shortest test of two simple hypotheses.
///
/// Guarantee: P(alternative | null holds) <= alpha / (1 - beta) and P(null | alternative holds) <= beta / (1 - alpha),
/// nearly alpha and beta: they are kept together, alpha' + beta' <= alpha + beta. A verdict stands: later observations
/// do not change it. An observation that is not finite is left out.
/// Complexity: update O(1), 2 ns; trivially copyable.
/// Allocates: never.
/// Source: Wald, "Sequential tests of statistical hypotheses", Ann. Math. Stat. 16, 1945, sections 3 to 5.
class sprt : public saved_fields<sprt> {
  friend saved_fields<sprt>;

 public:
  /// A rate of successes: `null` against `alternative`, both in (0, 1).
  /// Errors: invalid_argument: equal rates or ones outside, alpha or beta not in (0, 1) or with alpha + beta >= 1.
  static result<sprt> of_rates(double null, double alternative, double alpha = 0.05, double beta = 0.2) {
    if (!(null > 0 && null < 1 && alternative > 0 && alternative < 1 && null != alternative))
      return error(errc::invalid_argument, "sprt: the rates are " + std::to_string(null) + " and " +
                                               std::to_string(alternative) +
                                               "; two different ones in (0, 1) are needed");
    // One success adds ln(p1/p0), one failure ln((1-p1)/(1-p0)): a line in x.
    const double failure = detail::math::log1p(-alternative) - detail::math::log1p(-null);
    return make(detail::math::log(alternative / null) - failure, failure, alpha, beta);
  }
  /// A mean of normal observations of known deviation.
  /// Errors: as above.
  static result<sprt> of_means(double null, double alternative, double stddev, double alpha = 0.05, double beta = 0.2) {
    if (!(stddev > 0 && detail::math::is_finite(stddev) && detail::math::is_finite(null) &&
          detail::math::is_finite(alternative) && null != alternative))
      return error(errc::invalid_argument, "sprt: two different finite means and a positive deviation are needed");
    const double slope = (alternative - null) / stddev / stddev;
    return make(slope, -0.5 * slope * (null + alternative), alpha, beta);
  }

  sprt_verdict update(double x) noexcept {
    if (!detail::math::is_finite(x) || verdict_ != sprt_verdict::undecided) return verdict_;
    ++count_;
    log_ratio_ += slope_ * x + offset_;
    if (log_ratio_ >= upper_) verdict_ = sprt_verdict::alternative;
    if (log_ratio_ <= lower_) verdict_ = sprt_verdict::null;
    return verdict_;
  }

  sprt_verdict verdict() const noexcept { return verdict_; }
  double log_ratio() const noexcept { return log_ratio_; }
  /// The limits of log_ratio.
  double lower() const noexcept { return lower_; }
  double upper() const noexcept { return upper_; }
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
    if (!(detail::math::is_finite(slope_) && detail::math::is_finite(offset_) && lower_ < 0 && upper_ > 0))
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
