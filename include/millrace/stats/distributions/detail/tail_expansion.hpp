#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP

#include <millrace/stats/distributions/detail/float_math.hpp>

#include <cmath>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

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
  constexpr int terms = 34;
  double v[terms + 2];  // v(s) = sum v[k] s^k
  double q[terms + 2];  // v^2
  double c[terms + 1];  // s / v
  v[0] = 0;
  v[1] = 1;
  q[0] = q[1] = 0;
  q[2] = 1;
  c[0] = 1;
  const double s = std::sqrt(2 * exponent / width);
  // moment(k) = integral of s^k exp(-width s^2 / 2), relative to sqrt(2 pi / width)
  const double gauss = std::exp(-exponent) / std::sqrt(2 * pi * width);
  double even = 0.5 * std::erfc(std::sqrt(exponent));
  double odd = gauss;
  double power = 1;  // s^(k - 1) at k = 1
  double sum = even;
  double sign = side;
  int idle = 0;
  for (int k = 1; k <= terms; ++k) {
    // Coefficient k + 1 of v from that of v^2, k + 2.
    const int m = k + 2;
    q[m] = 2.0 / m * (skew * v[m - 2] - spread * q[m - 2]);
    double cross = 0;
    for (int i = 2; i <= m - 2; ++i) cross += v[i] * v[m - i];
    v[m - 1] = 0.5 * (q[m] - cross);
    double inverse = 0;
    for (int i = 1; i <= k; ++i) inverse -= v[i + 1] * c[k - i];
    c[k] = inverse;

    double moment;
    if (k == 1) {
      moment = odd;
    } else {
      power *= s;
      double& same = k % 2 == 0 ? even : odd;
      same = power * gauss + (k - 1) / width * same;
      moment = same;
    }
    const double term = sign * c[k] * moment;
    sum += term;
    sign *= side;
    idle = std::fabs(term) <= 0.25 * epsilon * sum ? idle + 1 : 0;
    if (idle == 3) break;
  }
  return sum;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_TAIL_EXPANSION_HPP
