#ifndef MILLRACE_CONNECT_REST_DASHBOARD_EXPERIMENT_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_EXPERIMENT_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/report.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {
template <class Experiment>
concept shows_variants = requires(const Experiment& experiment) {
  { experiment.peek() } -> std::same_as<result<deliver::experiment_report>>;
};
}  // namespace detail

/// The panel of an experiment: its variants with their shares and units, what its metrics say of them so far, and its
/// guardrails.
///
/// It looks by `peek`, which changes nothing of what the experiment decides, every ten seconds, since a look replays
/// all units. The experiment outlives it.
template <class Experiment>
class experiment_panel {
  static_assert(millrace::detail::requirement<detail::shows_variants<Experiment>, Experiment>,
                "millrace[REST-14]: an experiment_panel shows a deliver::experiment: what has "
                "`result<experiment_report> peek()`");

 public:
  explicit experiment_panel(const Experiment& of, std::string title = "Experiment",
                            duration every = duration(10'000'000'000))
      : of_(&of), title_(std::move(title)), every_(every) {}
  explicit experiment_panel(const Experiment&&, std::string = {}, duration = {}) {
    static_cast<void>(sizeof(temporary_object<Experiment>));
  }

  std::string_view title() const noexcept { return title_; }
  duration period() const noexcept { return every_; }
  result<void> show(panel_writer& to) const {
    const auto found = of_->peek();
    if (!found) return found.error();
    to.state("Experiment", found->id).state("Phase", to_string(found->phase));
    if (!found->winner.empty()) to.state("Winner", found->winner, panel_level::good);
    to.state("Guardrails", found->any_harm() ? "harm is shown" : "no harm is shown",
             found->any_harm() ? panel_level::bad : panel_level::good);
    to.figure("Units", static_cast<double>(found->exposed()));
    to.table("Variants", {"Variant", "Share, %", "Units", "Units that are closed"});
    for (const deliver::variant_figures& each : found->variants)
      to.row({each.name, 100 * each.share, each.exposed, each.closed});
    show_findings(to, *found);
    if (found->guardrails.empty()) return {};
    to.table("Guardrails", {"Metric", "Variant", "Effect", "Evidence (ln e)", "Harm from", "Harm"});
    for (const deliver::guardrail_finding& each : found->guardrails)
      to.row({each.metric, each.variant, each.effect, each.log_e, each.limit, each.harmed ? "yes" : "no"});
    return {};
  }

 private:
  static void show_findings(panel_writer& to, const deliver::experiment_report& found) {
    to.table("Metrics of variants beside the control", {"Metric", "Variant", "Effect", "Adjusted p", "Result"});
    for (const deliver::experiment_finding& each : found.findings)
      to.row({each.metric, each.variant, each.test.effect, each.adjusted_p,
              !each.withheld.empty() ? std::string_view(each.withheld)
              : each.significant     ? std::string_view("significant")
                                     : std::string_view("not significant")});
  }

  const Experiment* of_;
  std::string title_;
  duration every_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_EXPERIMENT_PANEL_HPP
