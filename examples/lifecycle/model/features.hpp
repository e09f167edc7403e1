#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FEATURES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FEATURES_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "encode.hpp"

#include <millrace/model/matrix_view.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// Rows of a table as rows of numbers that models are fitted to, and what those are to learn.
namespace lifecycle {

inline std::vector<int> labels_of(const table& from, std::span<const std::size_t> rows) {
  std::vector<int> labels;
  for (const std::size_t row : rows) labels.push_back(from.target.labels[row]);
  return labels;
}

/// Numbers are learned at mean 0 and deviation 1, whatever their unit.
struct target_scale {
  double mean = 0;
  double deviation = 1;

  static target_scale of(const table& from, std::span<const std::size_t> rows) {
    if (from.target.task != task_kind::number) return {};
    target_scale made;
    const auto count = static_cast<double>(rows.size());
    for (const std::size_t row : rows) made.mean += from.target.values[row] / count;
    double variance = 0;
    for (const std::size_t row : rows) {
      const double off = from.target.values[row] - made.mean;
      variance += off * off / count;
    }
    if (variance > 0) made.deviation = std::sqrt(variance);
    return made;
  }
  double scaled(double value) const noexcept { return (value - mean) / deviation; }
  double unscaled(double value) const noexcept { return mean + deviation * value; }
};

/// What a row teaches: its class, or its scaled number.
inline float lesson_of(const table& from, std::size_t row, const target_scale& scale) {
  return from.target.task == task_kind::number ? static_cast<float>(scale.scaled(from.target.values[row]))
                                               : static_cast<float>(from.target.labels[row]);
}
inline std::vector<float> lessons_of(const table& from, std::span<const std::size_t> rows, const target_scale& scale) {
  std::vector<float> made;
  for (const std::size_t row : rows) made.push_back(lesson_of(from, row, scale));
  return made;
}

inline learning_task task_of(const table& from) {
  return {from.target.task, from.target.task == task_kind::number ? 0 : from.target.classes.size()};
}

/// Rows of numbers, as one family of models wants them.
struct feature_rows {
  std::vector<float> numbers;
  std::size_t columns = 0;

  mr::model::matrix_view view() const noexcept { return {numbers, columns}; }
};

inline feature_rows features_for(family of, const bound_encoder& encode, std::span<const std::size_t> rows) {
  const bool plain = reads_plain_columns(of);
  feature_rows made;
  made.columns = plain ? encode.plain_width() : encode.width();
  made.numbers.resize(rows.size() * made.columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<float> out = std::span(made.numbers).subspan(i * made.columns, made.columns);
    if (plain)
      encode.plain(rows[i], out);
    else
      encode(rows[i], out);
  }
  return made;
}

/// What a model answers for every row: probabilities, or numbers in the target's own unit.
inline std::vector<double> answers_of(fitted_model& model, const feature_rows& rows, const target_scale& scale) {
  std::vector<double> answers(rows.view().rows() * model.outputs());
  model.predict(rows.view(), answers);
  for (double& one : answers) one = scale.unscaled(one);
  return answers;
}

/// The class of the largest probability.
inline std::size_t likeliest(std::span<const double> probabilities) noexcept {
  std::size_t best = 0;
  for (std::size_t k = 1; k < probabilities.size(); ++k) best = probabilities[k] > probabilities[best] ? k : best;
  return best;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_FEATURES_HPP
