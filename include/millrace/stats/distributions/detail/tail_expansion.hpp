#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// How many terms `tail_expansion` takes at the most.
inline constexpr int tail_terms = 34;

/// The Taylor coefficients of s / v(s), where v v_s = s v' and v' = 1 + skew v - spread v^2; see `tail_expansion`.
class saddle_coefficients {
 public:
  saddle_coefficients(double skew, double spread) noexcept : skew_(skew), spread_(spread) {
    v_[0] = 0;
    v_[1] = 1;
    square_[0] = square_[1] = 0;
    square_[2] = 1;
    inverse_[0] = 1;
  }

  /// The coefficients of s, s^2, ... in turn, `tail_terms` of them; that of s^0 is 1.
  double next() noexcept {
    ++k_;
    // Coefficient k + 1 of v from that of v^2, k + 2.
    const int m = k_ + 2;
    square_[m] = 2.0 / m * (skew_ * v_[m - 2] - spread_ * square_[m - 2]);
    double cross = 0;
    for (int i = 2; i <= m - 2; ++i) cross += v_[i] * v_[m - i];
    v_[m - 1] = 0.5 * (square_[m] - cross);
    double inverse = 0;
    for (int i = 1; i <= k_; ++i) inverse -= v_[i + 1] * inverse_[k_ - i];
    inverse_[k_] = inverse;
    return inverse;
  }

 private:
  double skew_;
  double spread_;
  int k_ = 0;
  double v_[tail_terms + 2];        // v(s) = sum v[k] s^k
  double square_[tail_terms + 3];   // v^2
  double inverse_[tail_terms + 1];  // s / v
};

/// The integrals of s^k exp(-width s^2 / 2) over the tail that begins where width s^2 / 2 = exponent, relative to
/// sqrt(2 pi / width).
class gaussian_tail_moments {
 public:
  gaussian_tail_moments(double width, double exponent) noexcept
      : width_(width),
        s_(math::sqrt(2 * exponent / width)),
        boundary_(math::exp(-exponent) / math::sqrt(2 * pi * width)),
        last_(0.5 * math::erfc(math::sqrt(exponent))) {}

  /// The integral that `next` returned last; before its first call that of k = 0.
  double last() const noexcept { return last_; }
  /// Returns the integrals of k = 1, 2, ... in turn. By parts, each is s^(k - 1) times the boundary term plus
  /// (k - 1) / width times the integral of k - 2.
  double next() noexcept {
    const double moment = power_ * boundary_ + k_ / width_ * before_last_;
    ++k_;
    power_ *= s_;
    before_last_ = last_;
    last_ = moment;
    return moment;
  }

 private:
  double width_;
  double s_;
  double boundary_;
  double last_;
  double before_last_ = 0;
  double power_ = 1;  // s^k
  int k_ = 0;         // of the latest one
};

/// The tail of exp(-width G(t)) dt from its saddle outwards, for the incomplete beta and gamma functions with
/// large shapes, where series and continued fractions need thousands of terms.
///
/// In the logarithm t of the odds (beta) or of x (gamma), measured from the mean, both densities are
/// exp(-width G(t)) with G' = v, v' = 1 + skew v - spread v^2 and v(0) = 0. With s^2 / 2 = G the tail is a
/// Gaussian's, times dt/ds = s / v(s), whose Taylor coefficients follow from v v_s = s v'. They fall like 3.5^-k.
///
/// `width` >= 20, `exponent` = width G at the point, at most width / 2; `side` +1 for the upper tail, -1 for the lower.
/// The result is relative to sqrt(2 pi / width).
/// After N. Temme, "Asymptotic inversion of incomplete gamma functions", Math. Comp. 58, 1992, section 2, in another
/// variable that serves the beta function as well.
inline double tail_expansion(double width, double skew, double spread, double exponent, double side) noexcept {
  saddle_coefficients coefficients(skew, spread);
  gaussian_tail_moments moments(width, exponent);
  double sum = moments.last();
  double sign = side;
  int idle = 0;
  for (int k = 1; k <= tail_terms && idle < 3; ++k) {
    const double term = sign * coefficients.next() * moments.next();
    sum += term;
    sign *= side;
    idle = math::absolute(term) <= 0.25 * epsilon * sum ? idle + 1 : 0;
  }
  return sum;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP
