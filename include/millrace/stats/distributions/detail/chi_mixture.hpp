#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log of the mean of g(s) over s = sqrt(chi-squared / df), where `log_g(s)` is the logarithm of a positive g. If g(s)
/// is a tail for a given deviation s, this is the tail of the statistic that is divided by an estimated one. `start` is
/// about the logarithm of the s that counts most.
///
/// With a = df / 2 the density of w = log s is 2 a^a / Gamma(a) exp(2 a w - a e^(2 w)). By Stirling's formula
/// Gamma(a) = sqrt(2 pi / a) a^a e^(-a) exp(stirling_error(a)), so it is
///   2 sqrt(a / (2 pi)) exp(-stirling_error(a) - a (e^(2 w) - 1 - 2 w)),
/// where nothing large cancels.
///
/// To the left it falls off as slowly as exp(df w). With few degrees of freedom the integral is over v, with
/// w = start + v - exp(-v), whose nodes spread out there as fast as the integrand falls.
template <class LogG>
double log_mean_over_chi(double df, double start, LogG log_g) noexcept {
  const double a = df / 2;
  const auto log_f = [&](double w) { return -a * expm1mx(2 * w) + log_g(math::exp(w)); };
  const double scale = math::log(2 * math::sqrt(a / (2 * pi))) - stirling_error(a);
  peak guess{start, 1 / math::sqrt(2 * df + 1)};
  if (df >= 10) return scale + log_integral(log_f, guess);
  guess = {0.5, 0.3};
  return scale + log_integral(
                     [&](double v) {
                       const double fade = math::exp(-v);
                       return log_f(start + v - fade) + math::log1p(fade);
                     },
                     guess);
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP
