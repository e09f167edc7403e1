#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_BETA_QUANTILE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_BETA_QUANTILE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The odds x / (1 - x) of the quantile of Beta(a, b) with the wanted tails, divided by a / b: the quantile of F with
/// 2 a and 2 b degrees of freedom. It is as exact for x near 1 as for x near 0.
inline double odds_quantile(double a, double b, tails wanted) noexcept {
  if (!(wanted.lower >= 0 && wanted.upper >= 0)) return nan;
  a = math::fmin(a, 1e290);
  b = math::fmin(b, 1e290);
  // The tail is a power of x where it is far from the mean, and the log odds are nearly normal elsewhere.
  const auto by_power = [](double p, double q, double tail) {
    const double x = math::exp((math::log(tail) + log_gamma_ratio(p, 1) - log_gamma_ratio(p, q)) / p);
    return x < 0.3 ? x * q / p : 1;
  };
  const double z = wanted.lower <= 0.5 ? normal{}.quantile(wanted.lower) : normal{}.isf(wanted.upper);
  double guess = math::exp(z / math::sqrt(beta_width(a, b)));
  if (wanted.lower <= wanted.upper) {
    const double power = by_power(a, b, wanted.lower);
    if (power < 0.3) guess = power;
  } else {
    const double power = by_power(b, a, wanted.upper);
    if (power < 0.3) guess = 1 / power;
  }
  return invert_positive(wanted, guess, [&](double f) {
    const odds_tails here = incomplete_beta_at_odds(a, b, f);
    return tail_slope{here.at, here.prefix};
  });
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_BETA_QUANTILE_HPP
