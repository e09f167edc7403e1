#ifndef MILLRACE_INFER_ONLINE_ONLINE_LEARNER_HPP
#define MILLRACE_INFER_ONLINE_ONLINE_LEARNER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/detect/change/adwin.hpp>
#include <millrace/detect/signal.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/online/detail/sample_ring.hpp>
#include <millrace/infer/online/online_options.hpp>
#include <millrace/infer/online/prequential.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/sparse_view.hpp>

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
namespace infer {
namespace detail {

/// Learns from one sparse sample.
template <class M>
concept learns_sparse_samples = requires(M& model, const millrace::model::sparse_view& row, float number) {
  { model.partial_fit(row, number, number) } -> std::same_as<double>;
};

template <class M>
inline constexpr bool learns_targets = millrace::model::learns_samples<M> || millrace::model::learns_batches<M>;
template <class M>
inline constexpr bool is_online_model =
    millrace::model::partial_trainer<M> && millrace::model::saved_as_bytes<M> && std::copyable<M>;

template <class D>
inline constexpr bool is_online_detector =
    detect::drift_detector<D> && millrace::model::saved_as_bytes<D> && std::is_default_constructible_v<D>;

/// The loss of a prediction: of one output itself, of several the class that is largest, whose probability stands in
/// `outputs`.
inline double online_loss_of(online_loss loss, double prediction, float target, std::span<const double> outputs) {
  const auto truth = static_cast<double>(target);
  switch (loss) {
    case online_loss::wrong_class:
      return outputs.size() > 1 ? (prediction != truth ? 1 : 0) : ((prediction > 0.5) != (truth > 0.5) ? 1 : 0);
    case online_loss::log_loss: {
      constexpr double least = 0x1p-52;
      double given = truth > 0.5 ? prediction : 1 - prediction;
      if (outputs.size() > 1)
        given =
            truth >= 0 && truth < static_cast<double>(outputs.size()) ? outputs[static_cast<std::size_t>(truth)] : 0;
      return -math::log(given > least ? (given < 1 ? given : 1) : least);
    }
    case online_loss::squared: return (prediction - truth) * (prediction - truth);
    case online_loss::absolute: return math::absolute(prediction - truth);
  }
  return 0;
}

}  // namespace detail

/// A model that learns from a stream: every sample is predicted first and measured, then learnt in mini-batches; a
/// detector watches the errors, and what it finds is counted or makes the model begin anew.
///
///     auto made = mr::infer::online_learner<mr::model::ftrl_logistic>::make(*model, {.batch = 32});
///     double probability = *made->update(row, label);  // predicted before the label was seen
///
/// `Model`: any model::partial_trainer that is saved: of samples, of batches, or of rows without targets, which are not
/// measured; `ftrl_logistic` and `ftrl_linear` take sparse rows as well. `Detector`: a detect::drift_detector of the
/// loss in the options; the default alarms falsely once in a million samples, more often where losses are rare or
/// heavy-tailed. `Schedule`: a factor of the weights, by the number of batches. `Clock`: for batches by time.
///
/// Shapes: rows of `Model`'s inputs; of several outputs the prediction is the class of the largest.
/// Guarantee: the same samples give the same bits (with an interval, at the same times). A batch of 1 learns as the
/// model alone. What is loaded goes on as what was saved, to the bit, with the batch in progress, detector, schedule
/// and measures. One change raises one drift: after it the detector starts afresh once the model has settled, and a
/// fall of errors is none. Missing values: a sample with a number that is not finite, an index beyond the inputs or a
/// negative weight is left out and counted in `refused()`; its prediction is NaN. Complexity: a prediction, a copy of
/// the row, and the model's own learning. Allocates: until batch and windows are full; then what the model does.
/// Threads: one learns; readers on others use the copies that a `publisher` makes.
template <class Model, class Detector = detect::adwin<detect::arl<1'000'000>>, class Schedule = unchanged_weight,
          clock_policy Clock = steady_clock>
class online_learner {
  static_assert(
      detail::is_online_model<Model>,
      "millrace[ONLINE-1]: an online_learner takes a model::partial_trainer, which predicts and has partial_fit, "
      "that can be copied, saved and loaded");
  static_assert(detail::is_online_detector<Detector>,
                "millrace[ONLINE-2]: an online_learner's errors are watched by a detector of a lasting change that is "
                "saved and loaded, such as detect::adwin<> or detect::ddm<>");

 public:
  using model_type = Model;
  using detector_type = Detector;

  /// Takes a model that has learnt nothing, or something already; after a drift it begins anew as that.
  /// Errors: invalid_argument: an option.
  static result<online_learner> make(Model fresh, const online_options& with = {}, Detector detector = {},
                                     Schedule schedule = {}, Clock clock = {}) {
    if (auto right = check_options(with); !right) return std::move(right).error();
    return online_learner(std::move(fresh), with, std::move(detector), std::move(schedule), std::move(clock));
  }

  /// Predicts a sample, measures the prediction, and takes the sample into the batch, which is learnt when it is full.
  /// Returns the prediction; NaN for a sample that is refused.
  /// Errors: shape_mismatch (a row of too few columns, which changes nothing), and what the model refuses in a batch,
  /// which is then left out as a whole.
  result<double> update(std::span<const float> row, float target, float weight = 1)
  requires(detail::learns_targets<Model>)
  {
    if (row.size() < model_.inputs()) return short_row(row.size());
    return learn_later(row.first(model_.inputs()), target, weight);
  }
  template <class Row>
  requires(detail::learns_sparse_samples<Model> && std::is_convertible_v<const Row&, model::sparse_view> &&
           !std::is_convertible_v<const Row&, std::span<const float>>)
  result<double> update(const Row& row, float target, float weight = 1) {
    return learn_later(static_cast<model::sparse_view>(row), target, weight);
  }
  /// Takes a sample into the batch of a model that learns without targets. Nothing is measured.
  result<void> update(std::span<const float> row)
  requires(!detail::learns_targets<Model>)
  {
    if (row.size() < model_.inputs()) return short_row(row.size());
    auto done = learn_later(row.first(model_.inputs()), 0, 1);
    if (!done) return std::move(done).error();
    return {};
  }
  /// Learns the batch as far as it has come.
  result<void> flush() {
    const std::size_t size = batch_.size();
    if (size == 0) return {};
    auto done = learn(batch_, 0, size);
    batch_.reset();
    return done;
  }
  /// Learns the batch if its time has come, for streams in which samples may stay away.
  result<void> poll() {
    if (batch_.size() != 0 && is_late()) return flush();
    return {};
  }

  /// The model as it is now.
  const Model& model() const noexcept { return model_; }
  const Detector& detector() const noexcept { return detector_; }
  const online_options& options() const noexcept { return with_; }
  /// Predictions before training.
  const prequential& measures() const noexcept { return measures_; }
  /// The samples held out, as the model now predicts them.
  prequential holdout() const;

  /// Batches learnt; of those, before this learner was loaded; and samples in them.
  std::uint64_t updates() const noexcept { return counts_.updates; }
  std::uint64_t updates_before() const noexcept { return updates_before_; }
  std::uint64_t learnt() const noexcept { return counts_.learnt; }
  /// Samples that `update` was given, those that were refused too; a row of too few columns is none. After `resume` it
  /// says where in the stream to go on: behind so many.
  std::uint64_t samples() const noexcept { return counts_.seen + counts_.refused; }
  /// Samples in the batch that is not yet full.
  std::size_t pending() const noexcept { return batch_.size(); }
  std::uint64_t held_out() const noexcept { return counts_.held_out; }
  std::uint64_t refused() const noexcept { return counts_.refused; }
  /// What the detector said of the last sample, a fall of errors not counted: back to `none` with the next.
  detect::signal last_signal() const noexcept { return last_; }
  /// Drifts, and times at which warnings began.
  std::uint64_t drifts() const noexcept { return counts_.drifts; }
  std::uint64_t warnings() const noexcept { return counts_.warnings; }
  /// The detector's statistic over its threshold: above 1 is a drift.
  double drift_score() const noexcept {
    return detector_.threshold() > 0 ? detector_.statistic() / detector_.threshold() : 0;
  }

  /// Saved form: an envelope "online_learner" of the saved forms of the model, of the model to begin anew with, of the
  /// detector and of the measures (blocks), the options and counters (see `numbers`), the age of the batch (u64,
  /// nanoseconds), and the samples of the batch, the window and the holdout.
  /// Allocates: the bytes.
  std::vector<std::byte> save() const;
  /// Schedule and clock are given again, as functions are not saved.
  /// Errors: those of `envelope_reader` and of the parts.
  static result<online_learner> load(std::span<const std::byte> bytes, Schedule schedule = {}, Clock clock = {});

 private:
  struct counters {
    std::uint64_t updates = 0;
    std::uint64_t learnt = 0;
    std::uint64_t held_out = 0;
    std::uint64_t refused = 0;
    std::uint64_t drifts = 0;
    std::uint64_t warnings = 0;
    std::uint64_t seen = 0;           // samples that were not refused
    std::uint64_t since_warning = 0;  // samples since a warning began; 0: there is none
    std::uint64_t quiet = 0;          // samples since the last warning of it
    std::uint64_t settling = 0;       // losses that are not yet shown to the detector
    std::uint64_t errors = 0;         // losses since the detector started afresh, their sum and their faded mean
    double error_sum = 0;
    double error_now = 0;
  };

  online_learner(Model fresh, const online_options& with, Detector detector, Schedule schedule, Clock clock)
      : model_(fresh),
        fresh_(std::move(fresh)),
        with_(with),
        detector_(std::move(detector)),
        schedule_(std::move(schedule)),
        clock_(std::move(clock)),
        measures_(with.window),
        batch_(with.batch),
        window_(with.on_drift == drift_action::shrink ? with.shrink_to : 0),
        held_(with.holdout_every != 0 ? with.holdout : 0),
        outputs_(model_.outputs()) {
    counts_.settling = with.settle;
  }

  static result<void> check_options(const online_options& with);
  [[gnu::cold]] error short_row(std::size_t columns) const {
    return error(errc::shape_mismatch, "online_learner: a row has " + std::to_string(columns) + " of " +
                                           std::to_string(model_.inputs()) + " columns");
  }

  template <class Row>
  result<double> learn_later(const Row& row, float target, float weight);
  template <class Row>
  double predict(const Model& with, const Row& row, std::span<double> outputs) const noexcept;
  bool is_usable(std::span<const float> row, float target, float weight) const noexcept;
  bool is_usable(const model::sparse_view& row, float target, float weight) const noexcept;
  void watch(double loss) noexcept;
  bool has_risen() const noexcept;
  void note_warning(bool warned) noexcept;
  result<void> after_drift();
  result<void> learn(const detail::sample_ring& from, std::size_t first, std::size_t end);
  result<void> learn_gathered(const detail::sample_ring& from, std::size_t first, std::size_t end, double factor);

  std::uint64_t now() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  bool is_late() const noexcept {
    return with_.interval.nanoseconds > 0 && now() - begun_ >= static_cast<std::uint64_t>(with_.interval.nanoseconds);
  }
  /// Calls f(number) for every option and counter, in the order in which they are saved.
  template <class Self, class F>
  static void numbers(Self& self, F&& f) {
    f(self.with_.batch), f(self.with_.interval.nanoseconds), f(self.with_.window), f(self.with_.holdout_every);
    f(self.with_.holdout), f(self.with_.shrink_to), f(self.with_.settle);
    f(self.counts_.updates), f(self.counts_.learnt), f(self.counts_.settling);
    f(self.counts_.held_out), f(self.counts_.refused), f(self.counts_.drifts), f(self.counts_.warnings);
    f(self.counts_.seen), f(self.counts_.since_warning), f(self.counts_.quiet), f(self.counts_.errors);
  }
  bool load_state(envelope_reader& from);

  Model model_;
  Model fresh_;
  online_options with_;
  Detector detector_;
  [[no_unique_address]] Schedule schedule_;
  Clock clock_;
  prequential measures_;
  detail::sample_ring batch_;
  detail::sample_ring window_;
  detail::sample_ring held_;
  std::vector<double> outputs_;
  std::vector<float> gathered_;
  std::vector<float> targets_;
  std::vector<float> weights_;
  counters counts_;
  std::uint64_t begun_ = 0;  // when the batch's first sample came
  std::uint64_t updates_before_ = 0;
  detect::signal last_ = detect::signal::none;
};

template <class Model, class Detector, class Schedule, clock_policy Clock>
result<void> online_learner<Model, Detector, Schedule, Clock>::check_options(const online_options& with) {
  const auto wrong = [](const char* option, const char* wanted) {
    return error(errc::invalid_argument, std::string("online_learner: option ") + option + " must be " + wanted);
  };
  if (with.batch == 0) return wrong("batch", "1 or above");
  if (with.interval.nanoseconds < 0) return wrong("interval", "0 or above");
  if (with.loss > online_loss::absolute) return wrong("loss", "one of online_loss");
  if (with.window == 0) return wrong("window", "1 or above");
  if (with.holdout_every != 0 && with.holdout == 0) return wrong("holdout", "1 or above");
  if (with.on_drift > drift_action::shrink) return wrong("on_drift", "one of drift_action");
  if (with.shrink_to == 0) return wrong("shrink_to", "1 or above");
  return {};
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
template <class Row>
result<double> online_learner<Model, Detector, Schedule, Clock>::learn_later(const Row& row, float target,
                                                                             float weight) {
  last_ = detect::signal::none;
  if (!is_usable(row, target, weight)) [[unlikely]] {
    ++counts_.refused;
    return detail::math::nan;
  }
  double predicted = detail::math::nan;
  if constexpr (detail::learns_targets<Model>) predicted = predict(model_, row, outputs_);
  if (detail::math::is_finite(predicted)) [[likely]] {
    const double loss = detail::online_loss_of(with_.loss, predicted, target, outputs_);
    measures_.update(predicted, target, loss);
    watch(loss < prequential::max_loss ? loss : prequential::max_loss);
  }
  if (last_ == detect::signal::drift) [[unlikely]]
    if (auto done = after_drift(); !done) return std::move(done).error();
  ++counts_.seen;
  if (with_.holdout_every != 0 && counts_.seen % with_.holdout_every == 0) {
    ++counts_.held_out;
    held_.append(row, target, weight);
    return predicted;
  }
  window_.append(row, target, weight);
  if (batch_.size() == 0 && with_.interval.nanoseconds > 0) begun_ = now();
  batch_.append(row, target, weight);
  if (batch_.size() == with_.batch || is_late())
    if (auto done = flush(); !done) return std::move(done).error();
  return predicted;
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
template <class Row>
double online_learner<Model, Detector, Schedule, Clock>::predict(const Model& with, const Row& row,
                                                                 std::span<double> outputs) const noexcept {
  if constexpr (requires { with.fitted(); })
    if (!with.fitted()) return detail::math::nan;
  with.predict(row, outputs);
  if (outputs.size() == 1) return outputs[0];
  std::size_t most = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!detail::math::is_finite(outputs[k])) return detail::math::nan;
    if (outputs[k] > outputs[most]) most = k;
  }
  return static_cast<double>(most);
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
bool online_learner<Model, Detector, Schedule, Clock>::is_usable(std::span<const float> row, float target,
                                                                 float weight) const noexcept {
  float sum = 0;  // x - x is 0, or NaN where x is not finite
  for (const float x : row) sum += x - x;
  return sum == 0 && target - target == 0 && weight >= 0 && weight - weight == 0;
}
template <class Model, class Detector, class Schedule, clock_policy Clock>
bool online_learner<Model, Detector, Schedule, Clock>::is_usable(const model::sparse_view& row, float target,
                                                                 float weight) const noexcept {
  for (std::size_t i = 0; i < row.size(); ++i)
    if (row.index(i) >= model_.inputs()) return false;
  return is_usable(row.values(), target, weight);
}

/// Shows the detector a loss. What it calls a drift is one if losses are now above their mean since it started afresh;
/// if they are below, the model has become better. Losses now: those in the detector's window, if it has one, which
/// after a drift holds what came after the change; else a faded mean.
template <class Model, class Detector, class Schedule, clock_policy Clock>
void online_learner<Model, Detector, Schedule, Clock>::watch(double loss) noexcept {
  constexpr std::uint64_t few = 64;
  if (counts_.settling != 0) {
    --counts_.settling;
    return;
  }
  ++counts_.errors;
  counts_.error_sum += loss;
  const double step = 1 / static_cast<double>(counts_.errors < few ? counts_.errors : few);
  counts_.error_now += (loss - counts_.error_now) * step;
  last_ = detector_.update(loss);
  if (last_ != detect::signal::none && !has_risen()) last_ = detect::signal::none;
  note_warning(last_ == detect::signal::warning);
  if (last_ == detect::signal::drift) ++counts_.drifts;
}
template <class Model, class Detector, class Schedule, clock_policy Clock>
bool online_learner<Model, Detector, Schedule, Clock>::has_risen() const noexcept {
  double newest = counts_.error_now;
  if constexpr (requires { detector_.width(); })
    if (last_ == detect::signal::drift) newest = detector_.mean();
  return newest > counts_.error_sum / static_cast<double>(counts_.errors);
}

/// A warning stands until as many samples as the window has have come without another.
template <class Model, class Detector, class Schedule, clock_policy Clock>
void online_learner<Model, Detector, Schedule, Clock>::note_warning(bool warned) noexcept {
  if (counts_.since_warning != 0) {
    ++counts_.since_warning;
    ++counts_.quiet;
  }
  if (warned) {
    if (counts_.since_warning == 0) {
      ++counts_.warnings;
      counts_.since_warning = 1;
    }
    counts_.quiet = 0;
  } else if (counts_.quiet > with_.shrink_to) {
    counts_.since_warning = counts_.quiet = 0;
  }
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
result<void> online_learner<Model, Detector, Schedule, Clock>::after_drift() {
  const std::uint64_t after = counts_.since_warning != 0 ? counts_.since_warning : detector_.count();
  detector_.reset();  // what is left of its window may still hold some of what came before, and would alarm again
  counts_.errors = counts_.since_warning = counts_.quiet = 0;
  counts_.error_sum = counts_.error_now = 0;
  counts_.settling = with_.settle;
  if (with_.on_drift == drift_action::warn) return {};
  model_ = fresh_;
  batch_.reset();
  window_.keep_newest(static_cast<std::size_t>(after < window_.most() ? after : window_.most()));
  for (std::size_t i = 0; i < window_.size(); i += with_.batch) {
    const std::size_t left = window_.size() - i;
    if (auto done = learn(window_, i, i + (left < with_.batch ? left : with_.batch)); !done) return done;
  }
  return {};
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
result<void> online_learner<Model, Detector, Schedule, Clock>::learn(const detail::sample_ring& from, std::size_t first,
                                                                     std::size_t end) {
  const double factor = schedule_(counts_.updates);
  if constexpr (model::learns_samples<Model>) {
    for (std::size_t i = first; i < end; ++i) {
      const detail::kept_sample& one = from[i];
      const auto weight = static_cast<float>(factor * static_cast<double>(one.weight));
      if constexpr (detail::learns_sparse_samples<Model>)
        if (one.sparse) {
          model_.partial_fit(one.sparse_row(), one.target, weight);
          continue;
        }
      model_.partial_fit(one.dense(), one.target, weight);
    }
  } else if (auto done = learn_gathered(from, first, end, factor); !done) {
    return done;
  }
  ++counts_.updates;
  counts_.learnt += end - first;
  return {};
}
template <class Model, class Detector, class Schedule, clock_policy Clock>
result<void> online_learner<Model, Detector, Schedule, Clock>::learn_gathered(const detail::sample_ring& from,
                                                                              std::size_t first, std::size_t end,
                                                                              double factor) {
  const std::size_t columns = model_.inputs();
  gathered_.resize((end - first) * columns);
  targets_.resize(end - first);
  weights_.resize(end - first);
  for (std::size_t i = first; i < end; ++i) {
    const detail::kept_sample& one = from[i];
    for (std::size_t j = 0; j < columns; ++j) gathered_[(i - first) * columns + j] = one.values[j];
    targets_[i - first] = one.target;
    weights_[i - first] = static_cast<float>(factor * static_cast<double>(one.weight));
  }
  const model::matrix_view rows(gathered_, columns);
  if constexpr (detail::learns_targets<Model>)
    return model_.partial_fit(rows, targets_, weights_);
  else if constexpr (requires { model_.partial_fit(rows, weights_); })
    return model_.partial_fit(rows, weights_);
  else
    return model_.partial_fit(rows);
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
prequential online_learner<Model, Detector, Schedule, Clock>::holdout() const {
  prequential made(held_.most() == 0 ? 1 : held_.most());
  std::vector<double> outputs(model_.outputs());
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const detail::kept_sample& one = held_[i];
    double predicted = 0;
    if constexpr (detail::learns_sparse_samples<Model>)
      predicted = one.sparse ? predict(model_, one.sparse_row(), outputs) : predict(model_, one.dense(), outputs);
    else
      predicted = predict(model_, one.dense(), outputs);
    if (detail::math::is_finite(predicted))
      made.update(predicted, one.target, detail::online_loss_of(with_.loss, predicted, one.target, outputs));
  }
  return made;
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
std::vector<std::byte> online_learner<Model, Detector, Schedule, Clock>::save() const {
  envelope_writer to("online_learner");
  to.block(model_.save());
  to.block(fresh_.save());
  to.block(detector_.save());
  to.block(measures_.save());
  numbers(*this, [&](const auto& x) { to.u64(static_cast<std::uint64_t>(x)); });
  to.u8(static_cast<std::uint8_t>(with_.loss));
  to.u8(static_cast<std::uint8_t>(with_.on_drift));
  to.u8(static_cast<std::uint8_t>(last_));
  to.f64(counts_.error_sum);
  to.f64(counts_.error_now);
  to.u64(batch_.size() != 0 && with_.interval.nanoseconds > 0 ? now() - begun_ : 0);
  for (const detail::sample_ring* ring : {&batch_, &window_, &held_}) ring->save(to);
  return std::move(to).finish();
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
result<online_learner<Model, Detector, Schedule, Clock>> online_learner<Model, Detector, Schedule, Clock>::load(
    std::span<const std::byte> bytes, Schedule schedule, Clock clock) {
  auto from = envelope_reader::open(bytes, "online_learner");
  if (!from) return std::move(from).error();
  auto trained = Model::load(from->block());
  if (!trained) return std::move(trained).error().wrap("saved online_learner: its model");
  auto fresh = Model::load(from->block());
  if (!fresh) return std::move(fresh).error().wrap("saved online_learner: the model to begin anew with");
  auto detector = Detector::load(from->block());
  if (!detector) return std::move(detector).error().wrap("saved online_learner: its detector");
  auto measures = prequential::load(from->block());
  if (!measures) return std::move(measures).error().wrap("saved online_learner: its measures");
  online_learner made(*std::move(trained), {}, *std::move(detector), std::move(schedule), std::move(clock));
  made.fresh_ = *std::move(fresh);
  made.measures_ = *std::move(measures);
  const bool sound = made.load_state(*from);
  if (auto done = from->finish(sound); !done) return std::move(done).error();
  return made;
}

template <class Model, class Detector, class Schedule, clock_policy Clock>
bool online_learner<Model, Detector, Schedule, Clock>::load_state(envelope_reader& from) {
  numbers(*this, [&](auto& x) { x = static_cast<std::remove_reference_t<decltype(x)>>(from.u64()); });
  with_.loss = static_cast<online_loss>(from.u8());
  with_.on_drift = static_cast<drift_action>(from.u8());
  const unsigned last = from.u8();
  last_ = static_cast<detect::signal>(last);
  counts_.error_sum = from.f64();
  counts_.error_now = from.f64();
  const std::uint64_t age = from.u64();
  begun_ = now() - age;
  if (!from.ok() || !check_options(with_) || last > 2 || fresh_.inputs() != model_.inputs()) return false;
  if (!detail::math::is_finite(counts_.error_sum) || !detail::math::is_finite(counts_.error_now)) return false;
  batch_ = detail::sample_ring(with_.batch);
  window_ = detail::sample_ring(with_.on_drift == drift_action::shrink ? with_.shrink_to : 0);
  held_ = detail::sample_ring(with_.holdout_every != 0 ? with_.holdout : 0);
  updates_before_ = counts_.updates;
  for (detail::sample_ring* ring : {&batch_, &window_, &held_})
    if (!ring->load(from, model_.inputs(), detail::learns_sparse_samples<Model>)) return false;
  return batch_.size() < with_.batch && (age == 0 || (batch_.size() != 0 && with_.interval.nanoseconds > 0));
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_ONLINE_LEARNER_HPP
