#ifndef MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP
#define MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/means.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// From which score on a row is predicted as class 1. Every function that looks for a threshold
//   tries        each distinct score, and infinity, with which no row is predicted 1
//   returns      of thresholds that are equally good the highest
//   complexity   O(n log n)
//   allocates    up to 40 bytes a row
//   errors       invalid_argument (no rows), shape_mismatch, out_of_range (a label that is neither 0 nor 1, a wanted
//                figure outside [0, 1], or a confidence outside (0, 1)), not_finite (a score, with its row),
//                invalid_data (one class only, or no threshold does what is wanted: the message says what is possible)
// Figures of the rows that a threshold was chosen on flatter it: `measure_threshold` on other rows says what it is
// worth.

/// What each outcome of a decision costs; a gain is a negative cost.
struct decision_costs {
  double true_positive = 0;
  double false_positive = 1;
  double true_negative = 0;
  double false_negative = 1;
};

/// A threshold and what it does on given rows, with Wilson's intervals. That of F1 comes from the interval of
/// tp / (tp + fp + fn) = F1 / (2 - F1). What would be 0 / 0, the precision where no row is predicted 1, is 0 with the
/// interval [0, 1].
struct decision_threshold {
  double value = 0;
  std::uint64_t true_positives = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t true_negatives = 0;
  std::uint64_t false_negatives = 0;
  measured precision;
  measured recall;
  measured false_positive_rate;
  measured accuracy;
  measured f1;

  /// Whether a row with this score is predicted as class 1; NaN is not.
  bool operator()(double score) const noexcept { return score >= value; }
  std::uint64_t rows() const noexcept { return true_positives + false_positives + true_negatives + false_negatives; }
  /// The mean cost of a row here.
  double mean_cost(const decision_costs& costs) const noexcept {
    const auto share = [this](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(rows()); };
    return share(true_positives) * costs.true_positive + share(false_positives) * costs.false_positive +
           share(true_negatives) * costs.true_negative + share(false_negatives) * costs.false_negative;
  }
};

namespace detail {

/// How many rows of class 1 and of class 0 have at least this score.
struct cut {
  double score;
  std::uint64_t ones;
  std::uint64_t zeros;
};

/// The cuts from infinity, where no row is, down to the lowest score, where all are.
inline result<std::vector<cut>> cuts_of(std::span<const int> labels, const real_view& scores) {
  auto by_class = scores_by_class(labels, scores);
  if (!by_class) return std::move(by_class).error();
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (math::is_infinite(scores[i]))
      return error(errc::not_finite, "scores: row " + std::to_string(i) + " is infinite");
  std::vector<cut> found{{std::numeric_limits<double>::infinity(), 0, 0}};
  for_each_tie(*by_class, [&](double score, std::uint64_t ones, std::uint64_t zeros) {
    found.push_back({score, found.back().ones + ones, found.back().zeros + zeros});
  });
  return found;
}

inline result<measured> measured_share(std::uint64_t part, std::uint64_t whole, double confidence) {
  if (whole == 0) return measured{0, {0, 1, confidence}};
  auto interval =
      stats::wilson_interval({static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole)}, confidence);
  if (!interval) return std::move(interval).error();
  return measured{static_cast<double>(part) / static_cast<double>(whole), *interval};
}

inline double f1_of(const cut& at, std::uint64_t ones) noexcept {
  return 2 * static_cast<double>(at.ones) / static_cast<double>(at.ones + at.zeros + ones);
}

/// The figures of a cut; `all` is the last one, with every row.
inline result<decision_threshold> figures_of(const cut& at, const cut& all, double confidence) {
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + std::to_string(confidence) + " is outside (0, 1)");
  decision_threshold made{at.score, at.ones, at.zeros, all.zeros - at.zeros, all.ones - at.ones, {}, {}, {}, {}, {}};
  made.precision = *measured_share(at.ones, at.ones + at.zeros, confidence);
  made.recall = *measured_share(at.ones, all.ones, confidence);
  made.false_positive_rate = *measured_share(at.zeros, all.zeros, confidence);
  made.accuracy = *measured_share(made.true_positives + made.true_negatives, all.ones + all.zeros, confidence);
  const stats::interval shared = measured_share(at.ones, at.zeros + all.ones, confidence)->interval;
  const auto as_f1 = [](double share) { return 2 * share / (1 + share); };
  made.f1 = {f1_of(at, all.ones), {as_f1(shared.lower), as_f1(shared.upper), confidence}};
  return made;
}

/// The figures of the first cut, from the highest score down, whose price(cut, all) is the lowest.
template <class Price>
result<decision_threshold> cheapest_cut(std::span<const int> labels, const real_view& scores, double confidence,
                                        Price price) {
  auto cuts = cuts_of(labels, scores);
  if (!cuts) return std::move(cuts).error();
  std::size_t best = 0;
  double least = price((*cuts)[0], cuts->back());
  for (std::size_t k = 1; k < cuts->size(); ++k) {
    const double next = price((*cuts)[k], cuts->back());
    if (!(next < least)) continue;
    least = next;
    best = k;
  }
  return figures_of((*cuts)[best], cuts->back(), confidence);
}

inline result<void> usable_share(const char* what, double wanted) {
  if (wanted >= 0 && wanted <= 1) return {};
  return error(errc::out_of_range,
               std::string("decision threshold: a ") + what + " of " + std::to_string(wanted) + " is outside [0, 1]");
}
inline result<void> usable_costs(const decision_costs& costs) {
  for (const double cost : {costs.true_positive, costs.false_positive, costs.true_negative, costs.false_negative})
    if (!math::is_finite(cost)) return error(errc::not_finite, "decision threshold: a cost is not finite");
  const double of_zero = costs.false_positive - costs.true_negative;
  const double of_one = costs.false_negative - costs.true_positive;
  if (of_zero >= 0 && of_one >= 0 && of_zero + of_one > 0 && math::is_finite(of_zero + of_one)) return {};
  return error(
      errc::invalid_argument,
      "decision threshold: being wrong must cost at least as much as being right for both classes, and more for "
      "one of them");
}

}  // namespace detail

/// The threshold of the least expected cost, for probabilities that mean what they say: at a probability p of class 1,
/// predicting 1 costs p tp + (1 - p) fp, and predicting 0 costs p fn + (1 - p) tn. They are equal at
/// (fp - tn) / ((fp - tn) + (fn - tp)).
/// Complexity: O(1).
/// Errors: not_finite; invalid_argument: for a class being right costs more than being wrong, or for both as much.
/// Source: Elkan, "The foundations of cost-sensitive learning", IJCAI 2001, equation 2.
inline result<double> cost_threshold(const decision_costs& costs) {
  if (auto right = detail::usable_costs(costs); !right) return std::move(right).error();
  const double of_zero = costs.false_positive - costs.true_negative;
  return of_zero / (of_zero + (costs.false_negative - costs.true_positive));
}

/// What a threshold does on these rows. Scores may be infinite here.
inline result<decision_threshold> measure_threshold(const label_view& labels, real_view scores, double threshold,
                                                    double confidence = 0.95) {
  if (detail::math::is_nan(threshold)) return error(errc::not_finite, "decision threshold: it is NaN");
  if (auto fit = detail::same_length(labels.size(), scores.size(), "scores"); !fit) return std::move(fit).error();
  detail::cut at{threshold, 0, 0};
  detail::cut all{threshold, 0, 0};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return detail::not_a_class(i, labels[i], 2);
    if (detail::math::is_nan(scores[i])) return error(errc::not_finite, "scores: row " + std::to_string(i) + " is NaN");
    ++(labels[i] == 1 ? all.ones : all.zeros);
    if (scores[i] >= threshold) ++(labels[i] == 1 ? at.ones : at.zeros);
  }
  if (all.ones == 0 || all.zeros == 0)
    return error(errc::invalid_data, "labels: every row is of class " + std::to_string(labels[0]));
  return detail::figures_of(at, all, confidence);
}

/// The threshold with the least cost on these rows: for scores of any kind, calibrated or not.
/// Errors: also those of `cost_threshold`.
inline result<decision_threshold> threshold_of_least_cost(const label_view& labels, real_view scores,
                                                          const decision_costs& costs, double confidence = 0.95) {
  if (auto right = detail::usable_costs(costs); !right) return std::move(right).error();
  const double of_zero = costs.false_positive - costs.true_negative;
  const double of_one = costs.false_negative - costs.true_positive;
  // What the cut's errors cost beyond being right everywhere.
  return detail::cheapest_cut(labels, scores, confidence, [&](const detail::cut& at, const detail::cut& all) {
    return of_zero * static_cast<double>(at.zeros) + of_one * static_cast<double>(all.ones - at.ones);
  });
}

/// The threshold with the highest F1.
inline result<decision_threshold> threshold_of_max_f1(const label_view& labels, real_view scores,
                                                      double confidence = 0.95) {
  return detail::cheapest_cut(labels, scores, confidence, [](const detail::cut& at, const detail::cut& all) {
    return -detail::f1_of(at, all.ones);
  });
}

/// Of the thresholds whose precision is at least `wanted`, the one with the highest recall.
inline result<decision_threshold> threshold_for_precision(const label_view& labels, real_view scores, double wanted,
                                                          double confidence = 0.95) {
  if (auto right = detail::usable_share("precision", wanted); !right) return std::move(right).error();
  double most = 0;
  auto found = detail::cheapest_cut(labels, scores, confidence, [&](const detail::cut& at, const detail::cut&) {
    const std::uint64_t predicted = at.ones + at.zeros;
    const double precision = predicted == 0 ? 0 : static_cast<double>(at.ones) / static_cast<double>(predicted);
    most = detail::math::fmax(most, precision);
    return predicted > 0 && precision >= wanted ? -static_cast<double>(at.ones) - 1 : 0.0;
  });
  if (found && found->true_positives + found->false_positives == 0)
    return error(errc::invalid_data, "decision threshold: no threshold has a precision of " + std::to_string(wanted) +
                                         "; the highest is " + std::to_string(most));
  return found;
}

/// The highest threshold whose recall is at least `wanted`: the one with the fewest false positives.
inline result<decision_threshold> threshold_for_recall(const label_view& labels, real_view scores, double wanted,
                                                       double confidence = 0.95) {
  if (auto right = detail::usable_share("recall", wanted); !right) return std::move(right).error();
  return detail::cheapest_cut(labels, scores, confidence, [&](const detail::cut& at, const detail::cut& all) {
    return static_cast<double>(at.ones) / static_cast<double>(all.ones) >= wanted ? 0.0 : 1.0;
  });
}

/// Of the thresholds that predict 1 for at most the share `most` of class 0, the one with the highest recall: infinity,
/// where rows of class 0 have the highest score.
inline result<decision_threshold> threshold_at_false_positive_rate(const label_view& labels, real_view scores,
                                                                   double most, double confidence = 0.95) {
  if (auto right = detail::usable_share("false positive rate", most); !right) return std::move(right).error();
  return detail::cheapest_cut(labels, scores, confidence, [&](const detail::cut& at, const detail::cut& all) {
    const bool kept = static_cast<double>(at.zeros) / static_cast<double>(all.zeros) <= most;
    return kept ? -static_cast<double>(at.ones) : 1.0;
  });
}

/// The mean cost of a row with a threshold, with Student's interval. Rows are to be independent.
/// Errors: not_finite (a cost), out_of_range (a confidence outside (0, 1)), invalid_data (fewer than two rows).
inline result<measured> mean_cost_interval(const decision_threshold& at, const decision_costs& costs,
                                           double confidence = 0.95) {
  const double mean = at.mean_cost(costs);
  const auto n = static_cast<double>(at.rows());
  double squares = 0;
  const auto add = [&](std::uint64_t count, double cost) {
    squares += static_cast<double>(count) * (cost - mean) * (cost - mean);
  };
  add(at.true_positives, costs.true_positive);
  add(at.false_positives, costs.false_positive);
  add(at.true_negatives, costs.true_negative);
  add(at.false_negatives, costs.false_negative);
  auto test = stats::one_sample_t_test(stats::sample_moments{n, mean, squares / (n - 1)}, 0,
                                       {stats::alternative::two_sided, confidence});
  if (!test) return std::move(test).error();
  return measured{mean, test->interval};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP
