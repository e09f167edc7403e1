#ifndef MILLRACE_INFER_ONLINE_ONLINE_METRICS_HPP
#define MILLRACE_INFER_ONLINE_ONLINE_METRICS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/online/online_options.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace infer {

/// Shows an online learner in a metrics registry, with the labels `model` and `version`:
///
///   PREFIXonline_updates_processed_total   batches that were learnt
///   PREFIXmodel_score                      the faded mean loss, and the label `metric` says of which loss
///   PREFIXmodel_drift_score                the detector's statistic over its threshold: above 1 is a drift
///   PREFIXcheckpoint_duration_seconds      how long checkpoints took
///
///     auto shown = mr::infer::online_metrics<>::make(registry, "clicks", "3");
///     shown->update(learner);  // after updates, or as often as you like
///
/// Complexity: update O(1).
/// Allocates: when made, and at the first update.
/// Threads: the learner's own. The registry outlives it.
template <fixed_string Prefix = "millrace_ml_">
class online_metrics {
 public:
  /// Errors: those of `metrics_registry`.
  static result<online_metrics> make(observe::metrics_registry& registry, std::string_view model,
                                     std::string_view version, online_loss loss = online_loss::log_loss) {
    const std::string prefix(Prefix.view());
    const observe::label_set labels{{"model", std::string(model)}, {"version", std::string(version)}};
    online_metrics made;
    const auto updates =
        registry.counter({prefix + "online_updates_processed_total", "Batches that were learnt."}, labels);
    if (!updates) return error(updates.error());
    const auto score = registry.gauge({prefix + "model_score", "The faded mean loss of predictions before training."},
                                      observe::label_set(labels).add("metric", to_string(loss)));
    if (!score) return error(score.error());
    const auto drift =
        registry.gauge({prefix + "model_drift_score", "The detector's statistic over its threshold."}, labels);
    if (!drift) return error(drift.error());
    const auto took =
        registry.timer({prefix + "checkpoint_duration_seconds", "How long checkpoints took.", "seconds"}, labels);
    if (!took) return error(took.error());
    made.updates_ = *updates;
    made.score_ = *score;
    made.drift_ = *drift;
    made.took_ = *took;
    return made;
  }

  /// What the learner has done since the last call. The first call counts what was learnt since the learner was made or
  /// resumed.
  template <class Learner>
  void update(const Learner& learner) noexcept {
    const std::uint64_t updates = learner.updates() - learner.updates_before();
    if (updates > counted_) updates_.add(updates - counted_);
    counted_ = updates;
    if (const double score = learner.measures().faded_loss(); detail::math::is_finite(score)) score_.set(score);
    drift_.set(learner.drift_score());
  }
  /// A checkpoint was written: `if (*kept.update(learner)) shown.checkpointed(kept.last_duration())`.
  void checkpointed(duration took) const noexcept { took_.update(took); }

 private:
  online_metrics() = default;

  observe::counter updates_;
  observe::gauge score_;
  observe::gauge drift_;
  observe::timer took_;
  std::uint64_t counted_ = 0;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_ONLINE_METRICS_HPP
