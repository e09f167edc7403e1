#include "compare.hpp"

#include "../format.hpp"

#include <millrace/core/seed.hpp>
#include <millrace/stats/sequential/confidence_sequence.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <cmath>
#include <utility>
#include <vector>

namespace lifecycle {

std::vector<double> squared_errors(const table& from, std::span<const std::size_t> rows,
                                   std::span<const double> outputs, const target_scale& scale) {
  const std::size_t width = outputs.size() / rows.size();
  std::vector<double> errors;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<const double> answer = outputs.subspan(i * width, width);
    const double off = from.target.task == task_kind::number
                           ? (answer[0] - from.target.values[rows[i]]) / scale.deviation
                       : width == 1 ? answer[0] - from.target.labels[rows[i]]
                                    : 1 - answer[from.target.labels[rows[i]]];
    errors.push_back(off * off);
  }
  return errors;
}

std::vector<double> baseline_answers(const table& from, std::span<const std::size_t> learnt, const target_scale& scale,
                                     std::size_t rows) {
  std::vector<double> always{scale.mean};
  if (from.target.task != task_kind::number) {
    always.assign(from.target.classes.size(), 0);
    for (const std::size_t row : learnt) always[from.target.labels[row]] += 1.0 / static_cast<double>(learnt.size());
    if (always.size() == 2) always.erase(always.begin());
  }
  std::vector<double> made;
  for (std::size_t i = 0; i < rows; ++i) made.insert(made.end(), always.begin(), always.end());
  return made;
}

model_comparison compare_with_baseline(const table& from, const row_split& parts, std::span<const double> outputs,
                                       const target_scale& scale, std::uint64_t seed) {
  const std::vector<double> of_baseline = baseline_answers(from, parts.train, scale, parts.holdout.size());
  const std::vector<double> errors[2] = {squared_errors(from, parts.holdout, of_baseline, scale),
                                         squared_errors(from, parts.holdout, outputs, scale)};
  constexpr double alpha = 0.01;
  model_comparison found;
  mr::random_engine coin(seed);
  mr::stats::two_arm_e_process test;
  double sums[2]{};
  for (std::size_t i = 0; i < errors[1].size(); ++i) {
    if (std::isnan(errors[1][i])) continue;  // validation refused the row
    const bool model = coin.below(2) == 1;
    const double error = errors[model ? 1 : 0][i];
    test.update(model, error);
    ++found.rows[model];
    sums[model] += error;
    if (found.decided == 0 && test.rejects(alpha)) found.decided = found.rows[0] + found.rows[1];
  }
  for (const int arm : {0, 1})
    found.mean_error[arm] = found.rows[arm] > 0 ? sums[arm] / static_cast<double>(found.rows[arm]) : 0;
  found.p = test.p();
  return found;
}

/// Two models on the same rows.
paired_comparison compare_in_pairs(const table& from, const row_split& parts, std::span<const double> earlier,
                                   std::span<const double> ours, const target_scale& scale, double level) {
  const std::vector<double> errors[2] = {squared_errors(from, parts.holdout, earlier, scale),
                                         squared_errors(from, parts.holdout, ours, scale)};
  paired_comparison found;
  double mean = 0;
  double squares = 0;  // of deviations from the mean, by Welford's update
  for (std::size_t i = 0; i < errors[0].size(); ++i) {
    const double difference = errors[0][i] - errors[1][i];
    if (!std::isfinite(difference)) continue;
    ++found.rows;
    for (const int of : {0, 1}) found.mean_error[of] += errors[of][i];
    const double off = difference - mean;
    mean += off / static_cast<double>(found.rows);
    squares += off * (difference - mean);
  }
  if (found.rows == 0) return found;
  const auto rows = static_cast<double>(found.rows);
  for (double& error : found.mean_error) error /= rows;
  found.saved = {mean, mean, level};
  // Models that answer alike differ by nothing, of which there is no deviation to make an interval of.
  if (squares > 0 && found.rows > 1) {
    const double standard_error = std::sqrt(squares / (rows - 1) / rows);
    const auto within = mr::stats::asymptotic_interval(mean, standard_error, rows, level, rows);
    found.saved = within ? *within : mr::stats::interval{-HUGE_VAL, HUGE_VAL, level};
  }
  return found;
}

/// The stream's number columns against the rows learnt from, missing cells left out; category columns by their codes.
mr::result<mr::detect::table_drift_report> drift_of_stream(const table& from, const row_split& parts) {
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

std::string in_words(const model_comparison& of) {
  const std::string errors = "squared error " + fixed(of.mean_error[1], 4) + " against " + fixed(of.mean_error[0], 4);
  if (of.decided == 0) return "no difference from the baseline shown yet: " + errors;
  return std::string(of.better() ? "better" : "worse") + " than the baseline, decided after " + grouped(of.decided) +
         " rows: " + errors;
}

}  // namespace lifecycle
