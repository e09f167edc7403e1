#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP

#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/quadrature.hpp>

#include <cmath>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// log of the mean of g(s) over s = sqrt(chi-squared / df), where `log_g(s)` is the logarithm of a positive g: what
/// dividing by an estimated deviation does to a tail that is known for a known one.
template <class LogG>
double log_mean_over_chi(double df, LogG log_g) noexcept {
  const double a = df / 2;
  // The density of w = log s, its exponent taken without cancellation.
  const auto log_f = [&](double w) { return -a * expm1mx(2 * w) + log_g(std::exp(w)); };
  return std::log(2 * std::sqrt(a / (2 * pi))) - stirling_error(a) + log_integral(log_f, 0, 1 / std::sqrt(2 * df + 1));
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_CHI_MIXTURE_HPP
