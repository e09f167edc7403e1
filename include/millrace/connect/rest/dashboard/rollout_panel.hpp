#ifndef MILLRACE_CONNECT_REST_DASHBOARD_ROLLOUT_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_ROLLOUT_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/verdict.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {
template <class R>
concept shows_release = requires(const R& release) {
  { release.state() } -> std::same_as<deliver::rollout_state>;
  { release.report() } -> std::same_as<deliver::judgement>;
  { release.name() } -> std::convertible_to<std::string_view>;
};
}  // namespace detail

/// The panel of a release: its phase and step, who or what has brought it there, the verdict with its reason, and what
/// each metric says of the candidate beside the stable model. Its chart is the e-process: the logarithm of the e-value
/// against "the candidate does no harm", which is evidence of harm once it is at ln(1/alpha).
///
/// The release is a deliver::rollout, which outlives it.
template <class Release>
class rollout_panel {
  static_assert(millrace::detail::requirement<detail::shows_release<Release>, Release>,
                "millrace[REST-12]: a rollout_panel shows a deliver::rollout: what has `state()`, `report()` and "
                "`name()`");

 public:
  explicit rollout_panel(const Release& release)
      : release_(&release), title_("Release " + std::string(release.name())) {}
  explicit rollout_panel(const Release&&) { static_cast<void>(sizeof(temporary_object<Release>)); }

  std::string_view title() const noexcept { return title_; }
  result<void> show(panel_writer& to) const {
    const deliver::rollout_state now = release_->state();
    const deliver::judgement found = release_->report();
    show_state(to, now);
    show_verdict(to, found);
    to.figure("Share of the candidate", static_cast<double>(now.share) / 10'000, "%");
    to.figure("Evidence of harm (ln of the e-value)", found.log_e);
    to.figure("Requests of the stable model", static_cast<double>(found.requests[0]));
    to.figure("Requests of the candidate", static_cast<double>(found.requests[1]));
    if constexpr (requires { release_->replaced() + release_->diverted(); }) {
      to.figure("Answered by stable, because the candidate failed", static_cast<double>(release_->replaced()));
      to.figure("Answered by stable, because the candidate was busy", static_cast<double>(release_->diverted()));
    }
    show_metrics(to, found);
    return {};
  }

 private:
  static panel_level level_of(deliver::rollout_phase phase) noexcept {
    switch (phase) {
      case deliver::rollout_phase::rolled_back: return panel_level::bad;
      case deliver::rollout_phase::paused:
      case deliver::rollout_phase::aborting: return panel_level::warning;
      case deliver::rollout_phase::draft: return panel_level::plain;
      default: return panel_level::good;
    }
  }
  static void show_state(panel_writer& to, const deliver::rollout_state& now) {
    to.state("Phase", to_string(now.phase), level_of(now.phase));
    to.state("Strategy", now.strategy);
    if (!now.candidate.empty()) to.state("Candidate", now.candidate);
    to.state("Step", std::to_string(now.step + 1));
    if (now.at == 0) return;
    std::string because(to_string(now.cause));
    if (!now.actor.empty()) because += ", by " + now.actor;
    if (!now.reason.empty()) because += ": " + now.reason;
    to.state("Because of", because);
    to.state("Since (UTC)", to_iso8601(now.at).substr(0, 19));
  }
  static void show_verdict(panel_writer& to, const deliver::judgement& found) {
    std::string verdict(name(found.verdict));
    (verdict += ", ") += name(found.why);
    if (!found.metric.empty()) (verdict += " of ") += found.metric;
    to.state("Verdict", verdict,
             found.verdict == deliver::verdict::rollback  ? panel_level::bad
             : found.verdict == deliver::verdict::promote ? panel_level::good
                                                          : panel_level::plain);
    if (found.alpha >= 1) return;
    std::string limit;
    detail::append_rounded(limit, -millrace::detail::math::log(found.alpha));
    to.state("Harm is shown from", "ln e = " + limit);
  }
  static void show_metrics(panel_writer& to, const deliver::judgement& found) {
    if (found.metrics.empty()) return;
    to.table("Metrics, candidate beside stable", {"Metric", "Effect", "Estimate", "From", "To", "ln e of harm",
                                                  "Stable", "Stable, bad", "Candidate", "Candidate, bad"});
    for (const deliver::evidence& each : found.metrics)
      to.row({each.metric, each.effect_name, each.effect, each.lower, each.upper, each.log_e, each.measured[0],
              each.bad[0], each.measured[1], each.bad[1]});
  }

  const Release* release_;
  std::string title_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_ROLLOUT_PANEL_HPP
