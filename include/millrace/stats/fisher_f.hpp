#ifndef MILLRACE_STATS_FISHER_F_HPP
#define MILLRACE_STATS_FISHER_F_HPP

#include <millrace/stats/detail/beta_quantile.hpp>
#include <millrace/stats/detail/float_math.hpp>
#include <millrace/stats/detail/incomplete_beta.hpp>

namespace millrace {
inline namespace v0 {
/// Fisher's F distribution with `df1` and `df2` > 0 degrees of freedom, whole or not. See `normal` for what the
/// functions promise.
struct fisher_f {
  double df1;
  double df2;

  double pdf(double x) const noexcept {
    if (!valid() || x != x) return detail::stats::nan;
    if (x < 0 || x == detail::stats::infinity) return 0;
    if (x == 0) return df1 > 2 ? 0 : df1 == 2 ? 1 : detail::stats::infinity;
    return detail::stats::beta_prefix(df1 / 2, df2 / 2, detail::stats::at_odds(df1 / 2, df2 / 2, x)) / x;
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept { return solve({p, 1 - p}); }
  double isf(double q) const noexcept { return solve({1 - q, q}); }

 private:
  bool valid() const noexcept {
    return df1 > 0 && df2 > 0 && df1 < detail::stats::infinity && df2 < detail::stats::infinity;
  }
  detail::stats::tails at(double x) const noexcept {
    if (!valid() || x != x) return {detail::stats::nan, detail::stats::nan};
    if (x <= 0) return {0, 1};
    if (x == detail::stats::infinity) return {1, 0};
    return detail::stats::incomplete_beta(df1 / 2, df2 / 2, detail::stats::at_odds(df1 / 2, df2 / 2, x));
  }
  double solve(detail::stats::tails wanted) const noexcept {
    return valid() ? detail::stats::odds_quantile(df1 / 2, df2 / 2, wanted) : detail::stats::nan;
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_FISHER_F_HPP
