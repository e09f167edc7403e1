#ifndef MILLRACE_STATS_RESAMPLING_PERMUTATION_HPP
#define MILLRACE_STATS_RESAMPLING_PERMUTATION_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// How many permutations a test draws, and which alternative it tests.
struct permutation_options {
  std::size_t permutations = 9'999;
  alternative side = alternative::two_sided;
  /// The same seed and samples give the same p-value.
  std::uint64_t seed = 1;
};

/// The permutation test of any statistic of two samples, `statistic(std::span<const double> a, std::span<const double>
/// b) -> double`: p is the share of random splits of the pooled observations whose statistic is as far out as that of
/// the samples. A two-sided test compares absolute values, so the statistic should be 0 where there is no difference; a
/// distance, which is never negative, wants the alternative `greater`.
///
/// Guarantee: p counts the samples themselves as one of the splits. So it is never 0, and P(p <= alpha) <= alpha under
/// the null hypothesis with any number of permutations.
/// Complexity: permutations + 1 calls of the statistic.
/// Allocates: O(n).
/// Errors: invalid_data: an empty sample; not_finite: NaN or an infinity in a sample, a statistic that returns NaN;
/// out_of_range: no permutations.
/// Source: B. Phipson, G. Smyth, SAGMB 9, 2010.
template <class Statistic>
result<test_result> permutation_test(const sample_view& a, const sample_view& b, Statistic statistic,
                                     const permutation_options& options = {}) {
  if (auto ok = detail::checked(a, "the first sample", 1); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(b, "the second sample", 1); !ok) return std::move(ok).error();
  if (options.permutations == 0) return error(errc::out_of_range, "at least 1 permutation is needed");
  std::vector<double> pooled(a.begin(), a.end());
  pooled.reserve(a.size() + b.size());
  for (const double x : b) pooled.push_back(x);
  const auto first = std::span<const double>(pooled).first(a.size());
  const auto second = std::span<const double>(pooled).subspan(a.size());
  const double real = statistic(first, second);
  if (real != real) return error(errc::not_finite, "the statistic returns NaN");
  // Splits that tie with the real one in exact arithmetic have to tie despite rounding, hence the slack.
  const double slack = 1e-12 * std::fabs(real);
  random_engine engine(options.seed);
  std::size_t as_far = 1;
  // A Fisher-Yates shuffle can stop when it has drawn the shorter sample; the rest is the longer one.
  const bool first_is_shorter = a.size() <= b.size();
  const std::size_t drawn = first_is_shorter ? a.size() : b.size();
  const std::size_t n = pooled.size();
  for (std::size_t i = 0; i < options.permutations; ++i) {
    for (std::size_t j = 0; j < drawn; ++j) {
      const auto other = static_cast<std::size_t>(engine.below(n - j));
      if (first_is_shorter)
        std::swap(pooled[j], pooled[j + other]);
      else
        std::swap(pooled[n - 1 - j], pooled[n - 1 - j - other]);
    }
    const double x = statistic(first, second);
    if (x != x) return error(errc::not_finite, "the statistic returns NaN for a permutation");
    const bool counts = options.side == alternative::two_sided ? std::fabs(x) >= std::fabs(real) - slack
                        : options.side == alternative::greater ? x >= real - slack
                                                               : x <= real + slack;
    if (counts) ++as_far;
  }
  test_result r;
  r.test = "permutation test";
  r.effect_name = "statistic";
  r.side = options.side;
  r.n1 = static_cast<double>(a.size());
  r.n2 = static_cast<double>(b.size());
  r.statistic = r.effect = real;
  r.p = static_cast<double>(as_far) / (static_cast<double>(options.permutations) + 1);
  return r;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_RESAMPLING_PERMUTATION_HPP
