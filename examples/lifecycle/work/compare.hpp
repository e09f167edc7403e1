#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../model/features.hpp"

#include <millrace/core/result.hpp>
#include <millrace/detect/features/table_drift.hpp>
#include <millrace/stats/evidence.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What one would want to know while a model is at work: is it better than what it replaces, and do its inputs still
/// look like those that it learnt from?
namespace lifecycle {

/// Each row's squared error: of the number in deviations, or of the probability of its class (of two, of the positive).
std::vector<double> squared_errors(const table& from, std::span<const std::size_t> rows,
                                   std::span<const double> outputs, const target_scale& scale);

/// What the baseline answers for so many rows: always the classes' shares, or the mean, of the rows learnt from.
std::vector<double> baseline_answers(const table& from, std::span<const std::size_t> learnt, const target_scale& scale,
                                     std::size_t rows);

/// An experiment in the stream: each row by chance to the model or to the baseline; squared errors, compared after
/// every row.
struct model_comparison {
  std::size_t rows[2]{};    // baseline, model
  double mean_error[2]{};   // squared
  std::size_t decided = 0;  // rows until the difference was beyond doubt; 0: it never was
  double p = 1;             // valid at any time

  bool better() const noexcept { return decided > 0 && mean_error[1] < mean_error[0]; }
};

/// `outputs`: what the model answered for the holdout.
model_comparison compare_with_baseline(const table& from, const row_split& parts, std::span<const double> outputs,
                                       const target_scale& scale, std::uint64_t seed);

/// Two models on the same rows, an earlier one's and this run's: the mean of their squared errors' differences.
struct paired_comparison {
  std::size_t rows = 0;
  double mean_error[2]{};       // the earlier one's, this run's
  mr::stats::interval saved{};  // by how much this run's is less; holds however many rows are looked at, and when

  bool better() const noexcept { return saved.lower > 0; }
  bool worse() const noexcept { return saved.upper < 0; }
};

/// `earlier`, `ours`: what both answered for the holdout. `level`: of the interval, in (0, 1). Rows that one of them
/// has no answer for are left out. Source of the interval: stats/sequential/confidence_sequence.hpp.
paired_comparison compare_in_pairs(const table& from, const row_split& parts, std::span<const double> earlier,
                                   std::span<const double> ours, const target_scale& scale, double level);

/// The stream's number columns against the rows learnt from, missing cells left out; category columns by their codes.
mr::result<mr::detect::table_drift_report> drift_of_stream(const table& from, const row_split& parts);

std::string in_words(const model_comparison& of);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_COMPARE_HPP
