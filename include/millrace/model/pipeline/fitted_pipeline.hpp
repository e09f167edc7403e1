#ifndef MILLRACE_MODEL_PIPELINE_FITTED_PIPELINE_HPP
#define MILLRACE_MODEL_PIPELINE_FITTED_PIPELINE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/pipeline/detail/fitted_model.hpp>
#include <millrace/model/pipeline/explanation.hpp>
#include <millrace/model/pipeline/steps.hpp>
#include <millrace/model/predictor.hpp>

#include <concepts>
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

template <class Features, class Trainer, class Calibrated>
class pipeline_recipe;

/// What a pipeline returns where a rule of its features may refuse an event. A refused one has NaN for a value.
struct [[nodiscard]] output_or_refusal {
  double value = detail::math::nan;
  feature::refusal refused;

  constexpr explicit operator bool() const noexcept { return !refused; }
  constexpr double value_or(double otherwise) const noexcept { return refused ? otherwise : value; }
};

/// From an event to a prediction: features, a model, and a calibration if there is one, fitted together and saved
/// together. `pipeline_recipe::fit` and `load` make it, so there is none that is not fitted.
///
/// Shapes: one event has `outputs()` outputs.
/// Guarantee: an event's outputs have the same bits alone and in any batch, in training and in serving. An event that a
/// rule refuses never has a number for its output: its outputs are NaN, and the refusal says which feature, and why.
/// Complexity: that of the features and of the model.
/// Allocates: to explain, save and copy; asking, never, except for the text of an error and what an accessor returns.
/// Threads: const calls from any number. To replace it under load, share it by std::shared_ptr.
/// Moved from, it may only be assigned to or destroyed.
template <class Features, predictor Model, class Calibration = uncalibrated>
class pipeline {
 public:
  using event_type = typename Features::event_type;
  using features_type = Features;
  using model_type = Model;
  using calibration_type = Calibration;
  /// How many columns the features make.
  static constexpr std::size_t width = Features::width;
  /// Whether a rule of a feature may refuse events.
  static constexpr bool refuses = Features::refuses;
  static constexpr bool is_calibrated = detail::fitted_model<Model, Calibration>::is_calibrated;

  std::size_t outputs() const noexcept { return fitted_.outputs(); }
  const Features& features() const noexcept { return features_; }
  const Model& model() const noexcept { return fitted_.model; }
  const Calibration& calibration() const noexcept { return fitted_.calibration; }
  /// How many events the features and the model were fitted to.
  std::uint64_t trained_on() const noexcept { return fitted_.trained_on; }

  /// The event's only output: a double, or where a rule may refuse events (`refuses`) an `output_or_refusal`. Of a
  /// model with several outputs it is NaN; ask for those with a span.
  auto operator()(const event_type& event) const noexcept {
    output_or_refusal made;
    double one = detail::math::nan;
    if (outputs() == 1) made.refused = predict(event, std::span(&one, 1));
    made.value = one;
    if constexpr (refuses)
      return made;
    else
      return made.value;
  }
  /// Writes the event's outputs. Returns nothing, or where a rule may refuse events a `feature::refusal`; the outputs
  /// are then NaN. Precondition: out.size() == outputs().
  auto operator()(const event_type& event, std::span<double> out) const noexcept {
    const feature::refusal refused = predict(event, out);
    if constexpr (refuses) return refused;
  }
  /// Writes the outputs of a batch, event after event. A refused event fails alone: its outputs are NaN, all others are
  /// written.
  /// Errors: shape_mismatch: `out` is not events.size() * outputs() long, and nothing is written; invalid_data: rules
  /// refused events: the message names the first, its feature, and how many there were.
  result<void> operator()(std::span<const event_type> events, std::span<double> out) const;

  /// Asked about anything else.
  template <class Other>
  requires(!std::convertible_to<const Other&, const event_type&> &&
           !std::convertible_to<const Other&, std::span<const event_type>>)
  void operator()(const Other&, auto&&...) const {
    static_assert(std::is_void_v<Other>,
                  "millrace[PIPELINE-4]: the pipeline is asked about something else than the event of its features");
  }

  /// Says why events have their scores; made once for many events, since it prepares what all share.
  /// Threads: one at a time. Precondition: the pipeline outlives it.
  class explainer {
   public:
    /// The `most` features that move the event's score most, and the sum of the others.
    explanation operator()(const event_type& event, std::size_t most = 3);

   private:
    friend pipeline;
    explainer(const pipeline& of, std::size_t output) : of_(&of), why_(of.model(), output) {}

    const pipeline* of_;
    detail::row_explainer<Model> why_;
  };
  /// Of the model's outputs this one is explained. Precondition: output < model().outputs().
  auto explains(std::size_t output = 0) const {
    static_assert(explained<Model>,
                  "millrace[PIPELINE-5]: the model does not say why: it has neither contributions and mean_score, nor "
                  "trees");
    if constexpr (explained<Model>) return explainer(*this, output);
  }
  /// The same for one event.
  auto explain(const event_type& event, std::size_t most = 3, std::size_t output = 0) const {
    if constexpr (explained<Model>)
      return explains(output)(event, most);
    else
      explains(output);
  }
  /// How much each feature matters to the model, as the model weighs its columns, those of a transform together; the
  /// one that matters most first.
  std::vector<named_share> importance() const {
    return detail::importance_by_feature(model(), all_features(), &Features::transform_of);
  }

  /// One envelope: features with their schema, the model, the calibration, and a few rows with their outputs.
  std::vector<std::byte> save() const { return fitted_.save(saved_as, features_.save(), width); }

 private:
  static constexpr const char* saved_as = "pipeline";
  template <class, class, class>
  friend class pipeline_recipe;

  /// How many rows stand on the stack while a batch is predicted.
  static constexpr std::size_t rows_at_once = width >= 4096 ? 1 : 4096 / width < 64 ? 4096 / width : 64;

  pipeline(Features features, detail::fitted_model<Model, Calibration> fitted)
      : features_(std::move(features)), fitted_(std::move(fitted)) {}

  static std::vector<named_share> all_features() {
    std::vector<named_share> made(Features::size);
    for (std::size_t i = 0; i < made.size(); ++i) made[i].feature = Features::transform_name(i);
    return made;
  }

  feature::refusal write_row(const event_type& event, std::span<float> row) const noexcept {
    if constexpr (refuses) {
      return features_(event, row);
    } else {
      features_(event, row);
      return {};
    }
  }
  feature::refusal predict(const event_type& event, std::span<double> out) const noexcept {
    float row[width];
    const feature::refusal refused = write_row(event, row);
    if (refused) [[unlikely]]
      for (double& one : out) one = detail::math::nan;
    else
      fitted_.predict(row, out);
    return refused;
  }

  Features features_;
  detail::fitted_model<Model, Calibration> fitted_;
};

template <class Features, predictor Model, class Calibration>
result<void> pipeline<Features, Model, Calibration>::operator()(std::span<const event_type> events,
                                                                std::span<double> out) const {
  const std::size_t each = outputs();
  if (out.size() / each != events.size() || out.size() % each != 0)
    return detail::wrong_room("events", events.size(), each, out.size());
  std::size_t count = 0;
  std::size_t first = 0;
  feature::refusal why;
  float block[rows_at_once * width];
  bool is_refused[rows_at_once];
  for (std::size_t at = 0; at < events.size(); at += rows_at_once) {
    const std::size_t rows = events.size() - at < rows_at_once ? events.size() - at : rows_at_once;
    for (std::size_t i = 0; i < rows; ++i) {
      const feature::refusal refused = write_row(events[at + i], std::span(block + i * width, width));
      is_refused[i] = static_cast<bool>(refused);
      if (!refused) continue;
      if (count++ == 0) {
        first = at + i;
        why = refused;
      }
      for (std::size_t j = 0; j < width; ++j) block[i * width + j] = 0;
    }
    const std::span<double> written = out.subspan(at * each, rows * each);
    fitted_.predict(matrix_view(block, rows, width), written);
    if constexpr (refuses)
      for (std::size_t i = 0; i < rows; ++i)
        if (is_refused[i])
          for (double& one : written.subspan(i * each, each)) one = detail::math::nan;
  }
  if (count == 0) return {};
  return error(errc::invalid_data, "pipeline: event " + std::to_string(first) + ", feature \"" +
                                       std::string(why.column) + "\": the value is " + std::string(to_string(why.why)) +
                                       "; events refused: " + std::to_string(count) + " of " +
                                       std::to_string(events.size()));
}

template <class Features, predictor Model, class Calibration>
explanation pipeline<Features, Model, Calibration>::explainer::operator()(const event_type& event, std::size_t most) {
  explanation made;
  float row[width];
  made.refused = of_->write_row(event, row);
  if (made.refused) return made;
  return why_(row, all_features(), &Features::transform_of, most);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_FITTED_PIPELINE_HPP
