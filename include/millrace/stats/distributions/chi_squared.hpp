#ifndef MILLRACE_STATS_DISTRIBUTIONS_CHI_SQUARED_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_CHI_SQUARED_HPP

#include <millrace/stats/distributions/gamma.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The chi-squared distribution with `df` > 0 degrees of freedom, whole or not. See `normal` for what the functions
/// promise.
struct chi_squared {
  double df;

  double pdf(double x) const noexcept { return as_gamma().pdf(x); }
  double cdf(double x) const noexcept { return as_gamma().cdf(x); }
  double sf(double x) const noexcept { return as_gamma().sf(x); }
  double quantile(double p) const noexcept { return as_gamma().quantile(p); }
  double isf(double q) const noexcept { return as_gamma().isf(q); }

 private:
  gamma as_gamma() const noexcept { return {df / 2, 2}; }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_CHI_SQUARED_HPP
