#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_DECISION_PICTURES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_DECISION_PICTURES_HPP

#include "../format.hpp"
#include "../model/decisions.hpp"
#include "../model/findings.hpp"
#include "pictures.hpp"
#include "svg.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

/// Pictures of what comes of acting on the probabilities.
namespace lifecycle {

/// The threshold at which mistakes would have cost least on the holdout.
inline const decision& cheapest(const judgement& of) {
  return *std::min_element(of.decisions.begin(), of.decisions.end(),
                           [&](const decision& a, const decision& b) { return a.cost(of.costs) < b.cost(of.costs); });
}

/// What mistakes cost by threshold, for a thousand rows.
inline std::string cost_picture(const judgement& of) {
  std::vector<point> curve;
  double most = 0;
  for (const decision& one : of.decisions) {
    curve.push_back({one.threshold, one.cost(of.costs)});
    most = (std::max)(most, curve.back().y);
  }
  if (curve.empty()) return "";
  const double top = most > 0 ? most * 1.05 : 1;
  const decision& least = cheapest(of);
  const auto at = [&](double threshold) {
    const auto after = std::find_if(of.decisions.begin(), of.decisions.end(),
                                    [&](const decision& one) { return one.threshold >= threshold - 1e-9; });
    return (after == of.decisions.end() ? of.decisions.back() : *after).cost(of.costs);
  };
  chart picture("Cost of mistakes by threshold", 330, {0, 0}, {1, top});
  picture.y_axis(round_ticks(0, top, 5), [](double v) { return brief(v); })
      .x_axis("threshold", detail::unit_ticks(), detail::hundredths)
      .line("one", curve)
      .dot("three", {least.threshold, least.cost(of.costs)}, 4.5,
           "least at " + fixed(least.threshold, 2) + ": " + brief(least.cost(of.costs)))
      .dot("two", {of.threshold, at(of.threshold)}, 5,
           "threshold " + fixed(of.threshold, 2) + ": " + brief(at(of.threshold)));
  return picture.str();
}

/// How many of the positives the likeliest rows hold.
inline std::string gain_picture(const judgement& of) {
  std::vector<point> curve;
  for (const gain& one : of.gains) curve.push_back({one.rows, one.positives});
  const double share = of.positive_share();
  chart picture("Positives among the likeliest rows", 330, {0, 0}, {1, 1});
  picture.y_axis(detail::unit_ticks(), detail::hundredths)
      .x_axis("share of rows, the likeliest first", detail::unit_ticks(), detail::hundredths)
      .straight("diagonal", {0, 0}, {1, 1})
      .straight("diagonal", {0, 0}, {share, 1})
      .area("one", curve)
      .line("one", curve);
  for (const gain& one : of.gains)
    for (const double marked : {0.01, 0.05, 0.1, 0.2})
      if (one.rows == marked)
        picture.dot("one", {one.rows, one.positives}, 4,
                    percent(one.rows, 0) + " of the rows hold " + percent(one.positives) + " of the positives, " +
                        fixed(one.lift(), 1) + " times as many as by chance");
  return picture.str();
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_DECISION_PICTURES_HPP
