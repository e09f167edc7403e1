#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_ANDERSON_DARLING_LAW_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_ANDERSON_DARLING_LAW_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log of M(t) exp(-t x) / t at t = u + i v, u > 0, v >= 0, with M the moment generating function of
/// `anderson_darling_sf`.
struct anderson_darling_integrand {
  double m;
  double x;

  struct complex {
    double re;
    double im;
  };
  complex operator()(double u, double v) const noexcept {
    // sqrt(1 + 8 t) = p + i q
    const double re = 1 + 8 * u;
    const double im = 8 * v;
    const double size = math::sqrt(re * re + im * im);
    const double p = math::sqrt((size + re) / 2);
    const double q = im / (2 * p);
    // log cos z for Im z >= 0: cos z = exp(-i z) (1 + exp(2 i z)) / 2, which turns continuously.
    const double zr = pi / 2 * p;
    const double zi = pi / 2 * q;
    const double shrink = math::exp(-2 * zi);
    const double er = 1 + shrink * math::cos(2 * zr);
    const double ei = shrink * math::sin(2 * zr);
    double turn = math::atan2(ei, er);
    if (v == 0) turn = zr - pi;  // on the axis exp(2 i z) lies on the unit circle
    const double cos_re = zi + 0.5 * math::log(er * er + ei * ei) - math::log(2.0);
    const double cos_im = -zr + turn;
    const double t_re = 0.5 * math::log(u * u + v * v);
    const double t_im = math::atan2(v, u);
    return {m / 2 * (math::log(2 * pi) + t_re - cos_re) - u * x - t_re, m / 2 * (t_im - pi - cos_im) - v * x - t_im};
  }

  /// The saddle point on (0, 1): where the logarithm, which is convex on the axis, is least.
  double saddle() const noexcept {
    double low = 0;
    double high = 1;
    for (int i = 0; i < 100; ++i) {
      const double a = low + (high - low) * 0.382;
      const double b = low + (high - low) * 0.618;
      if ((*this)(a, 0).re < (*this)(b, 0).re)
        high = b;
      else
        low = a;
    }
    return low + (high - low) / 2;
  }

  /// The integral over v >= 0 along Re t = u, relative to u exp(top): the trapezoidal rule in w with v = u sinh(w), as
  /// the integrand falls like exp(-sqrt(v)).
  double along(double u, double top, double step) const noexcept {
    double sum = 0.5;  // v = 0, where dv / dw is u
    for (int i = 1; i < 4000; ++i) {
      const double w = i * step;
      const complex l = (*this)(u, u * math::sinh(w));
      const double term = math::exp(l.re - top) * math::cosh(w);
      sum += term * math::cos(l.im);
      if (term < 1e-18 * math::absolute(sum)) break;
    }
    return sum * step;
  }
};

/// The survival function of the limit law of the k-sample statistic, which is the sum over j of independent
/// chi-squared(k - 1) / (j (j + 1)), at a standardised value; `m` is k - 1. It inverts the moment generating function
///   M(t) = (-2 pi t / cos(pi / 2 sqrt(1 + 8 t)))^((k - 1) / 2),  Re t < 1,
/// along a vertical line through the saddle point of M(t) exp(-t x) / t. The integrand hardly changes sign there, so
/// the far tail keeps its digits.
/// Source: T. Anderson, D. Darling 1952, eq. 4.33, for the function; R. Lugannani, S. Rice 1980, for the line.
inline double anderson_darling_sf(double m, double standardised) noexcept {
  if (standardised != standardised) return nan;
  const double x = m + standardised * math::sqrt(m * 2 * (pi * pi / 3 - 3));
  if (x <= 0) return 1;
  const anderson_darling_integrand integrand{m, x};
  const double u = integrand.saddle();
  const double top = integrand(u, 0).re;
  double step = 0.1;
  double value = integrand.along(u, top, step);
  for (int halving = 0; halving < 8; ++halving) {
    step /= 2;
    const double finer = integrand.along(u, top, step);
    const bool still = math::absolute(finer - value) <= 1e-12 * math::absolute(finer);
    value = finer;
    if (still) break;
  }
  const double p = math::exp(top) * u * value / pi;
  return p < 1 ? (p > 0 ? p : 0) : 1;
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_ANDERSON_DARLING_LAW_HPP
