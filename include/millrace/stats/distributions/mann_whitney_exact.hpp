#ifndef MILLRACE_STATS_DISTRIBUTIONS_MANN_WHITNEY_EXACT_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_MANN_WHITNEY_EXACT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The exact distribution of the Mann-Whitney U of the first of two samples under the null hypothesis, with ties: all
/// choices of the first sample's m members among the m + n pooled observations are equally likely. U is a multiple of
/// 1/2.
///
/// Guarantee: both tails keep their relative accuracy, as sums of positive terms.
/// Complexity: O(m^2 (m + n)^2) to build: milliseconds up to m = n = 25.
/// Allocates: O(m^2 (m + n)), to build.
/// Moved from, it is an empty distribution: NaN everywhere.
/// Source: H. Mann, D. Whitney 1947; J. Klotz 1966 for ties.
class mann_whitney_exact {
 public:
  /// For samples of m and n without ties.
  mann_whitney_exact(std::size_t m, std::size_t n) : mann_whitney_exact(m, std::vector<std::size_t>(m + n, 1)) {}

  /// `tie_sizes` are the sizes of the groups of equal values, in ascending order of value; m of all these observations
  /// are the first sample. If m is more than all, every probability is NaN.
  mann_whitney_exact(std::size_t m, std::span<const std::size_t> tie_sizes) {
    build(m, tie_sizes.data(), tie_sizes.size());
  }
  mann_whitney_exact(std::size_t m, const std::vector<std::size_t>& tie_sizes) {
    build(m, tie_sizes.data(), tie_sizes.size());
  }

  mann_whitney_exact(const mann_whitney_exact&) = default;
  mann_whitney_exact& operator=(const mann_whitney_exact&) = default;
  mann_whitney_exact(mann_whitney_exact&&) noexcept = default;
  mann_whitney_exact& operator=(mann_whitney_exact&& other) noexcept {
    mann_whitney_exact taken(std::move(other));
    mass_.swap(taken.mass_);
    return *this;
  }
  ~mann_whitney_exact() = default;

  /// P(U <= u) and P(U >= u): both include u itself, as p-values do.
  double at_most(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::nan;
    double sum = 0;
    for (std::size_t s = 0; s < mass_.size() && 0.5 * static_cast<double>(s) <= u; ++s) sum += mass_[s];
    return sum < 1 ? sum : 1;
  }
  double at_least(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::nan;
    double sum = 0;
    for (std::size_t s = mass_.size(); s-- > 0 && 0.5 * static_cast<double>(s) >= u;) sum += mass_[s];
    return sum < 1 ? sum : 1;
  }
  /// P(|U - m n / 2| >= |u - m n / 2|).
  double two_sided(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::nan;
    const double middle = 0.25 * static_cast<double>(mass_.size() - 1);
    const double distance = detail::math::absolute(u - middle);
    if (distance == 0) return 1;
    const double p = at_most(middle - distance) + at_least(middle + distance);
    return p < 1 ? p : 1;
  }

 private:
  void build(std::size_t m, const std::size_t* tie_sizes, std::size_t groups) {
    std::size_t total = 0;
    for (std::size_t g = 0; g < groups; ++g) total += tie_sizes[g];
    if (m > total) return;
    const std::size_t n = total - m;
    // share[i][s] is the probability that i observations of the groups so far are in the first sample, and that the sum
    // of (2 midrank - 1) over them is s. Over all m observations that sum is m^2 + 2 U.
    const std::size_t sums = 2 * m * n + m * m + 1;
    std::vector<double> share((m + 1) * sums);
    share[0] = 1;
    std::size_t before = 0;
    for (std::size_t g = 0; g < groups; ++g) {
      const std::size_t size = tie_sizes[g];
      const std::size_t twice_rank = 2 * before + size;  // of each member: midrank - 1/2, doubled
      // k of this group are in the first sample with a hypergeometric probability, given that `from` were before.
      for (std::size_t i = m + 1; i-- > 0;) {
        double* to = share.data() + i * sums;
        std::vector<double> mixed(sums);
        for (std::size_t k = 0; k <= size && k <= i; ++k) {
          const std::size_t from = i - k;
          if (from > before || m - from > total - before) continue;
          const double weight = hypergeometric(k, size, m - from, total - before);
          if (weight == 0) continue;
          const double* source = share.data() + from * sums;
          const std::size_t shift = k * twice_rank;
          for (std::size_t s = 0; s + shift < sums; ++s) mixed[s + shift] += weight * source[s];
        }
        for (std::size_t s = 0; s < sums; ++s) to[s] = mixed[s];
      }
      before += size;
    }
    const double* last = share.data() + m * sums;
    mass_.assign(last + m * m, last + sums);
  }

  /// The probability that `wanted` observations drawn from `left`, among which is a group of `size`, contain k of it.
  static double hypergeometric(std::size_t k, std::size_t size, std::size_t wanted, std::size_t left) noexcept {
    if (k > wanted || size - k > left - wanted) return 0;
    // The probability that the first k of the group are drawn and the others not, times the number of choices of k.
    double p = 1;
    for (std::size_t i = 0; i < size; ++i) {
      const bool in = i < k;
      const double numerator = static_cast<double>(in ? wanted - i : left - wanted - (i - k));
      p *= numerator / static_cast<double>(left - i);
      if (in) p *= static_cast<double>(size - i) / static_cast<double>(i + 1);
    }
    return p;
  }

  std::vector<double> mass_;  // mass_[s] is the probability of U = s / 2
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_MANN_WHITNEY_EXACT_HPP
