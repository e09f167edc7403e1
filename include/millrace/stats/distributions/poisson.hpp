#ifndef MILLRACE_STATS_DISTRIBUTIONS_POISSON_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_POISSON_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_gamma.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/normal.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The Poisson distribution of counts with the given mean >= 0. cdf and sf round their argument down to a whole number.
/// `quantile(p)` is the least k with cdf(k) >= p, and `isf(q)` the least k with sf(k) <= q; a probability within 64 ulp
/// of p or q counts as equal. See `normal` for what the functions promise.
struct poisson {
  double mean;

  /// The probability of exactly k; 0 where k is not a whole number.
  double pmf(double k) const noexcept {
    if (!valid()) return detail::nan;
    if (k < 0 || k != detail::math::floor(k) || k == detail::infinity) return 0;
    if (mean == 0) return k == 0 ? 1 : 0;
    return k == 0 ? detail::math::exp(-mean) : detail::gamma_prefix(k, mean) / k;
  }
  double cdf(double k) const noexcept { return at(k).lower; }
  double sf(double k) const noexcept { return at(k).upper; }
  double quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::nan;
    if (p == 1) return mean == 0 ? 0 : detail::infinity;
    const double enough = p * (1 - 64 * detail::epsilon);
    return detail::first_whole(0, 0x1p60, around(normal{}.quantile(p)), [&](double k) { return cdf(k) >= enough; });
  }
  double isf(double q) const noexcept {
    if (!(valid() && q >= 0 && q <= 1)) return detail::nan;
    if (q == 0) return mean == 0 ? 0 : detail::infinity;
    const double enough = q * (1 + 64 * detail::epsilon);
    return detail::first_whole(0, 0x1p60, around(normal{}.isf(q)), [&](double k) { return sf(k) <= enough; });
  }

 private:
  bool valid() const noexcept { return mean >= 0 && mean < detail::infinity; }
  /// About the quantile whose normal deviate is z, by Cornish and Fisher's expansion: where a search begins.
  double around(double z) const noexcept { return mean + detail::math::sqrt(mean) * z + (z * z - 1) / 6; }
  detail::tails at(double k) const noexcept {
    if (!valid() || k != k) return {detail::nan, detail::nan};
    if (k < 0) return {0, 1};
    if (k == detail::infinity || mean == 0) return {1, 0};
    return detail::swapped(detail::incomplete_gamma(detail::math::floor(k) + 1, mean));
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_POISSON_HPP
