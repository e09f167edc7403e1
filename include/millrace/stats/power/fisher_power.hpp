#ifndef MILLRACE_STATS_POWER_FISHER_POWER_HPP
#define MILLRACE_STATS_POWER_FISHER_POWER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/binomial.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/power/planning.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The weights of a distribution on the whole numbers from `lowest` to `highest` that fall off on both sides of `mode`,
/// relative to the weight of the mode. Weights below 1e-25 are left out: weight[0] is that of the number `from`.
/// `step(k)` is the weight of k + 1 divided by that of k.
template <class Step>
void outward_weights(double lowest, double mode, double highest, double& from, std::vector<double>& weight, Step step) {
  constexpr double negligible = 1e-25;
  double least = mode;
  for (double w = 1; least > lowest && w > negligible; least -= 1) w /= step(least - 1);
  double most = mode;
  for (double w = 1; most < highest && w > negligible; most += 1) w *= step(most);
  from = least;
  weight.assign(static_cast<std::size_t>(most - least) + 1, 0);
  const auto middle = static_cast<std::size_t>(mode - least);
  weight[middle] = 1;
  for (std::size_t i = middle; i > 0; --i) weight[i - 1] = weight[i] / step(least + static_cast<double>(i) - 1);
  for (std::size_t i = middle; i + 1 < weight.size(); ++i)
    weight[i + 1] = weight[i] * step(least + static_cast<double>(i));
}

/// Which numbers a test at level alpha rejects, given their weights: those at places below the pair's first, and those
/// at its second and above.
inline std::pair<std::size_t, std::size_t> rejected_ends(const std::vector<double>& weight, double alpha,
                                                         alternative side) {
  double all = 0;
  for (const double w : weight) all += w;
  const double most = alpha * (1 + 1e-12) * all;
  std::size_t low = 0;
  std::size_t high = weight.size();
  double taken = 0;
  if (side == alternative::two_sided) {
    // Fisher's p-value of a table is the probability of all tables that are at most as likely, so tables of equal
    // probability (within rounding) are rejected together.
    while (low < high) {
      const double limit = math::fmin(weight[low], weight[high - 1]) * (1 + 1e-7);
      std::size_t next_low = low;
      std::size_t next_high = high;
      while (next_low < next_high && weight[next_low] <= limit) taken += weight[next_low++];
      while (next_low < next_high && weight[next_high - 1] <= limit) taken += weight[--next_high];
      if (taken > most) break;
      low = next_low;
      high = next_high;
    }
  } else if (side == alternative::less) {
    while (low < high && (taken += weight[low]) <= most) ++low;
  } else {
    while (low < high && (taken += weight[high - 1]) <= most) --high;
  }
  return {low, high};
}

/// The binomial probabilities of those numbers of successes that are not negligible: within 9 standard deviations and
/// 30 of the mean. 0 for all others.
struct likely_counts {
  double from;
  std::vector<double> chance;

  likely_counts(double n, double p) {
    const double reach = 9 * math::sqrt(n * p * (1 - p)) + 30;
    from = math::floor(math::fmax(0.0, n * p - reach));
    const binomial law{n, p};
    for (double k = from; k <= math::fmin(n, n * p + reach); k += 1) chance.push_back(law.pmf(k));
  }
  double operator()(double k) const noexcept {
    return k >= from && k < end() ? chance[static_cast<std::size_t>(k - from)] : 0;
  }
  double end() const noexcept { return from + static_cast<double>(chance.size()); }
};

inline double fisher_power(double p1, double p2, double n1, double n2, double alpha, alternative side) {
  if (!(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1)) return nan;
  const likely_counts first(n1, p1);
  const likely_counts second(n2, p2);
  double power = 0;
  std::vector<double> weight;
  // For each total s of successes, the tables are numbered by the successes k of the first arm.
  for (double s = first.from + second.from; s <= first.end() + second.end() - 2; s += 1) {
    const double lowest = math::fmax(0.0, s - n2);
    const double highest = math::fmin(n1, s);
    const auto step = [&](double k) { return (n1 - k) / (k + 1) * ((s - k) / (n2 - s + k + 1)); };
    const double mode = math::fmin(highest, math::fmax(lowest, math::floor((n1 + 1) * ((s + 1) / (n1 + n2 + 2)))));
    double from = 0;
    outward_weights(lowest, mode, highest, from, weight, step);
    const auto [low, high] = rejected_ends(weight, alpha, side);
    // What is too unlikely under the hypothesis to be listed lies further out, and is rejected as well.
    const double begin = math::fmax(first.from, s - second.end() + 1);
    const double end = math::fmin(first.end(), s - second.from + 1);
    if (side != alternative::greater)
      for (double k = begin; k < math::fmin(end, from + static_cast<double>(low)); k += 1)
        power += first(k) * second(s - k);
    if (side != alternative::less)
      for (double k = math::fmax(begin, from + static_cast<double>(high)); k < end; k += 1)
        power += first(k) * second(s - k);
  }
  return math::fmin(1.0, power);
}

}  // namespace detail

/// Fisher's exact test of two proportions: `base` is the second arm's rate, `effect` the first arm's rate less that.
///
/// Guarantee: exact, as the sum of the probabilities of all pairs of counts that the test rejects. Beyond a million
/// units in all the power of the z test is returned, which is a little higher. As n grows the power does not rise
/// steadily but in a saw-tooth, as the test's actual level does.
/// Complexity: O(n) for one power, 0.1 s at n = 1e5 in each arm.
/// Allocates: O(sqrt(n)).
struct two_proportions_exact {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  double base = 0.1;
  result<void> validate(double effect) const { return detail::rates(base, effect); }
  double power(double effect, double n1, double n2, const power_options& o) const {
    if (n1 + n2 > 1e6) return two_proportions{base}.power(effect, n1, n2, o);
    return detail::fisher_power(base + effect, base, n1, n2, o.alpha, o.side);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_POWER_FISHER_POWER_HPP
