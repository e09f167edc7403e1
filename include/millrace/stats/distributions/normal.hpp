#ifndef MILLRACE_STATS_DISTRIBUTIONS_NORMAL_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_NORMAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// A polynomial in x by Horner's rule; the coefficient of the highest power stands first.
constexpr double polynomial(double x, const double* from, int count) noexcept {
  double sum = from[0];
  for (int i = 1; i < count; ++i) sum = sum * x + from[i];
  return sum;
}

/// P(Z > z) = erfc(z / sqrt 2) / 2 for a standard normal Z. The rounding error of z / sqrt 2, which far out would cost
/// three digits, is corrected for.
inline double normal_upper(double z) noexcept {
  constexpr double root = 0.70710678118654752440;
  constexpr double root_rest = -4.8336466567264567e-17;
  const double w = z * root;
  const double rest = math::fma(z, root, -w) + z * root_rest;
  const double tail = 0.5 * math::erfc(w);
  // d erfc(w) = -2 / sqrt(pi) exp(-w^2) dw, and the ratio of density to tail is w + 1 / (2 w) + ... far out.
  return w > 2 && w < 1e8 ? tail * (1 - 2 * rest * (w + 0.5 / (w + 1 / w))) : tail;
}

/// The standard normal's lower quantile for 0 < p <= 1/2, to about 1e-15. Source: M. Wichura, "Algorithm AS 241",
/// Applied Statistics 37(3), 1988.
inline double normal_lower_quantile(double p) noexcept {
  if (p >= 0.075) {
    constexpr double above[] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                133.14166789178437745, 3.387132872796366608};
    constexpr double below[] = {
        5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    const double q = p - 0.5;
    const double r = 0.180625 - q * q;
    return q * polynomial(r, above, 8) / polynomial(r, below, 8);
  }
  const double r = math::sqrt(-math::log(p));
  if (r <= 5) {
    constexpr double above[] = {7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
                                1.27045825245236838258,   3.64784832476320460504,   5.7694972214606914055,
                                4.6303378461565452959,    1.42343711074968357734};
    constexpr double below[] = {
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    return -polynomial(r - 1.6, above, 8) / polynomial(r - 1.6, below, 8);
  }
  constexpr double above[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
                              0.026532189526576123093,   0.29656057182650489123,    1.7848265399172913358,
                              5.4637849111641143699,     6.6579046435011037772};
  constexpr double below[] = {
      2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
      0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
  const double x = -polynomial(r - 5, above, 8) / polynomial(r - 5, below, 8);
  // One Newton step on the logarithm of the tail: this far out p is steep in x.
  const double tail = normal_upper(-x);
  const double density = 0.39894228040143267794 * math::exp(-0.5 * x * x);
  return density > 0 ? x - math::log(tail / p) * tail / density : x;
}

}  // namespace detail

/// The normal distribution.
///
/// Every distribution of this module has four functions:
/// - `cdf(x)`: the probability of at most x
/// - `sf(x)`: the probability of more than x. It is not computed as 1 - cdf(x), so it keeps its digits far out, where
///   cdf rounds to 1
/// - `quantile(p)`: the x with cdf(x) = p
/// - `isf(q)`: the x with sf(x) = q, for small q more exact than quantile(1 - q)
/// A parameter or argument outside its domain returns NaN.
///
/// Guarantee: probabilities to 1e-12 relative down to 1e-300. A quantile is as exact as a probability of that accuracy
/// determines it.
/// Allocates: never.
/// Threads: values without shared state.
/// Source: AS 241 for the quantile.
struct normal {
  double mean = 0;
  /// The standard deviation, above 0.
  double sd = 1;

  double pdf(double x) const noexcept {
    const double z = (x - mean) / sd;
    return valid() ? 0.39894228040143267794 * detail::math::exp(-0.5 * z * z) / sd : detail::nan;
  }
  double cdf(double x) const noexcept { return valid() ? detail::normal_upper((mean - x) / sd) : detail::nan; }
  double sf(double x) const noexcept { return valid() ? detail::normal_upper((x - mean) / sd) : detail::nan; }
  /// The logarithm of `sf`, which is finite where `sf` underflows, too.
  double log_sf(double x) const noexcept {
    const double z = (x - mean) / sd;
    if (!(z > 37)) return z < -1 ? detail::math::log1p(-cdf(x)) : detail::math::log(sf(x));
    // sf(z) = pdf(z) / (z + 1 / (z + 2 / (z + 3 / ...))): eight terms are more than enough this far out.
    double fraction = z;
    for (int k = 8; k > 0; --k) fraction = z + k / fraction;
    return -0.5 * z * z - detail::half_log_two_pi - detail::math::log(fraction);
  }
  double log_cdf(double x) const noexcept { return normal{-mean, sd}.log_sf(-x); }

  double quantile(double p) const noexcept { return mean + sd * standard_quantile(p); }
  double isf(double q) const noexcept { return mean - sd * standard_quantile(q); }

 private:
  bool valid() const noexcept { return sd > 0; }
  double standard_quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::nan;
    if (p == 0) return -detail::infinity;
    if (p == 1) return detail::infinity;
    return p <= 0.5 ? detail::normal_lower_quantile(p) : -detail::normal_lower_quantile(1 - p);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_NORMAL_HPP
