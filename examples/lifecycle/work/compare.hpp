#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "serve.hpp"

#include <millrace/core/seed.hpp>
#include <millrace/detect/features/table_drift.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// What one would want to know while a model is at work: is it better than what it replaces, and do its inputs still
/// look like those that it learnt from?
namespace lifecycle {

/// An experiment in the stream: each row by chance to the model or to the baseline, which always answers the share of
/// positives among the rows learnt from; squared errors of the probability, compared after every row.
struct model_comparison {
  std::size_t rows[2]{};    // baseline, model
  double mean_error[2]{};   // squared
  std::size_t decided = 0;  // rows until the difference was beyond doubt; 0: it never was
  double p = 1;             // valid at any time

  bool better() const noexcept { return decided > 0 && mean_error[1] < mean_error[0]; }
};

inline model_comparison compare_with_baseline(std::span<const served_row> answers, std::span<const int> labels,
                                              double baseline, std::uint64_t seed) {
  constexpr double alpha = 0.01;
  model_comparison found;
  mr::random_engine coin(seed);
  mr::stats::two_arm_e_process test;
  double sums[2]{};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (std::isnan(answers[i].probability)) continue;  // validation refused the row
    const bool model = coin.below(2) == 1;
    const double off = (model ? answers[i].probability : baseline) - labels[i];
    test.update(model, off * off);
    ++found.rows[model];
    sums[model] += off * off;
    if (found.decided == 0 && test.rejects(alpha)) found.decided = found.rows[0] + found.rows[1];
  }
  for (const int arm : {0, 1})
    found.mean_error[arm] = found.rows[arm] > 0 ? sums[arm] / static_cast<double>(found.rows[arm]) : 0;
  found.p = test.p();
  return found;
}

/// The stream's number columns against the rows learnt from, missing cells left out; category columns by their codes.
inline mr::result<mr::detect::table_drift_report> drift_of_stream(const table& from, const row_split& parts) {
  mr::detect::table_drift<mr::stats::holm> watch;
  std::vector<mr::detect::value_window> windows;
  const auto cells = [](const column& of, const std::vector<std::size_t>& rows) {
    std::vector<double> kept;
    for (const std::size_t row : rows) {
      const double x = of.type == column_type::number  ? of.numbers[row]
                       : of.codes[row] == missing_code ? std::nan("")
                                                       : static_cast<double>(of.codes[row]);
      if (std::isfinite(x)) kept.push_back(x);
    }
    return kept;
  };
  for (const column& of : from.columns) {
    if (!of.dropped.empty()) continue;
    auto reference = mr::detect::drift_reference::make(cells(of, parts.train));
    auto window = mr::detect::value_window::make(cells(of, parts.holdout));
    if (!reference || !window) continue;  // no cell present
    watch.add(of.name, *std::move(reference));
    windows.push_back(*std::move(window));
  }
  if (windows.empty()) return mr::detect::table_drift_report{};
  return watch.compare(windows);
}

inline std::string in_words(const model_comparison& of) {
  const std::string errors = "squared error " + fixed(of.mean_error[1], 4) + " against " + fixed(of.mean_error[0], 4);
  if (of.decided == 0) return "no difference from the baseline shown yet: " + errors;
  return std::string(of.better() ? "better" : "worse") + " than the baseline, decided after " + grouped(of.decided) +
         " rows: " + errors;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP
