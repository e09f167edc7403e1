#ifndef MILLRACE_MODEL_PIPELINE_DETAIL_FITTED_MODEL_HPP
#define MILLRACE_MODEL_PIPELINE_DETAIL_FITTED_MODEL_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/pipeline/detail/model_scores.hpp>
#include <millrace/model/pipeline/detail/replayed_rows.hpp>
#include <millrace/model/pipeline/detail/row_names.hpp>
#include <millrace/model/pipeline/detail/spooled_rows.hpp>
#include <millrace/model/pipeline/explanation.hpp>
#include <millrace/model/pipeline/steps.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What stands behind the features of a pipeline: a model, a calibration if there is one, and rows to replay.
template <predictor Model, class Calibration>
struct fitted_model {
  static constexpr bool is_calibrated = !std::is_same_v<Calibration, uncalibrated>;

  Model model;
  [[no_unique_address]] Calibration calibration;
  replayed_rows replays{};
  std::uint64_t trained_on = 0;

  std::size_t outputs() const noexcept { return model.outputs(); }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if constexpr (class_calibrator<Calibration>) {
      write_class_odds(model, row, out);
      calibration(out, out);
    } else if constexpr (is_calibrated) {
      write_scores(model, row, out);
      out[0] = calibration(out[0]);
    } else {
      model.predict(row, out);
    }
  }
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    if constexpr (calibrator<Calibration> && scores_batches<Model>) {
      model.score(rows, out);
      for (double& one : out) one = calibration(one);
    } else if constexpr (is_calibrated) {
      for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i * outputs(), outputs()));
    } else {
      model.predict(rows, out);
    }
  }

  /// Whether the calibration is one for so many outputs.
  bool fits() const noexcept {
    if constexpr (class_calibrator<Calibration>)
      return calibration.classes() == model.outputs();
    else
      return !is_calibrated || model.outputs() == 1;
  }

  // The payload of a pipeline: events trained on (u64), then blocks: features, model, calibration (empty if there is
  // none); then the replayed rows.
  std::vector<std::byte> save(const char* type, std::span<const std::byte> features, std::size_t width) const {
    constexpr bool has_bytes = saved_as_bytes<Model>;
    static_assert(has_bytes,
                  "millrace[PIPELINE-7]: the model cannot be saved: it has no save() that returns bytes, or no static "
                  "load(bytes) that returns a result of it");
    envelope_writer to(type);
    to.u64(trained_on);
    to.block(features);
    if constexpr (has_bytes) to.block(model.save());
    if constexpr (is_calibrated)
      to.block(calibration.save());
    else
      to.block({});
    replays.save(to, width, outputs());
    return std::move(to).finish();
  }
};

/// Fits the calibration, if there is one, to rows that the model has not seen.
template <class Calibration, class Model>
result<Calibration> fitted_calibration(const Model& model, const spooled_rows& kept, std::size_t width) {
  if constexpr (std::is_same_v<Calibration, uncalibrated>) {
    return uncalibrated();
  } else {
    constexpr bool of_classes = class_calibrator<Calibration>;
    const std::size_t outputs = model.outputs();
    if (!of_classes && outputs != 1)
      return error(errc::invalid_argument, "pipeline, calibration: it is of one score, and the model has " +
                                               std::to_string(outputs) + " outputs; one_vs_rest is of several");
    const matrix_view rows = kept.view(width);
    std::vector<double> scores(rows.rows() * outputs);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto out = std::span(scores).subspan(i * outputs, outputs);
      if constexpr (of_classes)
        write_class_odds(model, rows.row(i), out);
      else
        write_scores(model, rows.row(i), out);
    }
    auto made = [&] {
      if constexpr (of_classes)
        return Calibration::fit(scores, kept.targets, outputs, kept.weights);
      else
        return Calibration::fit(scores, kept.targets, kept.weights);
    }();
    if (!made)
      return std::move(made).error().wrap("pipeline, calibration by " + std::to_string(rows.rows()) +
                                          " events held out");
    return made;
  }
}

/// Fits a model to rows, and a calibration to others. `names`: of rows and columns, as `in_names` has them.
template <class Calibration, class Trainer, class Names, class Model = typename trained_model<Trainer>::type>
result<fitted_model<Model, Calibration>> fit_model(const Trainer& trainer, const spooled_rows& rows,
                                                   const spooled_rows& kept, std::size_t width, const Names& names) {
  auto model = [&] {
    if constexpr (trains_on_targets<Trainer>)
      return trainer(rows.view(width), rows.targets, rows.weights);
    else
      return trainer(rows.view(width));
  }();
  if (!model) return in_names(model.error(), names, false, rows.targets.size(), width).wrap("pipeline, model");
  if (model->inputs() != width || model->outputs() == 0)
    return error(errc::shape_mismatch, "pipeline, model: it takes " + std::to_string(model->inputs()) +
                                           " columns and has " + std::to_string(model->outputs()) +
                                           " outputs; the features make " + std::to_string(width) + " columns");
  auto calibration = fitted_calibration<Calibration>(*model, kept, width);
  if (!calibration) return in_names(calibration.error(), names, true, kept.targets.size(), width);
  fitted_model<Model, Calibration> made{*std::move(model), *std::move(calibration)};
  made.trained_on = rows.targets.size();
  made.replays.take(rows.view(width), made.outputs(),
                    [&](std::span<const float> row, std::span<double> out) { made.predict(row, out); });
  return made;
}

template <class Features, class Model, class Calibration>
struct loaded_pipeline {
  Features features;
  fitted_model<Model, Calibration> fitted;
};

/// Reads a calibration, or that there is none. Errors: type_mismatch, with both sides.
template <class Calibration>
result<Calibration> loaded_calibration(std::span<const std::byte> bytes) {
  if constexpr (std::is_same_v<Calibration, uncalibrated>) {
    if (bytes.empty()) return uncalibrated();
    return std::move(envelope_reader::open(bytes, "no calibration")).error();
  } else {
    if (bytes.empty())
      return error(errc::type_mismatch, "saved form holds none, expected one: it is of a pipeline with `uncalibrated`");
    return Calibration::load(bytes);
  }
}

/// Reads what `fitted_model::save` wrote, and replays its rows. `load` makes features of their bytes, `width` says how
/// many columns they have.
template <class Features, class Model, class Calibration, class Load, class Width>
result<loaded_pipeline<Features, Model, Calibration>> load_pipeline(std::span<const std::byte> bytes, const char* type,
                                                                    const Load& load, const Width& width) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  const std::uint64_t trained_on = from->u64();
  const std::span<const std::byte> parts[] = {from->block(), from->block(), from->block()};
  if (!from->ok()) return std::move(from->finish(false)).error();

  errc code = errc::corrupt;
  std::string wrong;
  const auto note = [&](const char* part, const error& why) {
    if (wrong.empty() || why.code() == errc::type_mismatch) code = why.code();
    ((wrong += wrong.empty() ? "" : "; ") += part) += why.message();
  };
  auto features = load(parts[0]);
  if (!features) note("features: ", features.error());
  auto model = Model::load(parts[1]);
  if (!model) note("model: ", model.error());
  auto calibration = loaded_calibration<Calibration>(parts[2]);
  if (!calibration) note("calibration: ", calibration.error());
  if (!wrong.empty()) return error(code, "saved " + std::string(type) + ": " + wrong);

  loaded_pipeline<Features, Model, Calibration> made{*std::move(features),
                                                     {*std::move(model), *std::move(calibration)}};
  auto& fitted = made.fitted;
  fitted.trained_on = trained_on;
  const std::size_t columns = width(made.features);
  const bool valid = columns > 0 && fitted.model.inputs() == columns && made.features.fitted() && fitted.fits() &&
                     fitted.replays.load(*from, columns, fitted.outputs());
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  const auto predict = [&](std::span<const float> row, std::span<double> out) { fitted.predict(row, out); };
  if (auto same = fitted.replays.replay(columns, fitted.outputs(), predict); !same) return std::move(same).error();
  return made;
}

/// Explains rows by the names of their features: `all_features` has one entry for each, and `feature_of(column)` says
/// which one a column belongs to.
template <class Model>
class row_explainer {
 public:
  row_explainer(const Model& model, std::size_t output)
      : model_(&model), output_(output), columns_(model, output), adds_(model.inputs()), scores_(model.outputs()) {}

  template <class FeatureOf>
  explanation operator()(std::span<const float> row, std::vector<named_share> all_features, const FeatureOf& feature_of,
                         std::size_t most) {
    explanation made;
    columns_.write(row, adds_);
    write_scores(*model_, row, std::span<double>(scores_));
    made.score = scores_[output_];
    if constexpr (made_of_paths<Model>) made.score = math::log2(-made.score);
    made.base = columns_.base();
    made.reasons = std::move(all_features);
    for (std::size_t j = 0; j < adds_.size(); ++j) made.reasons[feature_of(j)].amount += adds_[j];
    sort_by_amount(made.reasons);
    for (; made.reasons.size() > most; made.reasons.pop_back()) made.rest += made.reasons.back().amount;
    return made;
  }

 private:
  const Model* model_;
  std::size_t output_;
  column_contributions<Model> columns_;
  std::vector<double> adds_;
  std::vector<double> scores_;
};

/// What the model says about its columns, by feature.
template <class Model, class FeatureOf>
std::vector<named_share> importance_by_feature(const Model& model, std::vector<named_share> all_features,
                                               const FeatureOf& feature_of) {
  static_assert(weighs_columns<Model>, "millrace[PIPELINE-6]: the model does not say how much its columns matter");
  if constexpr (weighs_columns<Model>) {
    const std::vector<double> columns = model.importance();
    for (std::size_t j = 0; j < columns.size(); ++j) all_features[feature_of(j)].amount += columns[j];
  }
  sort_by_amount(all_features);
  return all_features;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DETAIL_FITTED_MODEL_HPP
