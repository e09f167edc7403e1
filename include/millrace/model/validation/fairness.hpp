#ifndef MILLRACE_MODEL_VALIDATION_FAIRNESS_HPP
#define MILLRACE_MODEL_VALIDATION_FAIRNESS_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/contingency.hpp>
#include <millrace/model/validation/detail/weighted_share.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/stats/tests/weighted_proportion.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A share of rows: how many of how many, or the sums of their weights, and Wilson's interval. Of no rows it is 0 in
/// [0, 1].
struct counted_share {
  double part = 0;
  double whole = 0;
  measured share;
  /// The sum over all of the squared weights.
  double squares = 0;
};

/// What decisions did to one group.
struct group_rates {
  int group = 0;
  std::uint64_t rows = 0;
  /// Of all rows those that were selected (predicted as 1); of the rows of class 1; of those of class 0; and of the
  /// selected rows those of class 1.
  counted_share selection;
  counted_share true_positive;
  counted_share false_positive;
  counted_share precision;
};

/// How two groups differ in a rate: the one with the lowest and the one with the highest, of those that have rows for
/// it. The interval is of these two groups as if they had been named beforehand; among many groups the two ends differ
/// by chance alone more than it says.
struct rate_gap {
  int lowest = 0;
  int highest = 0;
  /// highest - lowest, with Newcombe's interval.
  measured difference;
  /// lowest / highest, with the score interval; 1 where both are 0.
  measured ratio;
};

/// What the four-fifths rule says: whether the lowest selection rate is at least 0.8 of the highest.
enum class four_fifths : std::uint8_t {
  /// It is, and so is all of the ratio's interval.
  kept,
  /// It is, or is not, but the interval holds 0.8: too few rows to say.
  unsure,
  /// It is not, and none of the interval is.
  broken,
};

/// Rates by group, and how far apart they are.
///
/// Fairness is no number: these measures contradict each other where groups differ in how often class 1 occurs, and
/// which of them counts is for people to say.
/// Source: Hardt, Price, Srebro, "Equality of opportunity in supervised learning", NIPS 2016; the four-fifths rule: 29
/// CFR 1607.4 D.
struct fairness_table {
  /// In the order of the groups' numbers.
  std::vector<group_rates> groups;
  /// Of the selection rate: demographic parity is a difference of 0 and a ratio of 1.
  rate_gap demographic_parity;
  /// Of the rate of true positives: equal opportunity is a difference of 0. Without two groups that have rows of class
  /// 1 it is empty, with the difference 0 in [-1, 1].
  rate_gap equal_opportunity;
  /// Of the rate of false positives; with equal_opportunity, equalized odds.
  rate_gap false_positive;
  four_fifths selection_rule = four_fifths::unsure;
};

namespace detail {

inline counted_share count_share(double part, const weight_sum& whole, double confidence) {
  return {part,
          whole.sum,
          {whole.sum == 0 ? 0 : part / whole.sum, interval_of_share(part, whole, confidence)},
          whole.squares};
}

/// The weights of a group's rows by label and decision.
struct decided_weights {
  weight_sum of[2][2] = {};
};

inline group_rates rates_of(int group, std::uint64_t rows, const decided_weights& counted, double confidence) {
  const auto& n = counted.of;
  const weight_sum selected = n[0][1] + n[1][1];
  const weight_sum zeros = n[0][0] + n[0][1], ones = n[1][0] + n[1][1];
  return {group,
          rows,
          count_share(selected.sum, n[0][0] + n[1][0] + selected, confidence),
          count_share(n[1][1].sum, ones, confidence),
          count_share(n[0][1].sum, zeros, confidence),
          count_share(n[1][1].sum, selected, confidence)};
}

/// The gap of a rate among the groups that have rows for it.
inline rate_gap gap_of(const std::vector<group_rates>& groups, counted_share group_rates::* rate, double confidence) {
  rate_gap found{0, 0, {0, {-1, 1, confidence}}, {1, {0, stats::interval{}.upper, confidence}}};
  std::vector<const group_rates*> with_rows;
  for (const group_rates& one : groups)
    if ((one.*rate).whole > 0) with_rows.push_back(&one);
  if (with_rows.size() < 2) return found;
  const group_rates* low = with_rows[0];
  const group_rates* high = with_rows[1];
  for (const group_rates* one : with_rows) {
    if ((one->*rate).share.value < (low->*rate).share.value) low = one;
    if ((one->*rate).share.value > (high->*rate).share.value) high = one;
  }
  const auto counted = [&](const group_rates& one) {
    return stats::weighted_proportion((one.*rate).part, (one.*rate).whole, (one.*rate).squares);
  };
  const stats::weighted_proportion of_low = counted(*low);
  const stats::weighted_proportion of_high = counted(*high);
  found.lowest = low->group;
  found.highest = high->group;
  found.difference = {of_high.rate() - of_low.rate(), *stats::newcombe_interval(of_high, of_low, confidence)};
  found.ratio = {of_high.successes == 0 ? 1 : of_low.rate() / of_high.rate(),
                 *stats::score_ratio_interval(of_low, of_high, confidence)};
  return found;
}

}  // namespace detail

/// What decisions did to each group of rows: `labels` is what was right, `decisions` what was predicted, both 0 or 1,
/// and `groups` any whole numbers. `weights`: none, or one for each row; a row of weight 2 counts as two.
/// Complexity: O(rows log rows).
/// Allocates: 12 bytes a row, and the table.
/// Errors: invalid_argument (no rows, or one group only), shape_mismatch, not_finite (a weight), out_of_range (a label
/// or decision that is neither 0 nor 1, a group that is no int or a negative weight, with its row, or a confidence
/// outside (0, 1)), invalid_data (every weight is 0).
inline result<fairness_table> measure_fairness(const label_view& labels, const label_view& decisions,
                                               const label_view& groups, double confidence = 0.95,
                                               std::span<const float> weights = {}) {
  if (auto fit = detail::same_length(labels.size(), decisions.size(), "decisions"); !fit) return std::move(fit).error();
  if (auto fit = detail::same_numbers(labels, groups, "groups"); !fit) return std::move(fit).error();
  if (auto sum = detail::sum_of_weights("fairness", weights, labels.size()); !sum) return std::move(sum).error();
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  const detail::dense_classes of(groups);
  if (of.classes() < 2) return error(errc::invalid_argument, "fairness: there is one group only");
  std::vector<detail::decided_weights> counted(of.classes());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return detail::not_a_class(i, labels[i], 2);
    if (decisions[i] != 0 && decisions[i] != 1)
      return error(errc::out_of_range,
                   "decisions: row " + std::to_string(i) + " is " + std::to_string(decisions[i]) + ", neither 0 nor 1");
    counted[of[i]].of[labels[i]][decisions[i]].update(detail::weight_of(weights, i));
  }
  fairness_table found;
  for (std::size_t k = 0; k < counted.size(); ++k)
    found.groups.push_back(detail::rates_of(of.value(k), of.size(k), counted[k], confidence));
  found.demographic_parity = detail::gap_of(found.groups, &group_rates::selection, confidence);
  found.equal_opportunity = detail::gap_of(found.groups, &group_rates::true_positive, confidence);
  found.false_positive = detail::gap_of(found.groups, &group_rates::false_positive, confidence);
  const measured& ratio = found.demographic_parity.ratio;
  found.selection_rule = ratio.interval.lower >= 0.8  ? four_fifths::kept
                         : ratio.interval.upper < 0.8 ? four_fifths::broken
                                                      : four_fifths::unsure;
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_FAIRNESS_HPP
