#ifndef MILLRACE_STATS_TESTS_AGGREGATE_MOMENTS_HPP
#define MILLRACE_STATS_TESTS_AGGREGATE_MOMENTS_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/fwd.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The moments of an aggregate that keeps `mean` and `variance`, for the tests of means:
///
///     mr::aggregate<mr::count, mr::mean, mr::variance> control, treatment;
///     mr::stats::welch_t_test(treatment, control);                  // aggregate_tests.hpp
///     mr::stats::mean_posterior_of(mr::stats::moments_of(treatment));      // any test of moments
///
/// A weight counts as that many repetitions: n is the sum of the weights. An infinite item makes moments that every
/// test refuses. Does not compile for an aggregate without both members (STATS-4).
template <member_source A>
sample_moments moments_of(const A& a) {
  constexpr bool kept = keeps_member<A, mean> && keeps_member<A, variance>;
  static_assert(kept,
                "millrace[STATS-4]: moments_of: this aggregate does not keep a mean and a variance; add mr::mean and "
                "mr::variance to its members");
  sample_moments m;
  if constexpr (kept) {
    m.n = a.template get<total_weight>();
    if (m.n > 0 || a.infinities() != 0) m.mean = a.template get<mean>();
    if (m.n > 1 || a.infinities() != 0) m.variance = a.template get<variance>();
  }
  return m;
}

/// The moments of an aggregate of pairs that keeps `covariance`, or another member that needs `comoments`: x and y are
/// a ratio's numerator and denominator, or a metric and its covariate. Does not compile for another aggregate
/// (STATS-5).
template <member_source A>
pair_moments pair_moments_of(const A& a) {
  constexpr bool kept = keeps_member<A, comoments>;
  static_assert(kept,
                "millrace[STATS-5]: pair_moments_of: this aggregate does not keep what a covariance needs; add "
                "mr::covariance to its members");
  pair_moments m;
  if constexpr (kept) {
    const auto& sums = a.template get<comoments>();
    m.n = sums.weight();
    m.mean_x = sums.mean().x;
    m.mean_y = sums.mean().y;
    const double freedom = m.n > 1 ? m.n - 1 : 1;
    m.variance_x = sums.xx() / freedom + 0 * a.infinities();
    m.variance_y = sums.yy() / freedom + 0 * a.infinities();
    m.covariance = sums.xy_product() / freedom;
  }
  return m;
}

/// Successes and trials of an aggregate of zeros and ones that keeps `mean`. A mean outside [0, 1] or an infinite item
/// makes a proportion that every test refuses. Does not compile for another aggregate (STATS-6).
template <member_source A>
proportion proportion_of(const A& a) {
  constexpr bool kept = keeps_member<A, mean>;
  static_assert(kept,
                "millrace[STATS-6]: proportion_of: this aggregate does not keep a mean; add mr::mean to its members");
  proportion made;
  if constexpr (kept) {
    const double n = a.template get<total_weight>();
    const double rate = a.template get<mean>();
    if (!(n > 0 && n < 0x1p53)) return made;
    made.trials = detail::math::llround(n);
    made.successes = detail::math::absolute(rate) <= 2 ? detail::math::llround(rate * n) : -1;
  }
  return made;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_AGGREGATE_MOMENTS_HPP
