#ifndef MILLRACE_STATS_DISTRIBUTIONS_GAMMA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_GAMMA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_gamma.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The quantile of the gamma distribution with scale 1, solved for whichever tail is smaller.
inline double gamma_quantile(double shape, tails wanted) noexcept {
  if (!(shape > 0) || shape == infinity) return nan;
  double guess;
  const double small_x =
      wanted.lower <= 0.5 ? math::exp((math::log(wanted.lower) + log_gamma_ratio(shape, 1)) / shape) : 1;
  if (wanted.lower <= 0.5 && small_x < 0.3 * shape) {
    guess = small_x;
  } else {
    // Wilson and Hilferty: the cube root is nearly normal.
    const double z = wanted.lower <= 0.5 ? normal{}.quantile(wanted.lower) : normal{}.isf(wanted.upper);
    const double c = 1 / (9 * shape);
    const double root = 1 - c + z * math::sqrt(c);
    guess = root > 0.05 ? shape * root * root * root : shape * 1e-4;
  }
  return invert_positive(wanted, guess,
                         [&](double x) { return tail_slope{incomplete_gamma(shape, x), gamma_prefix(shape, x)}; });
}

}  // namespace detail

/// The gamma distribution on [0, infinity) with `shape` > 0 and `scale` > 0, whose mean is shape * scale. See `normal`
/// for what the functions promise. Source: NIST DLMF, chapter 8; N. Temme 1992 for large shapes.
struct gamma {
  double shape;
  double scale = 1;

  double pdf(double x) const noexcept {
    if (!valid()) return detail::nan;
    if (x < 0 || x == detail::infinity) return 0;
    if (x == 0) return shape > 1 ? 0 : shape == 1 ? 1 / scale : detail::infinity;
    return detail::gamma_prefix(shape, x / scale) / x;
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept {
    return valid() ? scale * detail::gamma_quantile(shape, {p, 1 - p}) : detail::nan;
  }
  double isf(double q) const noexcept {
    return valid() ? scale * detail::gamma_quantile(shape, {1 - q, q}) : detail::nan;
  }

 private:
  bool valid() const noexcept { return shape > 0 && shape < detail::infinity && scale > 0; }
  detail::tails at(double x) const noexcept {
    if (!valid()) return {detail::nan, detail::nan};
    return detail::incomplete_gamma(shape, x < 0 ? 0 : x / scale);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_GAMMA_HPP
