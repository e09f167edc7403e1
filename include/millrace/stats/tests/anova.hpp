#ifndef MILLRACE_STATS_TESTS_ANOVA_HPP
#define MILLRACE_STATS_TESTS_ANOVA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/fisher_f.hpp>
#include <millrace/stats/distributions/studentized_range.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// How the squares of all observations about the overall mean divide.
struct group_spread {
  double n = 0;          // observations of all groups
  double between = 0;    // sum of squares of the group means about the overall mean, weighted by the groups' sizes
  double within = 0;     // sum of squares of the observations about their group's mean
  double df_within = 0;  // n less the number of groups
};

inline result<group_spread> spread_of(std::span<const sample_moments> groups) {
  if (groups.size() < 2)
    return error(errc::invalid_data, "at least 2 groups are needed, not " + std::to_string(groups.size()));
  group_spread s;
  double sum = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (auto ok = checked(groups[i], ("group " + std::to_string(i)).c_str(), 1); !ok) return std::move(ok).error();
    s.n += groups[i].n;
    sum += groups[i].n * (groups[i].mean - groups[0].mean);
  }
  const double middle = sum / s.n;
  for (const sample_moments& g : groups) {
    const double d = (g.mean - groups[0].mean) - middle;
    s.between += g.n * d * d;
    s.within += g.variance * (g.n - 1);
  }
  s.df_within = s.n - static_cast<double>(groups.size());
  if (s.df_within < 1)
    return error(errc::invalid_data, "every group has one observation alone: nothing to compare with");
  return s;
}

inline test_result f_test_of(const group_spread& s, std::size_t groups) noexcept {
  test_result r;
  r.effect_name = "share of the variance explained (eta squared)";
  r.side = alternative::greater;
  r.n1 = s.n;
  r.df = static_cast<double>(groups) - 1;
  r.df2 = s.df_within;
  r.failed.add(assumption::variation, !(s.within > 0));
  const double total = s.between + s.within;
  r.effect = total > 0 ? s.between / total : 0;
  if (s.within > 0) {
    r.statistic = (s.between / r.df) / (s.within / s.df_within);
    r.p = fisher_f{r.df, r.df2}.sf(r.statistic);
  } else {
    r.statistic = s.between > 0 ? infinity : 0;
    r.p = s.between > 0 ? 0 : 1;
  }
  return r;
}

}  // namespace detail

/// One-way analysis of variance: the test of whether all groups have the same mean, from the groups' moments (those of
/// a sample: `sample_moments::make`). The effect is eta squared, the share of the squares that lies between groups.
///
/// `equal_variances` fails where the largest variance is more than 4 times the smallest. If no group varies p is 1
/// where all means agree and 0 otherwise, and `variation` fails.
/// Complexity: O(groups).
/// Allocates: never.
/// Errors: invalid_data: fewer than 2 groups, an empty group, one observation in each group; not_finite: moments that
/// are not; invalid_argument: moments that no sample has.
/// Source: R. Fisher 1925.
inline result<test_result> one_way_anova(std::span<const sample_moments> groups) {
  const auto spread = detail::spread_of(groups);
  if (!spread) return spread.error();
  test_result r = detail::f_test_of(*spread, groups.size());
  r.test = "one-way ANOVA";
  double least = detail::infinity;
  double most = 0;
  for (const sample_moments& g : groups) {
    if (g.n < 2) continue;
    least = detail::math::fmin(least, g.variance);
    most = detail::math::fmax(most, g.variance);
  }
  r.failed.add(assumption::equal_variances, most > 4 * least);
  return r;
}

/// One of Tukey's comparisons: the places of the two groups, and the test of their difference.
struct pairwise_result {
  std::size_t first;
  std::size_t second;
  test_result result;
};

/// Tukey's honest significant differences (Tukey-Kramer for groups of different sizes): compares every pair of means,
/// with p-values and intervals that hold for all pairs at once.
/// Complexity: about 1 ms a pair.
/// Allocates: the result.
/// Errors: as `one_way_anova`; invalid_data: groups of which none varies; out_of_range: a confidence outside (0, 1).
/// Source: J. Tukey 1953; C. Kramer, Biometrics 12, 1956.
// A template over its rows, so that their vector is compiled only where it is called; so is the next test.
template <class Row = pairwise_result>
result<std::vector<Row>> tukey_test(std::span<const sample_moments> groups, double confidence = 0.95) {
  if (auto ok = detail::checked(test_options{alternative::two_sided, confidence}); !ok) return std::move(ok).error();
  const auto spread = detail::spread_of(groups);
  if (!spread) return spread.error();
  if (!(spread->within > 0)) return error(errc::invalid_data, "no group varies: Tukey's test has no scale");
  const double variance = spread->within / spread->df_within;
  const studentized_range range{static_cast<double>(groups.size()), spread->df_within};
  const double critical = range.isf(1 - confidence);
  std::vector<Row> all;
  all.reserve(groups.size() * (groups.size() - 1) / 2);
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      const double scale = detail::math::sqrt(variance / 2 * (1 / groups[i].n + 1 / groups[j].n));
      test_result r;
      r.test = "Tukey's test";
      r.effect_name = "difference of means";
      r.n1 = groups[i].n;
      r.n2 = groups[j].n;
      r.df = spread->df_within;
      r.effect = groups[i].mean - groups[j].mean;
      r.statistic = detail::math::absolute(r.effect) / scale;
      r.p = range.sf(r.statistic);
      r.interval = {r.effect - critical * scale, r.effect + critical * scale, confidence};
      all.push_back({i, j, r});
    }
  return all;
}

/// Brown and Forsythe's test of whether all groups have the same variance: ANOVA of the distances from each group's
/// median (Levene's test with medians).
/// Complexity: O(n log n).
/// Allocates: O(n).
/// Errors: as `one_way_anova`.
/// Source: M. Brown, A. Forsythe, JASA 69, 1974.
template <class Moments = sample_moments>
result<test_result> brown_forsythe_test(std::span<const std::span<const double>> groups) {
  std::vector<Moments> spreads;
  std::vector<double> work;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (auto ok = detail::checked(groups[i], ("group " + std::to_string(i)).c_str(), 1); !ok)
      return std::move(ok).error();
    work.assign(groups[i].data(), groups[i].data() + groups[i].size());
    detail::sort_doubles(work);
    const std::size_t upper = work.size() / 2;
    double middle = work[upper];
    if (work.size() % 2 == 0) middle = middle + (work[upper - 1] - middle) / 2;
    for (double& x : work) x = detail::math::absolute(x - middle);
    spreads.push_back(Moments::make(std::span<const double>(work.data(), work.size())));
  }
  auto r = one_way_anova({spreads.data(), spreads.size()});
  if (r) {
    r->test = "Brown-Forsythe test";
    r->effect_name = "share of the distances from the medians explained";
    assumptions failed;
    failed.add(assumption::variation, r->failed.contains(assumption::variation));
    r->failed = failed;
  }
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_ANOVA_HPP
