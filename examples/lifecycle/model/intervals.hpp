#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_INTERVALS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_INTERVALS_HPP

#include <millrace/stats/tests/proportion.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// How far figures of the holdout may lie from those of all rows there could be.
namespace lifecycle {

namespace mr = millrace;

/// A figure's 95 % interval.
struct figure_interval {
  double low = 0;
  double high = 1;
};

/// Wilson's interval of a share.
inline figure_interval share_interval(std::size_t part, std::size_t whole) {
  const auto found = mr::stats::wilson_interval({static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole)});
  return found ? figure_interval{found->lower, found->upper} : figure_interval{};
}

namespace detail {

/// For every row, the share of the other class's rows that it is on the right side of, a tie counting half: the means
/// of both classes' are the AUC.
struct placements {
  std::vector<double> of_class[2];
};

inline placements place_rows(const std::vector<int>& labels, const std::vector<float>& scores) {
  std::vector<std::pair<float, int>> sorted;
  for (std::size_t i = 0; i < labels.size(); ++i) sorted.emplace_back(scores[i], labels[i]);
  std::sort(sorted.begin(), sorted.end());
  const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
  const double negatives = static_cast<double>(labels.size()) - positives;
  placements made;
  double before[2]{};  // rows of each class with lower scores
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    double tied[2]{};
    for (; end < sorted.size() && sorted[end].first == sorted[i].first; ++end) ++tied[sorted[end].second];
    const double below = (before[0] + tied[0] / 2) / negatives;
    const double above = (positives - before[1] - tied[1] / 2) / positives;
    made.of_class[1].insert(made.of_class[1].end(), static_cast<std::size_t>(tied[1]), below);
    made.of_class[0].insert(made.of_class[0].end(), static_cast<std::size_t>(tied[0]), above);
    for (const int label : {0, 1}) before[label] += tied[label];
    i = end;
  }
  return made;
}

inline double variance_of_mean(const std::vector<double>& values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  return count > 1 ? sum / (count - 1) / count : 0;
}

}  // namespace detail

/// The AUC's interval, on the scale of its log-odds, so that it stays within 0 and 1. Where no row is on the wrong
/// side, which leaves no variance to measure, it is Wilson's for as many trials as the rarer class has rows. Source:
/// DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic
/// curves", Biometrics 44, 1988; the scale: Pepe, "The statistical evaluation of medical tests", 2003, section 5.3.
inline figure_interval auc_interval(const std::vector<int>& labels, const std::vector<float>& scores, double auc) {
  const detail::placements placed = detail::place_rows(labels, scores);
  const std::size_t rarer = (std::min)(placed.of_class[0].size(), placed.of_class[1].size());
  const double variance =
      detail::variance_of_mean(placed.of_class[0], auc) + detail::variance_of_mean(placed.of_class[1], auc);
  if (!(variance > 0) || auc <= 0 || auc >= 1)
    return share_interval(static_cast<std::size_t>(std::lround(auc * static_cast<double>(rarer))), rarer);
  constexpr double critical = 1.9599639845400545;  // the normal distribution's quantile at 0.975
  const double reach = critical * std::sqrt(variance) / (auc * (1 - auc));
  const double odds = std::log(auc / (1 - auc));
  const auto back = [](double log_odds) { return 1 / (1 + std::exp(-log_odds)); };
  return {back(odds - reach), back(odds + reach)};
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_INTERVALS_HPP
