#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_DECISIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_DECISIONS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

/// What comes of acting on probabilities: from which on a row counts as positive, what mistakes cost, and how many
/// positives the likeliest rows hold.
namespace lifecycle {

/// What a mistake costs, in any unit.
struct mistake_costs {
  double false_alarm = 1;
  double miss = 1;

  /// The probability from which on naming a row positive costs less on average than not doing so, if probabilities are
  /// right. Source: Elkan, "The foundations of cost-sensitive learning", IJCAI 2001, equation 2.
  double threshold() const noexcept { return false_alarm / (false_alarm + miss); }
};

/// What a threshold makes of rows.
struct decision {
  double threshold = 0.5;
  std::size_t found = 0;  // positives at or above it
  std::size_t missed = 0;
  std::size_t false_alarms = 0;
  std::size_t passed = 0;  // negatives below it

  std::size_t named() const noexcept { return found + false_alarms; }
  double precision() const noexcept { return share(found, named()); }
  double recall() const noexcept { return share(found, found + missed); }
  double f1() const noexcept { return share(2 * found, 2 * found + missed + false_alarms); }
  /// For every thousand rows.
  double cost(const mistake_costs& of) const noexcept {
    const double all = of.false_alarm * static_cast<double>(false_alarms) + of.miss * static_cast<double>(missed);
    return 1000 * all / static_cast<double>(found + missed + false_alarms + passed);
  }

 private:
  static double share(std::size_t part, std::size_t whole) noexcept {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// Of the likeliest rows, how many are positive.
struct gain {
  double rows = 0;       // share of all rows
  double positives = 0;  // share of all positives that they hold
  /// How many times as many positives as among as many rows drawn at random.
  double lift() const noexcept { return rows > 0 ? positives / rows : 0; }
};

/// Rows in the order of their probabilities, the likeliest first, with how many of the first so many are positive.
class ranked_rows {
 public:
  ranked_rows(const std::vector<int>& labels, const std::vector<double>& probabilities) {
    std::vector<std::pair<double, int>> sorted;
    for (std::size_t i = 0; i < labels.size(); ++i) sorted.emplace_back(probabilities[i], labels[i]);
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (const auto& [probability, label] : sorted) {
      probabilities_.push_back(probability);
      positives_.push_back(positives_.back() + static_cast<std::size_t>(label));
    }
  }

  decision at(double threshold) const {
    const auto end = std::partition_point(probabilities_.begin(), probabilities_.end(),
                                          [&](double probability) { return probability >= threshold; });
    const auto named = static_cast<std::size_t>(end - probabilities_.begin());
    decision made;
    made.threshold = threshold;
    made.found = positives_[named];
    made.false_alarms = named - made.found;
    made.missed = positives_.back() - made.found;
    made.passed = probabilities_.size() - named - made.missed;
    return made;
  }

  /// Of this share of the rows, the likeliest. Of rows with one probability, each is as likely as the other.
  gain of_first(double share) const {
    const double rows = share * static_cast<double>(probabilities_.size());
    const auto whole = std::min(static_cast<std::size_t>(rows), probabilities_.size() - 1);
    const double border = probabilities_[whole];
    const auto from = static_cast<std::size_t>(
        std::partition_point(probabilities_.begin(), probabilities_.end(), [&](double p) { return p > border; }) -
        probabilities_.begin());
    const auto to = static_cast<std::size_t>(
        std::partition_point(probabilities_.begin(), probabilities_.end(), [&](double p) { return p >= border; }) -
        probabilities_.begin());
    const double part = (rows - static_cast<double>(from)) / static_cast<double>(to - from);
    const double found =
        static_cast<double>(positives_[from]) + part * static_cast<double>(positives_[to] - positives_[from]);
    return {share, found / static_cast<double>(positives_.back())};
  }

 private:
  std::vector<double> probabilities_;         // descending
  std::vector<std::size_t> positives_ = {0};  // among the first so many
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_DECISIONS_HPP
