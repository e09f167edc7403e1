#ifndef MILLRACE_MODEL_PIPELINE_TABLE_PIPELINE_HPP
#define MILLRACE_MODEL_PIPELINE_TABLE_PIPELINE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/pipeline/detail/fitted_model.hpp>
#include <millrace/model/pipeline/detail/spooled_rows.hpp>
#include <millrace/model/pipeline/explanation.hpp>
#include <millrace/model/pipeline/steps.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A pipeline whose features are listed at run time, for tables and for rows of named cells. `fit` and `load` make it;
/// what was saved has the list, so `store::load_file<table_pipeline<M, C>>(path)` needs nothing else.
///
///     using fraud_pipeline = mm::table_pipeline<mm::boosted_trees<>, mm::platt>;
///     auto fraud = fraud_pipeline::fit(list, history, "is_fraud", mm::trained_by<mm::boosted_trees<>>(),
///                                      mm::calibrated_by<mm::platt>());
///     std::vector<double> probabilities(today.rows());
///     if (auto done = (*fraud)(today, probabilities); !done) ...  // of a table without a column: both are listed
///
/// Shapes: a row has `outputs()` outputs, and `width()` columns of features.
/// Guarantee: a row has the same bits alone, in any table and after loading. A row that a rule refuses has NaN.
/// Allocates: to fit, save, load, explain, and for a table its rows of features; for one row never.
/// Threads: const calls from any number. Moved from, it may only be assigned to or destroyed.
template <predictor Model, class Calibration = uncalibrated>
class table_pipeline {
  using fitted_type = detail::fitted_model<Model, Calibration>;
  using calibrated_type = std::conditional_t<fitted_type::is_calibrated, calibrated_by<Calibration>, uncalibrated>;

 public:
  using model_type = Model;
  using calibration_type = Calibration;
  static constexpr bool is_calibrated = fitted_type::is_calibrated;

  /// Fits to a table. `target`: the name of a column of numbers. `weights`: none, or one for each row; of rows of
  /// weight 0 nothing is learnt. `trainer`: trained_by<Model>, or a function as in `pipeline_of`. Errors: those of
  /// `table_features::make` and `fit`; not_found: no such target, with the columns that there are; type_mismatch: it is
  /// no column of numbers; not_finite: a target is missing, with its line; shape_mismatch: another number of weights;
  /// invalid_argument: the share held out, or a feature that reads the target; those of the model and of the
  /// calibration, each with its step.
  template <class Table, class Trainer>
  static result<table_pipeline> fit(const std::vector<feature::specification>& list, const Table& history,
                                    std::string_view target, const Trainer& trainer,
                                    const calibrated_type& calibrated = {}, std::span<const float> weights = {});

  std::size_t outputs() const noexcept { return fitted_.outputs(); }
  std::size_t width() const noexcept { return features_.width(); }
  const feature::table_features& features() const noexcept { return features_; }
  const Model& model() const noexcept { return fitted_.model; }
  const Calibration& calibration() const noexcept { return fitted_.calibration; }
  /// How many rows the features and the model were fitted to.
  std::uint64_t trained_on() const noexcept { return fitted_.trained_on; }

  /// Writes the outputs of a table's rows. A refused row fails alone: its outputs are NaN, all others are written.
  /// Errors: type_mismatch: the table lacks a column, or has it of another kind: the message lists both sides;
  /// shape_mismatch: `out` is not rows * outputs() long; in both nothing is written; invalid_data: a rule refused rows:
  /// the message names the first, with its line and feature.
  template <class Table>
  result<void> operator()(const Table& rows, std::span<double> out) const;

  /// Writes the outputs of one row of named cells, by way of `row`, which is the caller's, so that nothing is taken
  /// from the heap. Returns the refusal, which is false if there is none; if there is one, the outputs are NaN.
  /// Precondition: row.size() == width(), out.size() == outputs().
  feature::refusal operator()(std::span<const feature::named_cell> cells, std::span<float> row,
                              std::span<double> out) const noexcept {
    const feature::refusal refused = features_(cells, row);
    if (refused)
      for (double& one : out) one = detail::math::nan;
    else
      fitted_.predict(row, out);
    return refused;
  }

  /// Whether a row has a cell for each column that the features read. Errors: as `table_features::check_names`.
  result<void> check_names(std::span<const feature::named_cell> cells) const { return features_.check_names(cells); }

  /// The `most` features that move the score of a row most, as `pipeline::explain`. Precondition: output <
  /// model().outputs().
  explanation explain(std::span<const feature::named_cell> cells, std::size_t most = 3, std::size_t output = 0) const
  requires explained<Model>
  {
    std::vector<float> row(width());
    explanation made;
    made.refused = features_(cells, row);
    if (made.refused) return made;
    detail::row_explainer<Model> why(fitted_.model, output);
    return why(row, all_features(), feature_of(), most);
  }
  /// How much each feature matters to the model; the one that matters most first.
  std::vector<named_share> importance() const {
    return detail::importance_by_feature(fitted_.model, all_features(), feature_of());
  }

  /// One envelope, as `pipeline::save`.
  std::vector<std::byte> save() const { return fitted_.save(saved_as, features_.save(), width()); }
  /// Errors: as `pipeline_recipe::load`; the features are those that were saved.
  static result<table_pipeline> load(std::span<const std::byte> bytes) {
    auto made = detail::load_pipeline<feature::table_features, Model, Calibration>(
        bytes, saved_as, [](std::span<const std::byte> part) { return feature::table_features::load(part); },
        [](const feature::table_features& of) { return of.width(); });
    if (!made) return std::move(made).error();
    return table_pipeline(std::move(made->features), std::move(made->fitted));
  }

 private:
  static constexpr const char* saved_as = "table pipeline";

  table_pipeline(feature::table_features features, fitted_type fitted)
      : features_(std::move(features)), fitted_(std::move(fitted)) {}

  std::vector<named_share> all_features() const {
    std::vector<named_share> made;
    for (const auto& one : features_.specifications()) made.push_back({one.name, 0});
    return made;
  }
  auto feature_of() const {
    return [this](std::size_t column) { return features_.transform_of(column); };
  }
  template <class Table>
  static result<const feature::column*> target_of(const Table& history, std::string_view target);
  template <class Table>
  static result<void> learn(feature::table_features& features, const Table& history, std::span<const float> weights,
                            const held_out& kept);
  /// A row by the line that it begins in, if it was read from a text.
  template <class Table>
  static std::string row_name(const Table& history, std::uint64_t row) {
    const std::size_t line = history.line(static_cast<std::size_t>(row));
    return "row " + std::to_string(row) + (line != 0 ? " (line " + std::to_string(line) + ")" : "");
  }
  template <class Table>
  struct names {
    const feature::table_features& features;
    const Table& history;
    held_out from;

    std::string row(std::uint64_t i, bool is_kept) const {
      return row_name(history, detail::place_of_row(i, is_kept, from, history.rows()));
    }
    std::string column(std::uint64_t i) const {
      return "feature \"" + features.name(static_cast<std::size_t>(i)) + '"';
    }
  };
  /// The target and the weight of each row are numbers.
  template <class Table>
  static result<void> check_rows(const Table& history, const feature::column& target, std::span<const float> weights);

  feature::table_features features_;
  fitted_type fitted_;
};

template <predictor Model, class Calibration>
template <class Table>
result<const feature::column*> table_pipeline<Model, Calibration>::target_of(const Table& history,
                                                                             std::string_view target) {
  const feature::column* const found = history.find(target);
  if (found != nullptr && found->kind == feature::column_kind::number) return found;
  if (found != nullptr)
    return error(errc::type_mismatch, "pipeline: the target \"" + std::string(target) + "\" is a column of kind " +
                                          std::string(to_string(found->kind)) +
                                          ", not of numbers; of classes, add a column of numbers to the table: of two "
                                          "1 for the one to be found and 0 for the other, of several their places");
  std::string listed;
  for (std::size_t i = 0; i < history.size(); ++i) (listed += i == 0 ? "" : ", ") += history[i].name;
  return error(errc::not_found,
               "pipeline: there is no target \"" + std::string(target) + "\"; the table has [" + listed + ']');
}

template <predictor Model, class Calibration>
template <class Table>
result<void> table_pipeline<Model, Calibration>::learn(feature::table_features& features, const Table& history,
                                                       std::span<const float> weights, const held_out& kept) {
  auto seen = features.learn();
  std::vector<feature::named_cell> cells;
  for (const auto& one : features.inputs()) cells.push_back({one.name, {}});
  std::vector<const feature::column*> columns;
  for (const auto& one : features.inputs()) columns.push_back(history.find(one.name));
  detail::held_out_draw draw(kept, history.rows());
  std::size_t weightless = 0;
  for (std::size_t i = 0; i < history.rows(); ++i) {
    const bool has_weight = weights.empty() || weights[i] != 0;
    if (!has_weight) ++weightless;
    if (draw.next() || !has_weight) continue;
    for (std::size_t j = 0; j < cells.size(); ++j) cells[j].value = feature::cell(*columns[j], i);
    seen.update(std::span<const feature::named_cell>(cells));
  }
  if (seen.count() == 0) return detail::nothing_to_learn("rows", history.rows(), weightless);
  if (auto done = features.fit(seen); !done) return std::move(done).error().wrap("pipeline");
  return {};
}

template <predictor Model, class Calibration>
template <class Table>
result<void> table_pipeline<Model, Calibration>::check_rows(const Table& history, const feature::column& target,
                                                            std::span<const float> weights) {
  for (std::size_t i = 0; i < history.rows(); ++i) {
    const auto wanted = static_cast<double>(static_cast<float>(target.numbers[i]));
    if (!detail::math::is_finite(wanted))
      return error(errc::not_finite,
                   "pipeline: " + row_name(history, i) + ", column \"" + target.name + "\": the target is " +
                       (detail::math::is_nan(wanted) ? "missing" : "infinite, or too large for a float"));
    if (weights.empty()) continue;
    if (auto right = detail::finite_number("weight of row", i, weights[i]); !right) return right;
  }
  return {};
}

template <predictor Model, class Calibration>
template <class Table, class Trainer>
result<table_pipeline<Model, Calibration>> table_pipeline<Model, Calibration>::fit(
    const std::vector<feature::specification>& list, const Table& history, std::string_view target,
    const Trainer& trainer, const calibrated_type& calibrated, std::span<const float> weights) {
  static_assert(std::is_same_v<typename detail::trained_model<Trainer>::type, Model>,
                "millrace[PIPELINE-16]: the trainer makes another model than the pipeline's");
  held_out kept_from{.share = 0};
  if constexpr (fitted_type::is_calibrated) {
    kept_from = calibrated.from;
    if (!(kept_from.share > 0 && kept_from.share < 1)) return detail::wrong_share();
  }
  const auto column = target_of(history, target);
  if (!column) return column.error();
  if (!weights.empty() && weights.size() != history.rows())
    return error(errc::shape_mismatch, "pipeline: " + std::to_string(weights.size()) + " weights for " +
                                           std::to_string(history.rows()) + " rows");
  auto features = feature::table_features::make(list, history);
  if (!features) return std::move(features).error().wrap("pipeline");
  for (const auto& one : features->inputs())
    if (one.name == target)
      return error(errc::invalid_argument, "pipeline: the features read the target \"" + one.name +
                                               "\", which is not known when they are asked: leave it out, as "
                                               "automatic(table, {.except = {...}}) does");
  if (auto right = check_rows(history, **column, weights); !right) return std::move(right).error();
  if (auto done = learn(*features, history, weights, kept_from); !done) return std::move(done).error();
  const std::size_t width = features->width();
  std::vector<float> all(history.rows() * width);
  if (auto done = (*features)(history, all); !done) return std::move(done).error().wrap("pipeline");
  detail::spooled_rows rows;
  detail::spooled_rows kept;
  detail::held_out_draw draw(kept_from, history.rows());
  for (std::size_t i = 0; i < history.rows(); ++i) {
    const auto wanted = static_cast<float>((*column)->numbers[i]);
    const float weight = weights.empty() ? 1.0F : weights[i];
    detail::spooled_rows& to = draw.next() ? kept : rows;
    for (std::size_t j = 0; j < width; ++j) to.features.push_back(all[i * width + j]);
    to.targets.push_back(wanted);
    to.weights.push_back(weight);
  }
  auto fitted = detail::fit_model<Calibration>(trainer, rows, kept, width, names<Table>{*features, history, kept_from});
  if (!fitted) return std::move(fitted).error();
  return table_pipeline(*std::move(features), *std::move(fitted));
}

template <predictor Model, class Calibration>
template <class Table>
result<void> table_pipeline<Model, Calibration>::operator()(const Table& rows, std::span<double> out) const {
  const std::size_t each = outputs();
  const std::size_t count = rows.rows();
  if (out.size() / each != count || out.size() % each != 0) return detail::wrong_room("rows", count, each, out.size());
  std::vector<float> all(count * width());
  auto done = features_(rows, all);
  if (!done && done.error().code() != errc::invalid_data) return std::move(done).error().wrap("pipeline");
  std::vector<bool> is_refused(done ? 0 : count);
  for (std::size_t i = 0; i < is_refused.size(); ++i) {  // which of them, one by one
    const auto row = std::span(all).subspan(i * width(), width());
    is_refused[i] = !features_(rows, i, row);
    if (is_refused[i])
      for (float& x : row) x = 0;
  }
  fitted_.predict(matrix_view(all, width()), out);
  for (std::size_t i = 0; i < is_refused.size(); ++i)
    if (is_refused[i])
      for (double& one : out.subspan(i * each, each)) one = detail::math::nan;
  if (!done) return std::move(done).error().wrap("pipeline");
  return {};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_TABLE_PIPELINE_HPP
