#ifndef MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP
#define MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The evidence so far that the arms of an experiment do not get the shares they were configured with.
struct sample_ratio_evidence {
  /// The logarithm of the e-value, which is the evidence.
  double log_e = 0;
  /// min(1, 1 / e): a p-value that is valid whenever one looks.
  double p = 1;
  /// The largest departure of an arm's share from its configured one, relative to that: 0.01 is 1 %.
  double largest_departure = 0;
  /// Units in all arms.
  double n = 0;
  /// Whether p is at most the gate's alpha and the departure at least its least_departure.
  bool mismatch = false;
};

/// What counts as a mismatch.
struct sample_ratio_gate {
  double alpha = 0.001;
  /// Smaller relative departures are no mismatch, however significant: they hardly bias a comparison.
  double least_departure = 0.01;
  /// How many units the belief in the configured shares is worth: under the alternative, true shares spread about them
  /// by a Dirichlet law whose parameters add up to this. A larger one finds small departures, but later.
  double concentration = 1000;
};

namespace detail {

/// The exact sums of the arms' weights and of their counts.
struct arm_totals {
  exact_sum weight;
  exact_sum n;
};

/// Adds up the arms' weights and counts. Errors: those of `sequential_sample_ratio`.
inline result<arm_totals> add_arms(std::span<const double> counts, std::span<const double> weights,
                                   const sample_ratio_gate& gate) {
  if (counts.size() != weights.size())
    return error(errc::shape_mismatch, "sample ratio: " + std::to_string(counts.size()) + " counts, " +
                                           std::to_string(weights.size()) + " weights");
  if (!(gate.alpha > 0 && gate.alpha < 1 && gate.least_departure >= 0 && gate.concentration > 0 &&
        gate.concentration <= 1e18))
    return error(errc::invalid_argument,
                 "sample ratio: alpha must lie in (0, 1), the departure be 0 or more, the "
                 "concentration positive and at most 1e18");
  arm_totals sums;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!(counts[i] >= 0 && counts[i] < 1e18 && weights[i] >= 0 && weights[i] < 1e18))
      return error(errc::invalid_argument, "sample ratio: arm " + std::to_string(i) + " has count " +
                                               std::to_string(counts[i]) + " and weight " + std::to_string(weights[i]) +
                                               "; both must lie in [0, 1e18)");
    sums.weight.add(weights[i]);
    sums.n.add(counts[i]);
  }
  if (!(sums.weight.sum > 0)) return error(errc::invalid_argument, "sample ratio: no arm has any weight");
  return sums;
}

/// The evidence against the configured shares, added up arm by arm.
///
/// e is the likelihood of the counts under shares drawn from a Dirichlet law with parameters c s_i, over that under
/// the configured shares s_i:
///
///   log e = sum of [lgamma(c s_i + n_i) - lgamma(c s_i) - n_i log s_i] - [lgamma(c + n) - lgamma(c)].
///
/// Its terms are as large as n log n and nearly cancel. So each lgamma(z) is written by Stirling's formula as
/// (z - 1/2) log z - z + log(2 pi) / 2 + r(z), r being stirling_error. With z_i = c s_i + n_i and Z = c + n, their
/// sum, what is large becomes z_i log(z_i / (Z s_i)), and the rest are logarithms of z_i / (c s_i), which is
/// 1 + n_i / (c s_i):
///
///   log e = sum of [z_i log(z_i / (Z s_i)) - log1p(n_i / (c s_i)) / 2 + r(z_i) - r(c s_i)]
///           + log1p(n / c) / 2 - r(Z) + r(c).
///
/// The z_i and the Z s_i have one sum, so the first part is the sum of z_i times a deviance, u - 1 - log u at
/// u = Z s_i / z_i, none of which is negative. And u - 1 = (n s_i - n_i) / z_i: as exact as the arm's excess is.
struct arm_evidence {
  arm_totals sums;
  double concentration;
  double log_e;
  double largest_departure = 0;

  arm_evidence(const arm_totals& totals, double c) noexcept
      : sums(totals),
        concentration(c),
        log_e(0.5 * math::log1p(sums.n.sum / c) - stirling_error(c + sums.n.sum) + stirling_error(c)) {}

  void add(double count, double weight) noexcept {
    const double share = weight / sums.weight.sum;
    const double prior = concentration * share;
    if (!(prior > 0)) {
      if (count > 0) largest_departure = log_e = std::numeric_limits<double>::infinity();
      return;
    }
    const double excess = (sum_of_products(count, sums.weight.sum, -weight, sums.n.sum, 0) +
                           (count * sums.weight.rest - weight * sums.n.rest)) /
                          sums.weight.sum;  // n_i - n s_i
    const double z = prior + count;
    log_e += z * deviance((concentration + sums.n.sum) * share / z, -excess / z) - 0.5 * math::log1p(count / prior) +
             stirling_error(z) - stirling_error(prior);
    if (sums.n.sum > 0)
      largest_departure = math::fmax(largest_departure, math::absolute(excess) / (sums.n.sum * share));
  }
};

}  // namespace detail

/// Tests whether the arms are filled as configured; may be called at any time, any number of times. It needs the counts
/// alone, so counts from several machines can be added up first.
///
///     auto now = mr::stats::sequential_sample_ratio({5012, 4988}, {1, 1});
///
/// Shapes: one count and one weight for each arm; weights need not sum to 1. An arm of weight 0 is left out of the test
/// while it is empty; one unit there is a mismatch beyond doubt.
/// Guarantee: if units are assigned by the weights, P(p <= alpha, ever) <= alpha. log_e has an error of at most 1e-12
/// max(1, |log_e|) at any count.
/// Complexity: O(arms).
/// Allocates: never.
/// Errors: shape_mismatch; invalid_argument: a count or weight that is negative, NaN, or 1e18 and more (with its arm),
/// no arm with weight, an option outside its domain.
/// Source: Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, eq. 6.
inline result<sample_ratio_evidence> sequential_sample_ratio(std::span<const double> counts,
                                                             std::span<const double> weights,
                                                             sample_ratio_gate gate = {}) {
  const auto sums = detail::add_arms(counts, weights, gate);
  if (!sums) return sums.error();
  detail::arm_evidence evidence(*sums, gate.concentration);
  for (std::size_t i = 0; i < counts.size(); ++i) evidence.add(counts[i], weights[i]);
  sample_ratio_evidence found;
  found.log_e = evidence.log_e;
  found.p = found.log_e > 0 ? detail::math::exp(-found.log_e) : 1;
  found.largest_departure = evidence.largest_departure;
  found.n = sums->n.sum;
  found.mismatch = found.p <= gate.alpha && found.largest_departure >= gate.least_departure;
  return found;
}
/// The same, with counts and weights in braces.
inline result<sample_ratio_evidence> sequential_sample_ratio(std::initializer_list<double> counts,
                                                             std::initializer_list<double> weights,
                                                             sample_ratio_gate gate = {}) {
  return sequential_sample_ratio(std::span<const double>(counts.begin(), counts.size()),
                                 std::span<const double>(weights.begin(), weights.size()), gate);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP
