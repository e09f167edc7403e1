#ifndef MILLRACE_STATS_TESTS_DISTANCE_TESTS_HPP
#define MILLRACE_STATS_TESTS_DISTANCE_TESTS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/resampling/permutation.hpp>
#include <millrace/stats/sample_view.hpp>
#include <millrace/stats/sorted_sample.hpp>
#include <millrace/stats/tests/distances.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The values of two samples, pooled and sorted, for computing the distance of many splits into samples of the same
/// sizes. A split chooses which values are the first sample's; its distance is an integral over one walk.
class pooled_splits {
 public:
  pooled_splits(const sorted_sample& a, const sorted_sample& b)
      : first_(a.size()), up_(1 / static_cast<double>(a.size())), down_(1 / static_cast<double>(b.size())) {
    values_.reserve(a.size() + b.size());
    merge_walk(a, b, [&](double value, std::size_t i, std::size_t j) {
      while (values_.size() < i + j) values_.push_back(value);
    });
  }

  bool constant() const noexcept { return values_.front() == values_.back(); }

  /// The number of splits, m + n choose m; 0 if there are more than `most`.
  std::size_t count(std::size_t most) const noexcept {
    const std::size_t fewer = first_ < values_.size() - first_ ? first_ : values_.size() - first_;
    double ways = 1;
    for (std::size_t i = 1; i <= fewer && ways <= static_cast<double>(most); ++i)
      ways = ways * static_cast<double>(values_.size() - fewer + i) / static_cast<double>(i);
    return ways <= static_cast<double>(most) ? static_cast<std::size_t>(ways + 0.5) : 0;
  }

  /// The share of all splits whose distance is at least `real`.
  template <class Height>
  double share_of_all(double real, Height height) const {
    // All choices of the first sample's places, in lexicographic order.
    std::vector<std::size_t> places(first_);
    for (std::size_t i = 0; i < first_; ++i) places[i] = i;
    std::size_t as_far = 0;
    for (std::size_t all = 1;; ++all) {
      std::size_t i = 0;
      std::size_t next = 0;
      const double x = integral(height, [&] {
        const bool chosen = next < first_ && places[next] == i;
        next += chosen ? 1 : 0;
        ++i;
        return chosen;
      });
      if (x >= real) ++as_far;
      std::size_t last = first_;
      while (last > 0 && places[last - 1] == values_.size() - first_ + last - 1) --last;
      if (last == 0) return static_cast<double>(as_far) / static_cast<double>(all);
      ++places[last - 1];
      for (; last < first_; ++last) places[last] = places[last - 1] + 1;
    }
  }

  /// The same over random splits and the samples themselves. The places of the first sample are drawn in ascending
  /// order, by algorithm S of D. Knuth, "The Art of Computer Programming" 2, 3.4.2.
  template <class Height>
  double share_of_random(double real, Height height, std::size_t splits, random_engine engine) const {
    std::size_t as_far = 1;
    for (std::size_t s = 0; s < splits; ++s) {
      std::uint64_t left = values_.size();
      std::uint64_t wanted = first_;
      const double x = integral(height, [&] {
        const bool drawn = engine.below(left--) < wanted;
        wanted -= drawn ? 1 : 0;
        return drawn;
      });
      if (x >= real) ++as_far;
    }
    return static_cast<double>(as_far) / (static_cast<double>(splits) + 1);
  }

 private:
  template <class Height, class Next>
  double integral(Height height, Next next_is_first) const {
    double area = 0;
    double gap = 0;
    const std::size_t last = values_.size() - 1;
    for (std::size_t i = 0; i < last; ++i) {
      gap += next_is_first() ? up_ : -down_;
      area += height(gap) * (values_[i + 1] - values_[i]);
    }
    return area;
  }

  std::size_t first_;
  std::vector<double> values_;
  double up_;
  double down_;
};

template <class Height>
result<test_result> distance_test(test_result r, double area, const sorted_sample& a, const sorted_sample& b,
                                  Height height, const permutation_options& options) {
  if (options.permutations == 0) return error(errc::out_of_range, "at least 1 permutation is needed");
  if (options.side == alternative::less)
    return error(errc::invalid_argument, "a distance is never less than none: ask two-sided, or for greater");
  const pooled_splits splits(a, b);
  // Splits that tie with the samples in exact arithmetic have to tie despite rounding, hence the factor.
  const double real = area * (1 - 1e-11);
  const std::size_t all = splits.count(options.permutations);
  r.n1 = static_cast<double>(a.size());
  r.n2 = static_cast<double>(b.size());
  r.failed.add(assumption::variation, splits.constant());
  r.p = all > 0 ? splits.share_of_all(real, height)
                : splits.share_of_random(real, height, options.permutations, random_engine(options.seed));
  return r;
}

}  // namespace detail

/// The permutation test of whether two samples come from the same distribution, by their Wasserstein-1 distance. It
/// finds differences of any kind, and shifts best. The statistic and the effect are the distance, in the samples' unit.
///
/// There is no interval, since resampling gives no valid one for a distance near 0. Where all observations are equal p
/// is 1, and `variation` fails.
/// Guarantee: where the pooled sample has at most `options.permutations` splits, all are enumerated and p is exact,
/// with ties as well. Otherwise p counts that many random splits and the samples themselves: it is never 0, and the
/// probability of p <= alpha under the null hypothesis is at most alpha. The same seed gives the same p.
/// Complexity: O((m + n) permutations), about 4 ns each.
/// Allocates: O(m + n).
/// Errors: invalid_data: an empty sample; out_of_range: no permutations; invalid_argument: the alternative `less`,
/// since a distance is never below 0.
/// Source: as `wasserstein_distance` and `permutation_test`.
inline result<test_result> wasserstein_test(const sorted_sample& a, const sorted_sample& b,
                                            const permutation_options& options = {}) {
  const auto distance = wasserstein_distance(a, b);
  if (!distance) return distance.error();
  test_result r;
  r.test = "Wasserstein test";
  r.effect_name = "Wasserstein distance";
  r.effect = r.statistic = *distance;
  return detail::distance_test(r, *distance, a, b, [](double gap) { return detail::math::absolute(gap); }, options);
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> wasserstein_test(const sample_view& a, const sample_view& b,
                                            const permutation_options& options = {}) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return wasserstein_test(first, second, options);
  });
}

/// The permutation test of whether two samples come from the same distribution, by their energy distance. The effect is
/// the distance, the statistic m n / (m + n) times its square. Like the Cramer-von Mises test it integrates the squared
/// difference of the distribution functions, but over the values instead of their ranks.
/// Guarantee: as `wasserstein_test`.
/// Complexity: as `wasserstein_test`.
/// Errors: as `wasserstein_test`.
/// Source: G. Szekely, M. Rizzo, "Testing for equal distributions in high dimension", InterStat 2004.
inline result<test_result> energy_test(const sorted_sample& a, const sorted_sample& b,
                                       const permutation_options& options = {}) {
  const auto distance = energy_distance(a, b);
  if (!distance) return distance.error();
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  test_result r;
  r.test = "energy test";
  r.effect_name = "energy distance";
  r.effect = *distance;
  r.statistic = m * (n / (m + n)) * *distance * *distance;
  return detail::distance_test(r, 0.5 * *distance * *distance, a, b, [](double gap) { return gap * gap; }, options);
}
/// The same of samples that are not sorted yet; sorts copies.
inline result<test_result> energy_test(const sample_view& a, const sample_view& b,
                                       const permutation_options& options = {}) {
  return detail::on_sorted(a, b, [&](const sorted_sample& first, const sorted_sample& second) {
    return energy_test(first, second, options);
  });
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_DISTANCE_TESTS_HPP
