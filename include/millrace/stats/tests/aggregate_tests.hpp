#ifndef MILLRACE_STATS_TESTS_AGGREGATE_TESTS_HPP
#define MILLRACE_STATS_TESTS_AGGREGATE_TESTS_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/aggregate_moments.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/means.hpp>
#include <millrace/stats/tests/proportions.hpp>
#include <millrace/stats/tests/ratio_metrics.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

// The tests of means, ratios and proportions, with aggregates in the place of samples. The aggregates may be merged
// from any number of threads and machines. An aggregate that lacks a member that the test needs does not compile; the
// message names the member (STATS-4 to STATS-6). Errors and assumptions are those of the test itself.

/// The tests of means, from aggregates with `mean` and `variance`.
template <member_source A, member_source B>
result<test_result> welch_t_test(const A& a, const B& b, const test_options& options = {}) {
  return welch_t_test(moments_of(a), moments_of(b), options);
}
template <member_source A, member_source B>
result<test_result> student_t_test(const A& a, const B& b, const test_options& options = {}) {
  return student_t_test(moments_of(a), moments_of(b), options);
}
template <member_source A>
result<test_result> one_sample_t_test(const A& a, double null, const test_options& options = {}) {
  return one_sample_t_test(moments_of(a), null, options);
}
template <member_source A, member_source B>
result<test_result> relative_lift_test(const A& a, const B& b, const test_options& options = {}) {
  return relative_lift_test(moments_of(a), moments_of(b), options);
}

/// The tests of pairs, from aggregates with `covariance`: of a ratio's numerator and denominator, or of a metric and
/// its covariate.
template <member_source A, member_source B>
result<test_result> ratio_test(const A& a, const B& b, const test_options& options = {}) {
  return ratio_test(pair_moments_of(a), pair_moments_of(b), options);
}
template <member_source A, member_source B>
result<cuped_result> cuped_test(const A& a, const B& b, const test_options& options = {}) {
  return cuped_test(pair_moments_of(a), pair_moments_of(b), options);
}

/// The tests of proportions, from aggregates of zeros and ones with `mean`.
template <member_source A, member_source B>
result<test_result> two_proportion_z_test(const A& a, const B& b, const test_options& options = {},
                                          z_variance variance = z_variance::pooled) {
  return two_proportion_z_test(proportion_of(a), proportion_of(b), options, variance);
}
template <member_source A, member_source B>
result<test_result> fisher_exact_test(const A& a, const B& b, const test_options& options = {}) {
  return fisher_exact_test(proportion_of(a), proportion_of(b), options);
}

namespace detail {

/// How many standard deviations a bound at 99 % is, for a normal error.
inline constexpr double deviations_at_99 = 2.5758293035489008;

/// The standard deviation of a sketch's rank error at p, from the bound at 99 % that the sketch states. 0 for a sketch
/// without a rank error.
template <class S>
double rank_deviation(const S& s, double p) {
  if constexpr (requires { s.rank_error(p); })
    return s.rank_error(p) / deviations_at_99;
  else if constexpr (requires { s.rank_error(); })
    return s.rank_error() / deviations_at_99;
  else
    return 0;
}

struct quantile_figures {
  double n;
  double value;
  double variance;
};

/// A quantile with its squared standard error. The standard error of the rank is that of the sample and that of the
/// sketch, added as squares; half the distance of the values that far to either side of p is the standard error of the
/// quantile. A sketch with a relative error in value, evenly spread over +-off, adds off^2 / 3.
template <class S>
quantile_figures quantile_figures_of(const S& s, double p) {
  const auto ask = [&s](double at) { return static_cast<double>(s.quantile(at < 0 ? 0 : at > 1 ? 1 : at)); };
  const auto n = static_cast<double>(s.count());
  const double rank = rank_deviation(s, p);
  const double step = math::sqrt(p * (1 - p) / n + rank * rank);
  quantile_figures q{n, ask(p), 0};
  const double half = 0.5 * (ask(p + step) - ask(p - step));
  q.variance = half * half;
  if constexpr (requires { double{S::relative_error}; }) {
    const double off = S::relative_error * q.value;
    q.variance += off * off / 3;
  }
  return q;
}

}  // namespace detail

/// The test that two distributions have the same quantile at `probability`, from sketches: each of a and b is a kll,
/// req, tdigest, ddsketch, log_histogram, or an aggregate with the member `quantiles<...>`. The effect is a's quantile
/// less b's. The sketches' own errors, in rank or in value, are part of the standard error.
///
/// Allocates: what the sketches' queries do.
/// Errors: out_of_range: a probability or confidence outside (0, 1); invalid_data: a sketch of fewer than 2 items;
/// not_finite: an infinite item at the quantile.
/// Source: as `quantile_test` of samples.
template <quantile_source A, quantile_source B>
result<test_result> quantile_test(const A& a, const B& b, double probability, const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (!(probability > 0 && probability < 1))
    return error(errc::out_of_range, "the quantile's probability must lie between 0 and 1");
  const auto qa = detail::quantile_figures_of(sketch_of(a), probability);
  const auto qb = detail::quantile_figures_of(sketch_of(b), probability);
  if (!(qa.n >= 2 && qb.n >= 2))
    return error(errc::invalid_data,
                 std::string(qa.n >= 2 ? "the second" : "the first") + " sketch has fewer than 2 observations");
  const double error_of_both = detail::math::sqrt(qa.variance + qb.variance);
  if (!detail::math::is_finite(qa.value - qb.value) || !detail::math::is_finite(error_of_both))
    return error(errc::not_finite, "a sketch holds an infinity at this quantile");
  test_result r;
  r.test = "quantile difference test (sketches)";
  r.effect_name = "difference of quantiles";
  r.n1 = qa.n;
  r.n2 = qb.n;
  detail::fill_t(r, qa.value - qb.value, 0, error_of_both, detail::infinity, options);
  r.df = detail::nan;
  r.failed.add(assumption::large_sample,
               detail::math::fmin(qa.n, qb.n) * detail::math::fmin(probability, 1 - probability) < 5);
  return r;
}

namespace detail {

/// The test of the samples themselves, which exact sketches still hold in full.
template <class ViewA, class ViewB>
result<test_result> ks_test_of_values(const ViewA& a, const ViewB& b, const test_options& options) {
  const auto sample = [](const auto& view) { return std::vector<double>(view.values().begin(), view.values().end()); };
  const auto first = sorted_sample::make(sample(a), "the first sketch");
  if (!first) return first.error();
  const auto second = sorted_sample::make(sample(b), "the second sketch");
  if (!second) return second.error();
  return ks_test(*first, *second, options);
}

/// The largest distance of two sketched distribution functions.
struct sketched_distance {
  double most = 0;
  double certain = 0;  // the largest distance less the sketches' errors at that place, the bounds at 99 %
};

/// The distance of the sketches `sa` and `sb`, neither of them empty, whose views are `va` and `vb`.
/// Errors: not_finite: an infinite item.
template <class A, class ViewA, class B, class ViewB>
result<sketched_distance> sketched_distance_of(const A& sa, const ViewA& va, const B& sb, const ViewB& vb,
                                               alternative side) {
  const auto rank = [](const auto& view, std::size_t seen) {
    return seen == 0 ? 0 : static_cast<double>(view.cumulative()[seen - 1]) / static_cast<double>(view.count());
  };
  const auto x = va.values();
  const auto y = vb.values();
  sketched_distance distance;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < x.size() || j < y.size()) {
    const double value = j == y.size() || (i < x.size() && x[i] <= y[j]) ? x[i] : y[j];
    if (!math::is_finite(value)) return error(errc::not_finite, "a sketch holds an infinity");
    while (i < x.size() && x[i] == value) ++i;
    while (j < y.size() && y[j] == value) ++j;
    const double f = rank(va, i);
    const double g = rank(vb, j);
    const double d = directed(f - g, side);
    const double off = deviations_at_99 * (rank_deviation(sa, f) + rank_deviation(sb, g));
    distance.most = math::fmax(distance.most, d);
    distance.certain = math::fmax(distance.certain, d - off);
  }
  return distance;
}

}  // namespace detail

/// The two-sample Kolmogorov-Smirnov test from two kll or req sketches, or aggregates with `quantiles` of them.
///
/// Guarantee: while both sketches are exact, it is the test of the samples themselves. After that both sketches' rank
/// errors (the bounds at 99 %) are subtracted from the distance before the p-value is computed, and added to the
/// interval on either side. So the test rather misses a difference than finds one that is not there.
/// Allocates: the sketches' views.
/// Errors: invalid_data: an empty sketch; not_finite: an infinite item; out_of_range: a confidence outside (0, 1).
template <quantile_source A, quantile_source B>
result<test_result> ks_test(const A& a, const B& b, const test_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  const auto& sa = sketch_of(a);
  const auto& sb = sketch_of(b);
  const auto va = sa.view();
  const auto vb = sb.view();
  if (sa.exact() && sb.exact()) return detail::ks_test_of_values(va, vb, options);
  const auto m = static_cast<double>(va.count());
  const auto n = static_cast<double>(vb.count());
  if (!(m > 0 && n > 0))
    return error(errc::invalid_data, std::string(m > 0 ? "the second" : "the first") + " sketch is empty");
  const auto distance = detail::sketched_distance_of(sa, va, sb, vb, options.side);
  if (!distance) return distance.error();
  test_result r = detail::distance_report(distance->most, m, n, options);
  r.test = "Kolmogorov-Smirnov test (sketches)";
  const double uncertain = distance->most - distance->certain;
  r.interval.lower = detail::math::fmax(0.0, r.interval.lower - uncertain);
  r.interval.upper = detail::math::fmin(1.0, r.interval.upper + uncertain);
  const double z = detail::scaled_distance(distance->certain, m, n);
  r.p = options.side == alternative::two_sided ? kolmogorov{}.sf(z) : detail::math::exp(-2 * z * z);
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_AGGREGATE_TESTS_HPP
