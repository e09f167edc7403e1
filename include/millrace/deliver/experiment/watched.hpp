#ifndef MILLRACE_DELIVER_EXPERIMENT_WATCHED_HPP
#define MILLRACE_DELIVER_EXPERIMENT_WATCHED_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/experiment/report.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A step that is about to be taken. Hooks before it may change its texts, or veto it.
struct experiment_transition {
  std::string id;
  experiment_step step = experiment_step::start;
  std::string actor;
  std::string reason;
  std::string winner;  // of `conclude`
};

// What an experiment tells of.

/// A step was taken, and is in the storage.
struct experiment_changed {
  std::string id;
  experiment_phase phase = experiment_phase::draft;
  experiment_change change;
  std::string winner;
};
/// A check found that units are not shared out as configured; told once.
struct sample_ratio_broken {
  std::string id;
  stats::sample_ratio_evidence evidence;
};
/// A check found harm, and has stopped the experiment.
struct experiment_harmed {
  std::string id;
  guardrail_finding finding;
};
/// A request got a variant. For metrics alone: it is told too often.
struct variant_selected {
  std::size_t variant = 0;
};
/// A variant's response took so long. For metrics alone.
struct variant_measured {
  std::size_t variant = 0;
  double nanoseconds = 0;
};

/// What happens to experiments, for who subscribes to it.
using experiment_events = observe::event_emitter<experiment_changed, sample_ratio_broken, experiment_harmed>;
/// Functions before an experiment's steps, which may veto them, and after them.
using experiment_hooks = observe::hooks<experiment_transition>;

/// What an experiment's variants do, in a metrics registry:
///
///   abtest_variant_selections_total{experiment,variant}   requests that got the variant
///   abtest_variant_latency_seconds{experiment,variant}    how long its responses took
///
/// Allocates: when made. Threads: any number. The metrics registry outlives it.
class experiment_metrics {
 public:
  /// For the variants of one experiment, in their order. `prefix` stands before the names, as in `serving_metrics`.
  /// Errors: those of `metrics_registry`.
  template <class = void>
  static result<experiment_metrics> make(observe::metrics_registry& shown, std::string_view experiment,
                                         std::span<const std::string_view> variants,
                                         std::string_view prefix = "millrace_ml_") {
    experiment_metrics made;
    for (const std::string_view each : variants) {
      const observe::label_set labels{{"experiment", std::string(experiment)}, {"variant", std::string(each)}};
      const auto counts =
          shown.counter({std::string(prefix) + "abtest_variant_selections", "Requests that got a variant."}, labels);
      if (!counts) return counts.error();
      const auto times = shown.timer(
          {std::string(prefix) + "abtest_variant_latency_seconds", "How long a variant's responses took."}, labels);
      if (!times) return times.error();
      made.selections_.push_back(*counts);
      made.latencies_.push_back(*times);
    }
    return made;
  }

  void update(const variant_selected& what) const noexcept {
    if (what.variant < selections_.size()) selections_[what.variant].add();
  }
  void update(const variant_measured& what) const noexcept {
    if (what.variant < latencies_.size() && what.nanoseconds >= 0 && what.nanoseconds < 9e18)
      latencies_[what.variant].update(static_cast<std::uint64_t>(what.nanoseconds));
  }
  template <class Event>
  void update(const Event&) const noexcept {}

 private:
  experiment_metrics() = default;

  std::vector<observe::counter> selections_;
  std::vector<observe::timer> latencies_;
};

/// What watches an experiment: hooks around its steps, events, and metrics. What is null is left out.
///
///     auto shown = mr::deliver::experiment_metrics::make(registry, "new-model", checkout::variants_type::names);
///     auto test = checkout::make({.id = "new-model"}, {.watch = {.events = &events, .metrics = &*shown}});
///
/// Threads: as its parts; they outlive the experiment.
using experiment_watch = observe::watched<experiment_hooks, experiment_events, experiment_metrics>;

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_WATCHED_HPP
