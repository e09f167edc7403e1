#ifndef MILLRACE_DELIVER_OBSERVED_ROLLOUT_AUDIT_HPP
#define MILLRACE_DELIVER_OBSERVED_ROLLOUT_AUDIT_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/observe/audit/audit_draft.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_trail.hpp>

#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Writes the changes of releases into an audit trail: `model_rolled_back` of severity critical for a rollback, and
/// `model_deployed` for all else, of the object `release/<name>`, with the fields rollout, phase, before, step, share,
/// cause, verdict, log_e and the requests of both arms.
///
///     mr::deliver::rollout release{stable, candidate, ..., mr::deliver::notified{mr::deliver::rollout_audit{*trail}}};
///
/// Subscribed to a release's events, it also writes down that somebody could not be notified, as `incident_reported`
/// with the fields rollout, phase, error and times: the first, second, fourth, eighth ... time in a row of one change.
///
///     auto untold = events.subscribe<mr::deliver::notification_failed>("trail", mr::deliver::rollout_audit{*trail});
///
/// Allocates: for long texts. Threads: as the trail, which outlives it.
/// Errors: those of the trail, such as that it is full or closed.
template <class Trail = observe::audit_trail<>>
class rollout_audit {
 public:
  explicit rollout_audit(Trail& trail) noexcept : trail_(&trail) {}

  template <class = void>
  result<void> operator()(const rollout_changed& it) const {
    const bool is_rollback = it.state.phase == rollout_phase::rolled_back;
    const std::string object = "release/" + it.release;
    observe::audit_draft draft(is_rollback ? observe::audit_kinds::model_rolled_back
                                           : observe::audit_kinds::model_deployed);
    draft.severity(is_rollback ? observe::audit_severity::critical : observe::audit_severity::info)
        .actor(it.state.actor.empty() ? "rollout" : it.state.actor)
        .object(object)
        .reason(it.state.reason.empty() ? to_string(it.state.cause) : it.state.reason)
        .at(it.state.at)
        .field("rollout", it.state.number)
        .field("phase", to_string(it.state.phase))
        .field("before", to_string(it.before))
        .field("step", it.state.step + 1)
        .field("share", it.state.share / double{whole_share})
        .field("cause", to_string(it.state.cause))
        .field("verdict", name(it.evidence.verdict))
        .field("log_e", it.evidence.log_e)
        .field("requests_stable", it.evidence.requests[0])
        .field("requests_candidate", it.evidence.requests[1]);
    return append(draft, object);
  }
  template <class = void>
  result<void> operator()(const notification_failed& it) const {
    if ((it.times & (it.times - 1)) != 0) return {};
    const std::string object = "release/" + it.change.release;
    const std::string why = it.why.describe();
    observe::audit_draft draft(observe::audit_kinds::incident_reported);
    draft.severity(observe::audit_severity::warning)
        .actor("rollout")
        .object(object)
        .reason("somebody could not be notified of a change")
        .at(it.change.state.at)
        .field("rollout", it.change.state.number)
        .field("phase", to_string(it.change.state.phase))
        .field("error", why)
        .field("times", it.times);
    return append(draft, object);
  }

 private:
  template <class Draft>
  result<void> append(const Draft& draft, const std::string& object) const {
    const auto event = draft.event();
    if (!event) return event.error();
    if (trail_->append(*event) != 0) return {};
    if (auto well = trail_->status(); !well) return std::move(well).error();
    return error(errc::no_space, "the audit trail \"" + trail_->path() + "\" took no change of the " + object);
  }

  Trail* trail_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OBSERVED_ROLLOUT_AUDIT_HPP
