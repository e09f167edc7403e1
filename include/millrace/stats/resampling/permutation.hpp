#ifndef MILLRACE_STATS_RESAMPLING_PERMUTATION_HPP
#define MILLRACE_STATS_RESAMPLING_PERMUTATION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>

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

namespace detail {

/// The observations of two samples in one array, to be split again at random into parts of the same sizes.
class pooled_pair {
 public:
  pooled_pair(const sample_view& a, const sample_view& b, std::uint64_t seed) : first_(a.size()), engine_(seed) {
    values_.reserve(a.size() + b.size());
    for (const double x : a) values_.push_back(x);
    for (const double x : b) values_.push_back(x);
  }

  /// Both parts. The views stay valid, and show the new parts after each `split`.
  std::span<const double> first() const noexcept { return {values_.data(), first_}; }
  std::span<const double> second() const noexcept { return {values_.data() + first_, values_.size() - first_}; }

  /// Draws the shorter part anew; the observations that are left are the longer one.
  void split() noexcept {
    const std::size_t second = values_.size() - first_;
    if (first_ <= second)
      draw(first_, values_.data(), 1);
    else
      draw(second, values_.data() + values_.size() - 1, -1);
  }

 private:
  /// Makes the first `drawn` steps of a Fisher-Yates shuffle, from one end of the array towards the other.
  void draw(std::size_t drawn, double* from, std::ptrdiff_t step) noexcept {
    random_engine engine = engine_;  // a copy stays in registers
    for (std::size_t j = 0; j < drawn; ++j) {
      const auto other = static_cast<std::ptrdiff_t>(engine.below(values_.size() - j));
      std::swap(*from, from[step * other]);
      from += step;
    }
    engine_ = engine;
  }

  std::size_t first_;
  std::vector<double> values_;
  random_engine engine_;
};

/// Whether `x` is as far out as `real`, for the alternative.
inline bool as_far_out(double x, double real, alternative side) noexcept {
  // Splits that tie with the real one in exact arithmetic have to tie despite rounding, hence the slack.
  const double slack = 1e-12 * math::absolute(real);
  if (side == alternative::two_sided) return math::absolute(x) >= math::absolute(real) - slack;
  return side == alternative::greater ? x >= real - slack : x <= real + slack;
}

}  // namespace detail

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
  detail::pooled_pair pooled(a, b, options.seed);
  const auto first = pooled.first();
  const auto second = pooled.second();
  const double real = statistic(first, second);
  if (real != real) return error(errc::not_finite, "the statistic returns NaN");
  std::size_t as_far = 1;
  for (std::size_t i = 0; i < options.permutations; ++i) {
    pooled.split();
    const double x = statistic(first, second);
    if (x != x) return error(errc::not_finite, "the statistic returns NaN for a permutation");
    if (detail::as_far_out(x, real, options.side)) ++as_far;
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
