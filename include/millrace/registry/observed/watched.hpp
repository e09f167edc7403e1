#ifndef MILLRACE_REGISTRY_OBSERVED_WATCHED_HPP
#define MILLRACE_REGISTRY_OBSERVED_WATCHED_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/watcher.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace registry {

/// What happens in a registry, for who subscribes to it.
using registry_events = observe::event_emitter<model_registered, model_promoted, model_archived, model_deleted,
                                               artifact_stored, approval_requested, approval_changed>;
/// Functions before a registry's operations, which may change or veto them, and after them.
using registry_hooks = observe::hooks<model_draft, version_draft, transition, request_draft, review_draft, removal>;

/// How much is done in a registry, in a metrics registry:
///
///   models_registered     versions
///   models_promoted       versions that entered a stage but `archived`
///   models_archived
///   artifacts_stored      also one whose bytes were there already
///   approvals_requested
///
/// Allocates: when made. Threads: any number. The metrics registry outlives it.
class registry_metrics {
 public:
  /// Errors: those of `metrics_registry`.
  static result<registry_metrics> make(observe::metrics_registry& shown, std::string_view prefix = "") {
    registry_metrics made;
    struct row {
      const char* name;
      const char* help;
      observe::counter* counts;
    };
    const row rows[] = {{"models_registered", "Versions of models that were registered.", &made.registered_},
                        {"models_promoted", "Versions of models that entered a stage.", &made.promoted_},
                        {"models_archived", "Versions of models that were archived.", &made.archived_},
                        {"artifacts_stored", "Files of runs and of models that were stored.", &made.stored_},
                        {"approvals_requested", "Transitions that were asked for.", &made.requested_}};
    for (const row& each : rows) {
      const auto counts = shown.counter({std::string(prefix) + each.name, each.help});
      if (!counts) return counts.error();
      *each.counts = *counts;
    }
    return made;
  }

  void update(const model_registered&) const noexcept { registered_.add(); }
  void update(const model_promoted&) const noexcept { promoted_.add(); }
  void update(const model_archived&) const noexcept { archived_.add(); }
  void update(const artifact_stored&) const noexcept { stored_.add(); }
  void update(const approval_requested&) const noexcept { requested_.add(); }
  template <class Event>
  void update(const Event&) const noexcept {}

 private:
  registry_metrics() = default;

  observe::counter registered_;
  observe::counter promoted_;
  observe::counter archived_;
  observe::counter stored_;
  observe::counter requested_;
};

/// A watcher: hooks around a registry's operations, and events and metrics of what they did. What is null is left out.
///
///     mr::registry::registry_hooks hooks;
///     auto floor = hooks.before<mr::registry::version_draft>("described", [](mr::registry::version_draft& draft) {
///       return draft.description.empty() ? refused() : mr::result<void>();
///     });
///     auto models = mr::registry::open_registry(storage, {}, mr::registry::watched{.hooks = &hooks});
///
/// Guarantee: hooks before run before anything is written; events, metrics and hooks after, once it is. An operation
/// that is vetoed, or fails, emits nothing.
/// Threads: as its parts; they outlive the registry.
using watched = observe::watched<registry_hooks, registry_events, registry_metrics>;

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_OBSERVED_WATCHED_HPP
