#ifndef MILLRACE_TRACK_OBSERVED_WATCHED_HPP
#define MILLRACE_TRACK_OBSERVED_WATCHED_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/track/watcher.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// What happens in a tracker, for who subscribes to it.
using tracker_events = observe::event_emitter<experiment_created, run_started, run_resumed, run_ended, artifact_stored>;
/// Functions before a tracker's operations, which may change or veto them, and after them.
using tracker_hooks = observe::hooks<experiment_draft, run_draft, run_end, artifact_draft>;

/// How much is done in a tracker, in a metrics registry:
///
///   experiments_created
///   active_runs           runs that were started or resumed by it and have not ended
///   artifacts_stored      also one whose bytes were there already
///   points_stored         points of `run::log_metric` that are durable
///   cached_items          points that it has in memory, to know those that come again without reading
///
/// Allocates: when made, and for each active run. Threads: any number. The metrics registry outlives it.
class tracker_metrics {
 public:
  /// Errors: those of `metrics_registry`.
  static result<tracker_metrics> make(observe::metrics_registry& shown, std::string_view prefix = "") {
    tracker_metrics made;
    const std::string begin(prefix);
    const auto created = shown.counter({begin + "experiments_created", "Experiments that were created."});
    if (!created) return created.error();
    const auto stored = shown.counter({begin + "artifacts_stored", "Files of runs and of models that were stored."});
    if (!stored) return stored.error();
    const auto active = shown.gauge({begin + "active_runs", "Runs that were started and have not ended."});
    if (!active) return active.error();
    const auto points = shown.counter({begin + "points_stored", "Points of metrics that are durable."});
    if (!points) return points.error();
    const auto cached = shown.gauge({begin + "cached_items", "Points of metrics that are in memory."});
    if (!cached) return cached.error();
    made.created_ = *created;
    made.stored_ = *stored;
    made.active_ = *active;
    made.points_ = *points;
    made.cached_ = *cached;
    return made;
  }

  void update(const experiment_created&) const noexcept { created_.add(); }
  void update(const run_started& event) const { begin(event.run.id); }
  void update(const run_resumed& event) const { begin(event.run.id); }
  /// A run may end twice, or have been started by another process: it counts if it was active here.
  void update(const run_ended& event) const noexcept {
    const millrace::detail::lock_guard held(active_runs_->mutex);
    auto& ids = active_runs_->ids;
    for (std::string& each : ids)
      if (each == event.run.id) {
        each.swap(ids.back());
        ids.pop_back();
        break;
      }
    active_.set(static_cast<double>(ids.size()));
  }
  void update(const artifact_stored&) const noexcept { stored_.add(); }
  void update(const points_stored& event) const noexcept {
    cached_.set(static_cast<double>(event.cached));
    points_.add(event.points);
  }

 private:
  struct run_set {
    millrace::detail::mutex mutex;
    std::vector<std::string> ids;
  };

  tracker_metrics() = default;

  void begin(const std::string& id) const {
    const millrace::detail::lock_guard held(active_runs_->mutex);
    auto& ids = active_runs_->ids;
    bool known = false;
    for (const std::string& each : ids) known = known || each == id;
    if (!known) ids.push_back(id);
    active_.set(static_cast<double>(ids.size()));
  }

  millrace::detail::owning_pointer<run_set> active_runs_ = millrace::detail::make_owning<run_set>();
  observe::counter created_;
  observe::counter stored_;
  observe::gauge active_;
  observe::counter points_;
  observe::gauge cached_;
};

/// A watcher: hooks around a tracker's operations, and events and metrics of what they did. What is null is left out.
///
///     mr::track::tracker_hooks hooks;
///     const auto named = hooks.before<mr::track::run_draft>("named", [](mr::track::run_draft& asked) ->
///     mr::result<void> {
///       if (asked.name.empty()) return mr::error(mr::errc::invalid_argument, "a run needs a name");
///       return {};
///     });
///     mr::track::watched watch{.hooks = &hooks};
///     auto tracker = mr::track::tracker<storage>::open(store, {.watcher = watch});
///
/// Guarantee: hooks before run before anything is written; events, metrics and hooks after, once it is. An operation
/// that is vetoed, or fails, emits nothing. A run that is found killed emits that it ended.
/// Threads: as its parts; they outlive the tracker.
using watched = observe::watched<tracker_hooks, tracker_events, tracker_metrics>;

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_OBSERVED_WATCHED_HPP
