#ifndef MILLRACE_STATS_DISTRIBUTIONS_BINOMIAL_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_BINOMIAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/normal.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The binomial distribution: the number of successes among `trials` (a whole number >= 0) independent trials, each
/// with the given `probability` of success. cdf and sf round their argument down to a whole number; `quantile` and
/// `isf` are defined as those of `poisson`. See `normal` for what the functions promise.
struct binomial {
  double trials;
  double probability;

  /// The probability of exactly k; 0 where k is not a whole number from 0 to `trials`.
  double pmf(double k) const noexcept {
    if (!valid()) return detail::nan;
    if (k < 0 || k > trials || k != detail::math::floor(k)) return 0;
    if (probability == 0) return k == 0 ? 1 : 0;
    if (probability == 1) return k == trials ? 1 : 0;
    if (k == 0) return detail::math::exp(trials * detail::math::log1p(-probability));
    if (k == trials) return detail::math::pow(probability, trials);
    // p^k q^(n-k) / B(k, n - k) is the pmf times k (n - k) / n, where q = 1 - p.
    const double rest = trials - k;
    const auto at = detail::at_probability(k, rest, probability);
    return detail::beta_prefix(k, rest, at) / detail::beta_width(k, rest);
  }
  double cdf(double k) const noexcept { return at(k).lower; }
  double sf(double k) const noexcept { return at(k).upper; }
  double quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::nan;
    if (p == 1) return probability == 0 ? 0 : trials;
    const double enough = p * (1 - 64 * detail::epsilon);
    return detail::first_whole(0, trials, around(normal{}.quantile(p)), [&](double k) { return cdf(k) >= enough; });
  }
  double isf(double q) const noexcept {
    if (!(valid() && q >= 0 && q <= 1)) return detail::nan;
    if (q == 0) return probability == 0 ? 0 : trials;
    const double enough = q * (1 + 64 * detail::epsilon);
    return detail::first_whole(0, trials, around(normal{}.isf(q)), [&](double k) { return sf(k) <= enough; });
  }

 private:
  bool valid() const noexcept {
    return trials >= 0 && trials < detail::infinity && trials == detail::math::floor(trials) && probability >= 0 &&
           probability <= 1;
  }
  /// About the quantile whose normal deviate is z, by Cornish and Fisher's expansion: where a search begins.
  double around(double z) const noexcept {
    const double mean = trials * probability;
    return mean + detail::math::sqrt(mean * (1 - probability)) * z + (1 - 2 * probability) * (z * z - 1) / 6;
  }
  detail::tails at(double k) const noexcept {
    if (!valid() || k != k) return {detail::nan, detail::nan};
    if (k < 0) return {0, 1};
    if (k >= trials || probability == 0) return {1, 0};
    k = detail::math::floor(k);
    if (probability == 1) return {0, 1};
    const double a = k + 1;
    const double b = trials - k;
    return detail::swapped(detail::incomplete_beta(a, b, detail::at_probability(a, b, probability)));
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_BINOMIAL_HPP
