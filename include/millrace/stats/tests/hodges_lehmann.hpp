#ifndef MILLRACE_STATS_TESTS_HODGES_LEHMANN_HPP
#define MILLRACE_STATS_TESTS_HODGES_LEHMANN_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/mann_whitney_exact.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// How many of the differences a[i] - b[j] are at most d. Both samples ascend, so the first j with a[i] - b[j] <= d
/// never moves back as i grows: O(m + n).
inline std::uint64_t differences_up_to(const sorted_sample& a, const sorted_sample& b, double d) noexcept {
  std::uint64_t count = 0;
  std::size_t first = 0;  // the first of b whose difference from a[i] is at most d
  for (std::size_t i = 0; i < a.size(); ++i) {
    while (first < b.size() && a[i] - b[first] > d) ++first;
    count += b.size() - first;
  }
  return count;
}

/// Maps doubles to whole numbers of the same order; `unordered` is its inverse.
inline std::int64_t ordered(double x) noexcept {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits < 0 ? static_cast<std::int64_t>(0x8000000000000000U - static_cast<std::uint64_t>(bits)) : bits;
}
inline double unordered(std::int64_t at) noexcept {
  return at < 0 ? -std::bit_cast<double>(-at) : std::bit_cast<double>(at);
}

/// The k-th smallest of all differences a[i] - b[j], k from 1, by bisection over all doubles: at most 64 calls of
/// differences_up_to.
inline double difference_of_rank(const sorted_sample& a, const sorted_sample& b, std::uint64_t k) noexcept {
  std::int64_t low = ordered(a[0] - b[b.size() - 1]);
  std::int64_t high = ordered(a[a.size() - 1] - b[0]);
  while (low < high) {
    const std::int64_t middle = (low & high) + ((low ^ high) >> 1);
    if (differences_up_to(a, b, unordered(middle)) >= k)
      high = middle;
    else
      low = middle + 1;
  }
  return unordered(low);
}

/// The largest c with P(U < c) <= tail, for samples of m and n without ties. The interval ends at the c-th smallest and
/// at the c-th largest difference; with c = 0 it is infinite. Exact for m, n <= 25, else by the normal law.
inline std::uint64_t rank_of_interval_end(std::size_t m, std::size_t n, double tail) {
  const auto first = static_cast<double>(m);
  const auto second = static_cast<double>(n);
  if (m <= 25 && n <= 25) {
    const mann_whitney_exact law(m, n);
    std::uint64_t c = 0;
    while (c < m * n && law.at_most(static_cast<double>(c)) <= tail) ++c;
    return c;
  }
  const double spread = math::sqrt(first * second / 12 * (first + second + 1));
  // Half a step of U is added for continuity, as in the test.
  const double at = math::floor(0.5 * first * second + 0.5 - normal{}.isf(tail) * spread);
  return at > 0 ? static_cast<std::uint64_t>(at) : 0;
}

}  // namespace detail

/// How far the first sample lies above the second: Hodges and Lehmann's estimate, which is the median of all
/// differences a[i] - b[j], with the interval of the shifts that the Mann-Whitney test does not reject. The statistic
/// and the p-value are those of mann_whitney_test.
///
/// With too few observations to reject any shift the interval is infinite. Ties make it a little wider.
/// Complexity: about 200 (m + n) comparisons, besides mann_whitney_test.
/// Allocates: as `mann_whitney_test`.
/// Errors: as `mann_whitney_test`.
/// Source: J. Hodges, E. Lehmann, Annals of Mathematical Statistics 34, 1963; the interval: P. Moses in H. Walker, J.
/// Lev, "Statistical Inference", 1953; M. Hollander, D. Wolfe, "Nonparametric Statistical Methods", 4.3.
inline result<test_result> hodges_lehmann_test(const sorted_sample& a, const sorted_sample& b,
                                               const test_options& options = {}) {
  auto r = mann_whitney_test(a, b, options);
  if (!r) return r;
  const std::uint64_t all = static_cast<std::uint64_t>(a.size()) * b.size();
  const double upper_middle = detail::difference_of_rank(a, b, all / 2 + 1);
  const double middle = all % 2 == 1 ? upper_middle : detail::difference_of_rank(a, b, all / 2);
  r->test = "Hodges-Lehmann estimate";
  r->effect_name = "shift";
  r->effect = middle + (upper_middle - middle) / 2;
  r->interval = {-detail::infinity, detail::infinity, options.confidence};
  const std::uint64_t c = detail::rank_of_interval_end(a.size(), b.size(), detail::outside(options));
  if (c == 0) return r;
  if (options.side != alternative::less) r->interval.lower = detail::difference_of_rank(a, b, c);
  if (options.side != alternative::greater) r->interval.upper = detail::difference_of_rank(a, b, all + 1 - c);
  return r;
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> hodges_lehmann_test(const sample_view& a, const sample_view& b,
                                               const test_options& options = {}) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return hodges_lehmann_test(first, second, options);
  });
}

// A canary is a new version that serves a part of the traffic; its baseline is the old version, over the same time.

/// Which deviations of a canary's metric from the baseline's count.
enum class canary_direction : std::uint8_t { either, increase, decrease };

/// How a canary's metric compares with the baseline's.
enum class canary_level : std::uint8_t { no_data, pass, high, low };

constexpr std::string_view to_string(canary_level level) noexcept {
  switch (level) {
    case canary_level::no_data: return "no data";
    case canary_level::pass: return "pass";
    case canary_level::high: return "high";
    case canary_level::low: return "low";
  }
  return "unknown";
}

/// When a canary's metric counts as higher or lower than the baseline's.
struct canary_options {
  canary_direction direction = canary_direction::either;
  /// The interval of the shift has to lie beyond this multiple of the estimated shift, not just beyond 0.
  double tolerance = 0.25;
  /// The level of that interval.
  double confidence = 0.98;
};

/// How a canary's metric compares with its baseline's, and the figures that decided it.
struct canary_classification {
  canary_level level = canary_level::no_data;
  /// The shift of canary against baseline, by hodges_lehmann_test; its figures are NaN where there is no data.
  test_result shift;
  /// The metric is high if the shift's interval lies wholly above this, low if it lies wholly below minus this.
  double bound = 0;
  /// The mean of the canary over that of the baseline.
  double ratio = std::numeric_limits<double>::quiet_NaN();

  std::string summary() const {
    std::string text = "Canary: ";
    text += to_string(level);
    if (level == canary_level::no_data) return text + ".";
    text += "; shift ";
    detail::append_effect(text, shift.effect, shift.interval);
    text += ", bound ";
    detail::append_figure(text, bound);
    text += ", ratio of means ";
    detail::append_figure(text, ratio);
    text += '.';
    return text;
  }
};

/// Classifies a canary's metric by the rule of Kayenta, the canary judge of Spinnaker. `hodges_lehmann_test` estimates
/// the shift of canary against baseline. The metric is high where the interval's lower end is above `tolerance` times
/// the estimate's absolute value, low where its upper end is below minus that, and passes otherwise. So an interval
/// that narrowly excludes 0 passes: the shift could be much smaller than its estimate.
///
/// An empty sample is `no_data`. Two samples with the same observations in the same order pass.
/// Errors: not_finite: NaN or an infinity; out_of_range: a confidence outside (0, 1), a tolerance that is negative or
/// not finite.
/// Source: spinnaker/kayenta, MannWhitneyClassifier (tolerance 0.25; its judge asks for confidence 0.98). Kayenta
/// always takes the normal law for the interval, so its ends differ for samples of a few observations.
inline result<canary_classification> classify_canary(const sample_view& baseline, const sample_view& canary,
                                                     const canary_options& options = {}) {
  const test_options asked{alternative::two_sided, options.confidence};
  if (auto ok = detail::checked(asked); !ok) return std::move(ok).error();
  if (!(options.tolerance >= 0 && options.tolerance < detail::infinity))
    return error(errc::out_of_range,
                 "tolerance must be at least 0 and finite, and is " + detail::figure(options.tolerance));
  canary_classification c;
  if (baseline.empty() || canary.empty()) return c;
  const auto shift = hodges_lehmann_test(canary, baseline, asked);
  if (!shift) return shift.error();
  c.shift = *shift;
  c.bound = options.tolerance * detail::math::absolute(shift->effect);
  c.ratio = sample_moments::make(canary).mean / sample_moments::make(baseline).mean;
  bool same = baseline.size() == canary.size();
  for (std::size_t i = 0; same && i < canary.size(); ++i) same = baseline[i] == canary[i];
  const bool high = options.direction != canary_direction::decrease && shift->interval.lower > c.bound;
  const bool low = options.direction != canary_direction::increase && shift->interval.upper < -c.bound;
  c.level = same ? canary_level::pass : high ? canary_level::high : low ? canary_level::low : canary_level::pass;
  return c;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_HODGES_LEHMANN_HPP
