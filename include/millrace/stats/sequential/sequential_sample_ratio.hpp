#ifndef MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP
#define MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP

#include <millrace/core/result.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Whether the arms of an experiment get the shares they were configured with, as of now.
struct sample_ratio_evidence {
  double log_e = 0;
  /// min(1, 1/e): may be looked at any time.
  double p = 1;
  /// The largest relative departure of an arm's share from its configured one.
  double largest_departure = 0;
  double n = 0;
  /// p <= alpha, and the departure is at least the gate: worth stopping for.
  bool mismatch = false;
};

/// What counts as a mismatch. `concentration`: how close to the configured shares the true ones are expected to be;
/// large finds small departures, later.
struct sample_ratio_gate {
  double alpha = 0.001;
  double least_departure = 0.01;
  double concentration = 1000;
};

/// Sample ratio mismatch, tested at any time from the arms' counts alone, so it works on merged counts.
///
/// Shapes: one count and one weight an arm; weights need not sum to one. An arm of weight zero is no part of the
/// mixture (it adds no degree of freedom); one observation there is a mismatch beyond doubt. Guarantee: if arms are
/// drawn by the weights, P(p <= alpha, ever) <= alpha. Complexity: O(arms); allocates: never. Errors: shape_mismatch;
/// invalid_argument: a negative or NaN count or weight (with its arm), fewer than one arm with weight, an option
/// outside its domain. Source: Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022,
/// eq. 6.
inline result<sample_ratio_evidence> sequential_sample_ratio(std::span<const double> counts,
                                                             std::span<const double> weights,
                                                             sample_ratio_gate gate = {}) {
  if (counts.size() != weights.size())
    return error(errc::shape_mismatch, "sample ratio: " + std::to_string(counts.size()) + " counts, " +
                                           std::to_string(weights.size()) + " weights");
  if (!(gate.alpha > 0 && gate.alpha < 1 && gate.least_departure >= 0 && gate.concentration > 0))
    return error(errc::invalid_argument,
                 "sample ratio: alpha must lie in (0, 1), the departure be 0 or more, the "
                 "concentration positive");
  double total = 0;
  double n = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!(counts[i] >= 0 && counts[i] < 1e18 && weights[i] >= 0 && weights[i] < 1e18))
      return error(errc::invalid_argument, "sample ratio: arm " + std::to_string(i) + " has count " +
                                               std::to_string(counts[i]) + " and weight " + std::to_string(weights[i]));
    total += weights[i];
    n += counts[i];
  }
  if (!(total > 0)) return error(errc::invalid_argument, "sample ratio: no arm has any weight");
  sample_ratio_evidence found;
  found.n = n;
  double log_e = std::lgamma(gate.concentration) - std::lgamma(gate.concentration + n);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (weights[i] == 0) {
      if (counts[i] > 0) {
        log_e = std::numeric_limits<double>::infinity();
        found.largest_departure = log_e;
      }
      continue;
    }
    const double share = weights[i] / total;
    const double prior = gate.concentration * share;
    log_e += std::lgamma(prior + counts[i]) - std::lgamma(prior) - counts[i] * std::log(share);
    if (n > 0) {
      const double departure = std::fabs(counts[i] / n / share - 1);
      if (departure > found.largest_departure) found.largest_departure = departure;
    }
  }
  found.log_e = log_e;
  found.p = log_e > 0 ? std::exp(-log_e) : 1;
  found.mismatch = found.p <= gate.alpha && found.largest_departure >= gate.least_departure;
  return found;
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_SEQUENTIAL_SAMPLE_RATIO_HPP
