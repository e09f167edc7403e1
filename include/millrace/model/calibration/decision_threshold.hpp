#ifndef MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP
#define MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/weighted_share.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/model/validation/weighted_measures.hpp>
#include <millrace/stats/distributions/student_t.hpp>
#include <millrace/stats/evidence.hpp>

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
//   weights      none, or one for each row: a row of weight 2 counts as two, and one of weight 0 not at all
//   complexity   O(n log n)
//   allocates    up to 40 bytes a row, with weights 48
//   errors       invalid_argument (no rows), shape_mismatch, out_of_range (a label that is neither 0 nor 1, a wanted
//                figure outside [0, 1], a confidence outside (0, 1), or a negative weight), not_finite (a score or a
//                weight, with its row), invalid_data (one class only, or no threshold does what is wanted: the message
//                says what is possible)
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
  /// How many rows, or the sum of their weights.
  double true_positives = 0;
  double false_positives = 0;
  double true_negatives = 0;
  double false_negatives = 0;
  measured precision;
  measured recall;
  measured false_positive_rate;
  measured accuracy;
  measured f1;
  /// How many rows of equal weight would be as sure: all of them, where they have no weights
  /// (`stats::weighted_proportion`).
  double effective_rows = 0;

  /// Whether a row with this score is predicted as class 1; NaN is not.
  bool operator()(double score) const noexcept { return score >= value; }
  /// How many rows there are, or the sum of their weights.
  double rows() const noexcept { return true_positives + false_positives + true_negatives + false_negatives; }
  /// The mean cost of a row here.
  double mean_cost(const decision_costs& costs) const noexcept {
    const auto share = [this](double count) { return count / rows(); };
    return share(true_positives) * costs.true_positive + share(false_positives) * costs.false_positive +
           share(true_negatives) * costs.true_negative + share(false_negatives) * costs.false_negative;
  }
};

namespace detail {

/// How many rows of class 1 and of class 0 have at least this score, or the sums of their weights.
struct cut {
  double score;
  double ones;
  double zeros;
};

/// The cuts from infinity, where no row is, down to the lowest score, where all are.
inline result<std::vector<cut>> cuts_of(std::span<const int> labels, const real_view& scores,
                                        std::span<const float> weights) {
  std::vector<cut> found{{std::numeric_limits<double>::infinity(), 0, 0}};
  const auto put = [&](double score, double ones, double zeros) {
    found.push_back({score, found.back().ones + ones, found.back().zeros + zeros});
  };
  if (weights.empty()) {
    auto by_class = scores_by_class(labels, scores);
    if (!by_class) return std::move(by_class).error();
    for_each_tie(*by_class, [&](double score, std::uint64_t ones, std::uint64_t zeros) {
      put(score, static_cast<double>(ones), static_cast<double>(zeros));
    });
  } else {
    auto ties = weighted_ties("decision threshold", labels, scores, weights);
    if (!ties) return std::move(ties).error();
    for (const weighted_tie& at : *ties) put(at.score, at.positives, at.negatives);
  }
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (math::is_infinite(scores[i]))
      return error(errc::not_finite, "scores: row " + std::to_string(i) + " is infinite");
  return found;
}

/// The weights of the rows of each class.
struct class_weights {
  weight_sum ones;
  weight_sum zeros;
  weight_sum all() const noexcept { return ones + zeros; }
};

inline double f1_of(const cut& at, double ones) noexcept { return 2 * at.ones / (at.ones + at.zeros + ones); }

/// The figures of a threshold: `at` are the rows that reach it. Precondition: both classes have rows.
inline result<decision_threshold> figures_of(double score, const class_weights& at, const class_weights& all,
                                             double confidence) {
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  const auto share = [&](double part, const weight_sum& whole) {
    return measured{whole.sum == 0 ? 0 : part / whole.sum, interval_of_share(part, whole, confidence)};
  };
  decision_threshold made;
  made.value = score;
  made.true_positives = at.ones.sum;
  made.false_positives = at.zeros.sum;
  made.true_negatives = all.zeros.sum - at.zeros.sum;
  made.false_negatives = all.ones.sum - at.ones.sum;
  made.precision = share(at.ones.sum, at.all());
  made.recall = share(at.ones.sum, all.ones);
  made.false_positive_rate = share(at.zeros.sum, all.zeros);
  made.accuracy = share(made.true_positives + made.true_negatives, all.all());
  const stats::interval shared = interval_of_share(at.ones.sum, at.zeros + all.ones, confidence);
  const auto as_f1 = [](double part) { return 2 * part / (1 + part); };
  made.f1 = {f1_of({score, at.ones.sum, at.zeros.sum}, all.ones.sum),
             {as_f1(shared.lower), as_f1(shared.upper), confidence}};
  made.effective_rows = all.all().effective();
  return made;
}

/// The weights of all rows, and of those that reach a threshold.
struct weights_at {
  class_weights at;
  class_weights all;

  weights_at(std::span<const int> labels, const real_view& scores, std::span<const float> weights,
             double threshold) noexcept {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const double weight = weight_of(weights, i);
      (labels[i] == 1 ? all.ones : all.zeros).update(weight);
      if (scores[i] >= threshold) (labels[i] == 1 ? at.ones : at.zeros).update(weight);
    }
  }
};

/// The figures of the first cut, from the highest score down, whose price(cut, all) is the lowest.
template <class Price>
result<decision_threshold> cheapest_cut(std::span<const int> labels, const real_view& scores, double confidence,
                                        std::span<const float> weights, Price price) {
  auto cuts = cuts_of(labels, scores, weights);
  if (!cuts) return std::move(cuts).error();
  std::size_t best = 0;
  double least = price((*cuts)[0], cuts->back());
  for (std::size_t k = 1; k < cuts->size(); ++k) {
    const double next = price((*cuts)[k], cuts->back());
    if (!(next < least)) continue;
    least = next;
    best = k;
  }
  const weights_at found(labels, scores, weights, (*cuts)[best].score);
  return figures_of((*cuts)[best].score, found.at, found.all, confidence);
}

inline result<void> usable_share(const char* what, double wanted) {
  if (wanted >= 0 && wanted <= 1) return {};
  return error(errc::out_of_range, std::string("decision threshold: a ") + what + " of " + detail::number_text(wanted) +
                                       " is outside [0, 1]");
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
                                                    double confidence = 0.95, std::span<const float> weights = {}) {
  if (detail::math::is_nan(threshold)) return error(errc::not_finite, "decision threshold: it is NaN");
  if (auto fit = detail::same_length(labels.size(), scores.size(), "scores"); !fit) return std::move(fit).error();
  if (auto sum = detail::sum_of_weights("decision threshold", weights, labels.size()); !sum)
    return std::move(sum).error();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return detail::not_a_class(i, labels[i], 2);
    if (detail::math::is_nan(scores[i])) return error(errc::not_finite, "scores: row " + std::to_string(i) + " is NaN");
  }
  const detail::weights_at found(labels, scores, weights, threshold);
  if (found.all.ones.sum == 0 || found.all.zeros.sum == 0)
    return error(errc::invalid_data,
                 "labels: every row is of class " + std::to_string(found.all.ones.sum == 0 ? 0 : 1));
  return detail::figures_of(threshold, found.at, found.all, confidence);
}

/// The threshold with the least cost on these rows: for scores of any kind, calibrated or not.
/// Errors: also those of `cost_threshold`.
inline result<decision_threshold> threshold_of_least_cost(const label_view& labels, real_view scores,
                                                          const decision_costs& costs, double confidence = 0.95,
                                                          std::span<const float> weights = {}) {
  if (auto right = detail::usable_costs(costs); !right) return std::move(right).error();
  const double of_zero = costs.false_positive - costs.true_negative;
  const double of_one = costs.false_negative - costs.true_positive;
  // What the cut's errors cost beyond being right everywhere.
  return detail::cheapest_cut(labels, scores, confidence, weights, [&](const detail::cut& at, const detail::cut& all) {
    return of_zero * at.zeros + of_one * (all.ones - at.ones);
  });
}

/// The threshold with the highest F1.
inline result<decision_threshold> threshold_of_max_f1(const label_view& labels, real_view scores,
                                                      double confidence = 0.95, std::span<const float> weights = {}) {
  return detail::cheapest_cut(labels, scores, confidence, weights, [](const detail::cut& at, const detail::cut& all) {
    return -detail::f1_of(at, all.ones);
  });
}

/// Of the thresholds whose precision is at least `wanted`, the one with the highest recall.
inline result<decision_threshold> threshold_for_precision(const label_view& labels, real_view scores, double wanted,
                                                          double confidence = 0.95,
                                                          std::span<const float> weights = {}) {
  if (auto right = detail::usable_share("precision", wanted); !right) return std::move(right).error();
  double most = 0;
  auto found =
      detail::cheapest_cut(labels, scores, confidence, weights, [&](const detail::cut& at, const detail::cut& all) {
        const double predicted = at.ones + at.zeros;
        const double precision = predicted == 0 ? 0 : at.ones / predicted;
        most = detail::math::fmax(most, precision);
        return predicted > 0 && precision >= wanted ? -1 - at.ones / all.ones : 0.0;
      });
  if (found && found->true_positives + found->false_positives == 0)
    return error(errc::invalid_data, "decision threshold: no threshold has a precision of " +
                                         detail::number_text(wanted) + "; the highest is " + std::to_string(most));
  return found;
}

/// The highest threshold whose recall is at least `wanted`: the one with the fewest false positives.
inline result<decision_threshold> threshold_for_recall(const label_view& labels, real_view scores, double wanted,
                                                       double confidence = 0.95, std::span<const float> weights = {}) {
  if (auto right = detail::usable_share("recall", wanted); !right) return std::move(right).error();
  return detail::cheapest_cut(labels, scores, confidence, weights, [&](const detail::cut& at, const detail::cut& all) {
    return at.ones / all.ones >= wanted ? 0.0 : 1.0;
  });
}

/// Of the thresholds that predict 1 for at most the share `most` of class 0, the one with the highest recall: infinity,
/// where rows of class 0 have the highest score.
inline result<decision_threshold> threshold_at_false_positive_rate(const label_view& labels, real_view scores,
                                                                   double most, double confidence = 0.95,
                                                                   std::span<const float> weights = {}) {
  if (auto right = detail::usable_share("false positive rate", most); !right) return std::move(right).error();
  return detail::cheapest_cut(labels, scores, confidence, weights, [&](const detail::cut& at, const detail::cut& all) {
    const bool kept = at.zeros / all.zeros <= most;
    return kept ? -at.ones : 1.0;
  });
}

/// The mean cost of a row with a threshold, with Student's interval. Rows are to be independent.
/// Errors: not_finite (a cost), out_of_range (a confidence outside (0, 1)), invalid_data (fewer than two
/// effective rows).
inline result<measured> mean_cost_interval(const decision_threshold& at, const decision_costs& costs,
                                           double confidence = 0.95) {
  const double mean = at.mean_cost(costs);
  double squares = 0;
  const auto add = [&](double count, double cost) { squares += count * (cost - mean) * (cost - mean); };
  add(at.true_positives, costs.true_positive);
  add(at.false_positives, costs.false_positive);
  add(at.true_negatives, costs.true_negative);
  add(at.false_negatives, costs.false_negative);
  const double n = at.effective_rows;
  if (!(n >= 2)) return error(errc::invalid_data, "decision threshold: there are fewer than two effective rows");
  if (!detail::math::is_finite(squares)) return error(errc::not_finite, "decision threshold: a cost is not finite");
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  const double half =
      stats::student_t{n - 1}.isf((1 - confidence) / 2) * detail::math::sqrt(squares / at.rows() / (n - 1));
  return measured{mean, {mean - half, mean + half, confidence}};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_DECISION_THRESHOLD_HPP
