#ifndef MILLRACE_MODEL_PIPELINE_RECIPE_HPP
#define MILLRACE_MODEL_PIPELINE_RECIPE_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/pipeline/detail/fitted_model.hpp>
#include <millrace/model/pipeline/detail/spooled_rows.hpp>
#include <millrace/model/pipeline/fitted_pipeline.hpp>
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

/// How a pipeline is made of events: which features, which model, which calibration; made by `pipeline_of`. `fit` and
/// `load` return pipelines of one type, so what was trained is what serves.
///
/// Guarantee: the same events, in the same order, give the same pipeline. No event that the calibration is fitted to is
/// seen by the features or by the model.
/// Memory of `fit`: for each event its row of features, a target and a weight, (width + 2) * 4 bytes, beside what the
/// model takes; the events themselves are not copied.
/// Threads: const calls from any number.
template <class Features, class Trainer, class Calibrated>
class pipeline_recipe {
  using spooled_rows = detail::spooled_rows;

 public:
  using event_type = typename Features::event_type;
  using model_type = typename detail::trained_model<Trainer>::type;
  using calibration_type = typename detail::calibration_of<Calibrated>::type;
  using pipeline_type = pipeline<Features, model_type, calibration_type>;
  static constexpr bool is_calibrated = pipeline_type::is_calibrated;

  pipeline_recipe(Features features, Trainer trainer, Calibrated calibrated)
      : features_(std::move(features)), trainer_(std::move(trainer)), calibrated_(std::move(calibrated)) {}

  /// Fits to events in memory. `targets` and `weights` are each a number for every event, or an accessor of the event,
  /// as in `fit(payments, &payment::is_fraud)`. Classes are whole numbers from 0; a bool is 0 or 1.
  /// Errors: shape_mismatch: another number of targets or weights; those of `fit_stream`.
  template <class Targets, class Weights = std::span<const float>>
  result<pipeline_type> fit(std::span<const event_type> events, const Targets& targets,
                            const Weights& weights = {}) const {
    static_assert(detail::trains_on_targets<Trainer>,
                  "millrace[PIPELINE-8]: the model is fitted without targets: fit(events)");
    static_assert(gives_numbers<Targets> && gives_numbers<Weights>,
                  "millrace[PIPELINE-9]: targets and weights are floats, one for each event, or an accessor that gives "
                  "a number or a bool of the recipe's event");
    if constexpr (gives_numbers<Targets> && gives_numbers<Weights>) {
      if (auto right = check_count("targets", targets, events.size(), false); !right) return std::move(right).error();
      if (auto right = check_count("weights", weights, events.size(), true); !right) return std::move(right).error();
      return fit_stream([&](const auto& sink) {
        for (std::size_t i = 0; i < events.size(); ++i)
          sink(events[i], number_of(targets, events[i], i), number_of(weights, events[i], i));
      });
    } else {
      return error(errc::unsupported, "");
    }
  }
  /// The same of a model that is fitted without targets.
  result<pipeline_type> fit(std::span<const event_type> events) const
  requires(!detail::trains_on_targets<Trainer>)
  {
    return fit_stream([&](const auto& sink) {
      for (const event_type& event : events) sink(event, 0.0F);
    });
  }

  /// Fitted to anything else.
  template <class Events, class... Others>
  requires(!std::is_convertible_v<const Events&, std::span<const event_type>> || sizeof...(Others) > 2 ||
           (detail::trains_on_targets<Trainer> && sizeof...(Others) == 0))
  result<pipeline_type> fit(const Events&, const Others&...) const {
    static_assert(!sizeof(Events),
                  "millrace[PIPELINE-17]: fit takes a list of the features' events and a target for each: "
                  "fit(payments, &payment::is_fraud), or the events alone for a model without targets");
    return error(errc::unsupported, "");
  }

  /// Fits to events that `read` gives: it calls `sink(event, target)` or `sink(event, target, weight)` for each, and
  /// returns nothing, or a result<void>. It is called twice, for the features and then for the rows, and must give the
  /// same events in the same order both times; where the latest events are held out, once before to count them. Events
  /// of weight 0 are not learnt from. Errors: invalid_data: a rule refused an event, or the second time there were not
  /// as many; invalid_argument: the share held out; those of the features, the model, the calibration and of `read`,
  /// each with its step.
  template <class Read>
  result<pipeline_type> fit_stream(Read&& read) const;

  /// A pipeline of what `pipeline::save` wrote. The rows that were saved with it are predicted again.
  /// Errors: those of an envelope; type_mismatch: the bytes hold other features, another model or another calibration:
  /// one error that names what was found and what was expected, of each; invalid_data: a row has other outputs than
  /// when it was saved.
  result<pipeline_type> load(std::span<const std::byte> bytes) const;

 private:
  template <class Numbers>
  static constexpr bool is_list = std::is_convertible_v<const Numbers&, std::span<const float>>;
  template <class Numbers>
  static constexpr bool gives_numbers = [] {
    if constexpr (is_list<Numbers>)
      return true;
    else if constexpr (std::is_invocable_v<const Numbers&, const event_type&>)
      return std::is_arithmetic_v<std::remove_cvref_t<std::invoke_result_t<const Numbers&, const event_type&>>>;
    else
      return false;
  }();

  /// The number of event i; 1 if there are none.
  template <class Numbers>
  static float number_of(const Numbers& numbers, const event_type& event, std::size_t i) {
    if constexpr (is_list<Numbers>) {
      const std::span<const float> list(numbers);
      return list.empty() ? 1.0F : list[i];
    } else {
      return detail::number_read(event, numbers);
    }
  }
  template <class Numbers>
  static result<void> check_count(const char* what, const Numbers& numbers, std::size_t events, bool may_be_none) {
    if constexpr (is_list<Numbers>) {
      const std::span<const float> list(numbers);
      if (list.size() != events && !(may_be_none && list.empty()))
        return error(errc::shape_mismatch, "pipeline: " + std::to_string(list.size()) + " " + what + " for " +
                                               std::to_string(events) + " events");
    }
    return {};
  }
  /// Calls the reader, and returns its error if it has one.
  template <class Read, class Sink>
  static result<void> called(Read& read, const Sink& sink) {
    if constexpr (std::is_void_v<decltype(read(sink))>)
      read(sink);
    else
      return read(sink);
    return {};
  }

  held_out from_events() const noexcept {
    if constexpr (is_calibrated)
      return calibrated_.from;
    else
      return {.share = 0};
  }
  template <class Read>
  result<std::uint64_t> learn_features(Features& features, Read& read, std::uint64_t total) const;
  template <class Read>
  result<std::uint64_t> spool(const Features& features, Read& read, std::uint64_t total, spooled_rows& rows,
                              spooled_rows& kept) const;
  template <class Read>
  static result<std::uint64_t> count_of(Read& read);

  /// What errors of the model call rows and columns.
  struct names {
    const Features& features;
    held_out from;
    std::uint64_t total;

    std::string row(std::uint64_t i, bool is_kept) const {
      return "event " + std::to_string(detail::place_of_row(i, is_kept, from, total));
    }
    std::string column(std::uint64_t i) const {
      return "feature \"" + features.name(static_cast<std::size_t>(i)) + '"';
    }
  };

  Features features_;
  Trainer trainer_;
  [[no_unique_address]] Calibrated calibrated_;
};

/// How a pipeline is made: of features, a model and, if the third step is there, a calibration.
///
///     namespace mm = mr::model;
///     const auto recipe = mm::pipeline_of(payment_features(), mm::trained_by<mm::boosted_trees<>>({.rounds = 50}),
///                                         mm::calibrated_by<mm::platt>());
///     auto fraud = recipe.fit(payments, &payment::is_fraud);   // result<pipeline<...>>
///     double probability = (*fraud)(one_payment);
///     auto again = recipe.load(fraud->save());
template <class Features, class Trainer, class Calibrated = uncalibrated>
auto pipeline_of(Features features, Trainer trainer, Calibrated calibrated = {}) {
  using model_type = typename detail::trained_model<Trainer>::type;
  static_assert(detail::pipeline_features<Features>,
                "millrace[PIPELINE-10]: the first step of a pipeline is features: mr::feature::features<Event>(...)");
  static_assert(
      predictor<model_type>,
      "millrace[PIPELINE-11]: the second step of a pipeline says what is fitted: trained_by<M>(options), or a "
      "function of rows, targets and weights that returns a result of a model");
  static_assert(detail::is_calibrated_by<Calibrated> || std::is_same_v<Calibrated, uncalibrated>,
                "millrace[PIPELINE-12]: the third step of a pipeline is calibrated_by<C>(), or there is none");
  static_assert(!calibrator<typename detail::calibration_of<Calibrated>::type> || !detail::never_one_output<model_type>,
                "millrace[PIPELINE-13]: a calibration is of one score, and the model has several outputs: "
                "calibrated_by<one_vs_rest<>>()");
  static_assert(!detail::is_calibrated_by<Calibrated> || detail::trains_on_targets<Trainer>,
                "millrace[PIPELINE-14]: a calibration is fitted to targets, and the model is fitted without");
  if constexpr (detail::pipeline_features<Features> && predictor<model_type>) {
    static_assert(Features::width <= 16'384,
                  "millrace[PIPELINE-15]: a row of more than 16,384 columns does not stand on the stack: hash into "
                  "fewer places");
    return pipeline_recipe<Features, Trainer, Calibrated>(std::move(features), std::move(trainer),
                                                          std::move(calibrated));
  }
}

template <class Features, class Trainer, class Calibrated>
template <class Read>
result<std::uint64_t> pipeline_recipe<Features, Trainer, Calibrated>::count_of(Read& read) {
  std::uint64_t count = 0;
  const auto add = [&](const event_type&, float, float = 1) { ++count; };
  if (auto done = called(read, add); !done) return std::move(done).error().wrap("pipeline: reading events");
  return count;
}

template <class Features, class Trainer, class Calibrated>
template <class Read>
result<std::uint64_t> pipeline_recipe<Features, Trainer, Calibrated>::learn_features(Features& features, Read& read,
                                                                                     std::uint64_t total) const {
  auto seen = features.learn();
  detail::held_out_draw draw(from_events(), total);
  std::uint64_t count = 0;
  std::uint64_t learnt = 0;
  std::uint64_t weightless = 0;
  const auto learn = [&](const event_type& event, float, float weight = 1) {
    ++count;
    if (weight == 0) ++weightless;
    if (draw.next() || weight == 0) return;
    ++learnt;
    seen.update(event);
  };
  if (auto done = called(read, learn); !done) return std::move(done).error().wrap("pipeline: reading events");
  if (learnt == 0) return detail::nothing_to_learn("events", count, weightless);
  if (auto done = features.fit(seen); !done) return std::move(done).error().wrap("pipeline");
  return count;
}

template <class Features, class Trainer, class Calibrated>
template <class Read>
result<std::uint64_t> pipeline_recipe<Features, Trainer, Calibrated>::spool(const Features& features, Read& read,
                                                                            std::uint64_t total, spooled_rows& rows,
                                                                            spooled_rows& kept) const {
  detail::held_out_draw draw(from_events(), total);
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  feature::refusal refused;
  result<void> right;
  const auto take = [&](const event_type& event, float target, float weight = 1) {
    if (is_calibrated && right) right = detail::finite_number("target of event", count, target);
    if (is_calibrated && right) right = detail::finite_number("weight of event", count, weight);
    spooled_rows& to = draw.next() ? kept : rows;
    const std::size_t at = to.features.size();
    to.features.resize(at + Features::width);
    to.targets.push_back(target);
    to.weights.push_back(weight);
    const std::span<float> row(to.features.data() + at, Features::width);
    if constexpr (Features::refuses) {
      const feature::refusal found = features(event, row);
      if (found && !refused) {
        first = count;
        refused = found;
      }
    } else {
      features(event, row);
    }
    ++count;
  };
  if (auto done = called(read, take); !done) return std::move(done).error().wrap("pipeline: reading events again");
  if (refused)
    return error(errc::invalid_data, "pipeline: event " + std::to_string(first) + ", feature \"" +
                                         std::string(refused.column) + "\": the value is " +
                                         std::string(to_string(refused.why)));
  if (!right) return std::move(right).error();
  return count;
}

template <class Features, class Trainer, class Calibrated>
template <class Read>
result<typename pipeline_recipe<Features, Trainer, Calibrated>::pipeline_type>
pipeline_recipe<Features, Trainer, Calibrated>::fit_stream(Read&& read) const {
  if constexpr (is_calibrated)
    if (!(calibrated_.from.share > 0 && calibrated_.from.share < 1)) return detail::wrong_share();
  Features features = features_;
  result<std::uint64_t> total = ~std::uint64_t{0};
  if (from_events().latest) total = count_of(read);
  if (!total) return std::move(total).error();
  const auto seen = learn_features(features, read, *total);
  if (!seen) return seen.error();
  spooled_rows rows;
  spooled_rows kept;
  const auto again = spool(features, read, *total, rows, kept);
  if (!again) return again.error();
  if (*again != *seen)
    return error(errc::invalid_data, "pipeline: " + std::to_string(*seen) + " events were read the first time, and " +
                                         std::to_string(*again) + " the second");
  auto fitted = detail::fit_model<calibration_type>(trainer_, rows, kept, Features::width,
                                                    names{features, from_events(), *total});
  if (!fitted) return std::move(fitted).error();
  return pipeline_type(std::move(features), *std::move(fitted));
}

template <class Features, class Trainer, class Calibrated>
result<typename pipeline_recipe<Features, Trainer, Calibrated>::pipeline_type>
pipeline_recipe<Features, Trainer, Calibrated>::load(std::span<const std::byte> bytes) const {
  static_assert(saved_as_bytes<model_type>,
                "millrace[PIPELINE-7]: the model cannot be loaded: it has no save() that returns bytes, or no static "
                "load(bytes) that returns a result of it");
  auto made = detail::load_pipeline<Features, model_type, calibration_type>(
      bytes, pipeline_type::saved_as, [&](std::span<const std::byte> part) { return features_.load(part); },
      [](const Features&) { return Features::width; });
  if (!made) return std::move(made).error();
  return pipeline_type(std::move(made->features), std::move(made->fitted));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_RECIPE_HPP
