#ifndef MILLRACE_DELIVER_OBSERVED_WATCHED_ROLLOUT_HPP
#define MILLRACE_DELIVER_OBSERVED_WATCHED_ROLLOUT_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What happens to a release, for who subscribes to it.
using rollout_events = observe::event_emitter<rollout_changed, rollout_looked, candidate_promoted,
                                              candidate_rolled_back, notification_failed>;
/// Functions before the candidate gets more, which may veto it, and after it. What takes it back asks nobody.
using rollout_hooks = observe::hooks<rollout_advance>;

/// Where a release is, in a metrics registry, by its name:
///
///   rollout_share{release}                 of the candidate, in [0, 1]
///   rollout_step{release}                  from 1
///   rollout_requests{release, arm}         that have returned in this step, of all hosts
///   rollout_log_e{release}                 the logarithm of the e-value of harm
///   rollout_changes_total{release, phase}  how often it got into a phase, or changed in it
///   rollout_rollbacks_total{release, cause}
///   rollout_notifications_failed_total{release}  how often somebody who is notified returned an error
///
/// Allocates: when made. Threads: any number. The metrics registry outlives it.
class rollout_metrics {
 public:
  /// Errors: those of `metrics_registry`.
  template <class = void>
  static result<rollout_metrics> make(observe::metrics_registry& shown, std::string_view release,
                                      std::string_view prefix = "millrace_ml_");

  void update(const rollout_looked& it) const noexcept {
    show(it.state);
    for (const arm each : {arm::stable, arm::candidate})
      requests_[static_cast<std::size_t>(each)].set(
          static_cast<double>(it.evidence.requests[static_cast<std::size_t>(each)]));
    log_e_.set(it.evidence.log_e);
  }
  void update(const rollout_changed& it) const noexcept {
    show(it.state);
    changes_[static_cast<std::size_t>(it.state.phase) % phases].add();
  }
  void update(const candidate_rolled_back& it) const noexcept {
    rollbacks_[static_cast<std::size_t>(it.change.state.cause) % causes].add();
  }
  void update(const candidate_promoted&) const noexcept {}
  void update(const notification_failed&) const noexcept { untold_.add(); }

 private:
  static constexpr std::size_t phases = 7;
  static constexpr std::size_t causes = 11;

  rollout_metrics() = default;
  void show(const rollout_state& state) const noexcept {
    share_.set(state.share / double{whole_share});
    step_.set(state.step + 1.0);
  }

  observe::gauge share_;
  observe::gauge step_;
  observe::gauge log_e_;
  observe::gauge requests_[arm_count];
  observe::counter changes_[phases];
  observe::counter rollbacks_[causes];
  observe::counter untold_;
};

/// A watcher: hooks before a candidate gets more, and events and metrics of what has happened. What is null is left
/// out.
///
///     mr::deliver::rollout_events events;
///     auto mail = events.subscribe<mr::deliver::candidate_rolled_back>("mail", [](const auto& it) { ... });
///     mr::deliver::rollout release{stable, candidate, ..., mr::deliver::watched_rollout{.events = &events}};
///
/// Threads: as its parts; they outlive the release.
using watched_rollout = observe::watched<rollout_hooks, rollout_events, rollout_metrics>;

template <class>
result<rollout_metrics> rollout_metrics::make(observe::metrics_registry& shown, std::string_view release,
                                              std::string_view prefix) {
  rollout_metrics made;
  const std::string begin(prefix);
  const auto gauge = [&](const char* called, const char* help, observe::gauge& to,
                         std::string_view of = {}) -> result<void> {
    observe::label_set labels{{"release", release}};
    if (!of.empty()) labels = {{"release", release}, {"arm", of}};
    auto one = shown.gauge({begin + called, help}, labels);
    if (!one) return std::move(one).error();
    to = *one;
    return {};
  };
  result<void> done = gauge("rollout_share", "The candidate's share of the requests.", made.share_);
  if (done) done = gauge("rollout_step", "The step that a rollout is at, from 1.", made.step_);
  if (done) done = gauge("rollout_log_e", "The logarithm of the e-value of harm.", made.log_e_);
  for (const arm each : {arm::stable, arm::candidate})
    if (done)
      done = gauge("rollout_requests", "Requests that have returned in this step.",
                   made.requests_[static_cast<std::size_t>(each)], name(each));
  if (!done) return std::move(done).error();
  for (std::size_t i = 0; i < phases; ++i) {
    auto one = shown.counter({begin + "rollout_changes_total", "Changes of a rollout, by the phase afterwards."},
                             {{"release", release}, {"phase", to_string(static_cast<rollout_phase>(i))}});
    if (!one) return std::move(one).error();
    made.changes_[i] = *one;
  }
  for (std::size_t i = 0; i < causes; ++i) {
    auto one = shown.counter({begin + "rollout_rollbacks_total", "Candidates that were rolled back."},
                             {{"release", release}, {"cause", to_string(static_cast<rollout_cause>(i))}});
    if (!one) return std::move(one).error();
    made.rollbacks_[i] = *one;
  }
  auto untold = shown.counter(
      {begin + "rollout_notifications_failed_total", "How often somebody who is notified returned an error."},
      {{"release", release}});
  if (!untold) return std::move(untold).error();
  made.untold_ = *untold;
  return made;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OBSERVED_WATCHED_ROLLOUT_HPP
