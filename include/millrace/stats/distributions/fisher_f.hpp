#ifndef MILLRACE_STATS_DISTRIBUTIONS_FISHER_F_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_FISHER_F_HPP

#include <millrace/stats/distributions/detail/beta_quantile.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Fisher's F distribution: the ratio of two independent variance estimates with `df1` and `df2` > 0 degrees of
/// freedom, whole or not. Infinite degrees of freedom stand for a known variance: with one of them the distribution is
/// that of chi-squared over its degrees of freedom (or of the inverse), with both the constant 1. See `normal` for what
/// the functions promise.
struct fisher_f {
  double df1;
  double df2;

  double pdf(double x) const noexcept {
    if (!valid() || x != x) return detail::nan;
    if (is_one()) return x == 1 ? detail::infinity : 0;
    if (x < 0 || x == detail::infinity) return 0;
    if (x == 0) return df1 > 2 ? 0 : df1 == 2 ? 1 : detail::infinity;
    return detail::incomplete_beta_at_odds(df1 / 2, df2 / 2, x).prefix / x;
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept { return solve({p, 1 - p}); }
  double isf(double q) const noexcept { return solve({1 - q, q}); }

 private:
  bool valid() const noexcept { return df1 > 0 && df2 > 0; }
  bool is_one() const noexcept { return df1 == detail::infinity && df2 == detail::infinity; }
  detail::tails at(double x) const noexcept {
    if (!valid() || x != x) return {detail::nan, detail::nan};
    if (x <= 0 || (is_one() && x < 1)) return {0, 1};
    if (x == detail::infinity || is_one()) return {1, 0};
    return detail::incomplete_beta_at_odds(df1 / 2, df2 / 2, x).at;
  }
  double solve(detail::tails wanted) const noexcept {
    if (!valid() || !(wanted.lower >= 0 && wanted.upper >= 0)) return detail::nan;
    return is_one() ? 1 : detail::odds_quantile(df1 / 2, df2 / 2, wanted);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_FISHER_F_HPP
