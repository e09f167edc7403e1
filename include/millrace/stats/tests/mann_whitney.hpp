#ifndef MILLRACE_STATS_TESTS_MANN_WHITNEY_HPP
#define MILLRACE_STATS_TESTS_MANN_WHITNEY_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/mann_whitney_exact.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

namespace detail {

/// The sums that the test needs, from one walk through both samples.
struct rank_sums {
  /// Twice the first sample's U, a whole number.
  std::uint64_t twice_u = 0;
  /// The sum of t^3 - t over groups of t equal observations.
  double ties = 0;
  /// For DeLong's variance: over the observations of a, the sum of squares of the share of b that each exceeds; over
  /// those of b, that of the share of a that exceeds each. Equal ones count half.
  double squares_a = 0;
  double squares_b = 0;
};

inline rank_sums rank_sums_of(const sorted_sample& a, const sorted_sample& b) noexcept {
  rank_sums sums;
  std::size_t before_a = 0;
  std::size_t before_b = 0;
  const double per_a = 1 / static_cast<double>(a.size());
  const double per_b = 1 / static_cast<double>(b.size());
  merge_walk(a, b, [&](double, std::size_t i, std::size_t j) {
    const std::uint64_t in_a = i - before_a;
    const std::uint64_t in_b = j - before_b;
    sums.twice_u += in_a * (2 * before_b + in_b);
    const auto both = static_cast<double>(in_a + in_b);
    if (both > 1) sums.ties += both * (both - 1) * (both + 1);
    const double below = (static_cast<double>(before_b) + 0.5 * static_cast<double>(in_b)) * per_b;
    const double above = 1 - (static_cast<double>(before_a) + 0.5 * static_cast<double>(in_a)) * per_a;
    sums.squares_a += static_cast<double>(in_a) * below * below;
    sums.squares_b += static_cast<double>(in_b) * above * above;
    before_a = i;
    before_b = j;
  });
  return sums;
}

/// The exact p-value of the first sample's u, over all choices of the smaller sample's members.
inline double exact_rank_p(const sorted_sample& a, const sorted_sample& b, double u, alternative side) {
  std::vector<std::size_t> ties;
  std::size_t seen = 0;
  merge_walk(a, b, [&](double, std::size_t i, std::size_t j) {
    ties.push_back(i + j - seen);
    seen = i + j;
  });
  const bool turned = b.size() < a.size();
  const mann_whitney_exact law(turned ? b.size() : a.size(), ties);
  if (turned) u = static_cast<double>(a.size()) * static_cast<double>(b.size()) - u;
  if (side == alternative::two_sided) return law.two_sided(u);
  return (side == alternative::greater) != turned ? law.at_least(u) : law.at_most(u);
}

/// The p-value by the normal law. `distance` is U less its mean, `spread` the variance of U; half a step of U is
/// subtracted for continuity.
inline double normal_rank_p(double distance, double spread, alternative side) noexcept {
  if (!(spread > 0)) return 1;
  const double sd = math::sqrt(spread);
  const normal z;
  if (side == alternative::two_sided) return math::fmin(1.0, 2 * z.sf((math::absolute(distance) - 0.5) / sd));
  return side == alternative::greater ? z.sf((distance - 0.5) / sd) : z.cdf((distance + 0.5) / sd);
}

}  // namespace detail

/// The Mann-Whitney (Wilcoxon rank sum) test of samples of m and n observations. The statistic is the first sample's U,
/// the number of pairs in which the value of a exceeds that of b, ties counted half. The effect is U / (m n), an
/// estimate of the probability of that, with DeLong's interval.
///
/// p_method::exact computes p over all choices of the first sample's members, ties included; `automatic` does so up to
/// about m = n = 25. Otherwise p is that of the normal law, corrected for ties and continuity. Where all observations
/// are equal p is 1, and `variation` fails.
/// Guarantee: U is exact at any size.
/// Complexity: O(m + n), besides the exact distribution (see mann_whitney_exact).
/// Allocates: only for the exact distribution.
/// Errors: invalid_data: an empty sample; out_of_range: a confidence outside (0, 1), samples of more than 2e9.
/// Source: H. Mann, D. Whitney 1947; E. DeLong et al., Biometrics 44, 1988, for the interval.
inline result<test_result> mann_whitney_test(const sorted_sample& a, const sorted_sample& b,
                                             const test_options& options = {}, p_method method = p_method::automatic) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(a, "the first sample"); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample"); !ok) return std::move(ok).error();
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  if (m * n > 4e18) return error(errc::out_of_range, "samples of more than 2e9");
  const detail::rank_sums sums = detail::rank_sums_of(a, b);
  test_result r;
  r.effect_name = "probability that the first is larger";
  r.side = options.side;
  r.n1 = m;
  r.n2 = n;
  r.statistic = 0.5 * static_cast<double>(sums.twice_u);
  r.effect = r.statistic / m / n;
  const double all = m + n;
  const double spread = m / 12 * n * ((all + 1) - sums.ties / (all * (all - 1)));
  r.failed.add(assumption::variation, !(spread > 0));

  const double fewer = detail::math::fmin(m, n);
  if (method == p_method::exact ||
      (method == p_method::automatic && all * fewer * (2 * m * n + fewer * fewer) <= 5e6)) {
    r.test = "Mann-Whitney test (exact)";
    r.p = detail::exact_rank_p(a, b, r.statistic, options.side);
  } else {
    r.test = "Mann-Whitney test";
    r.failed.add(assumption::large_sample, fewer < 8);
    r.p = detail::normal_rank_p(r.statistic - m / 2 * n, spread, options.side);
  }
  const auto variance = [&](double squares, double count) {
    return count > 1 ? detail::math::fmax(0.0, squares / count - r.effect * r.effect) / (count - 1) : 0;
  };
  const double deviation = detail::math::sqrt(variance(sums.squares_a, m) + variance(sums.squares_b, n));
  r.interval = detail::around(r.effect, normal{}.isf(detail::outside(options)) * deviation, options);
  r.interval.lower = detail::math::fmax(0.0, r.interval.lower);
  r.interval.upper = detail::math::fmin(1.0, r.interval.upper);
  return r;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> mann_whitney_test(const sample_view& a, const sample_view& b,
                                             const test_options& options = {}, p_method method = p_method::automatic) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return mann_whitney_test(first, second, options, method);
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_MANN_WHITNEY_HPP
