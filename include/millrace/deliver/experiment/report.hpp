#ifndef MILLRACE_DELIVER_EXPERIMENT_REPORT_HPP
#define MILLRACE_DELIVER_EXPERIMENT_REPORT_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/detail/json_rows.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What is known of one metric of a variant against the control's, in all units or in a segment.
struct experiment_finding {
  std::string metric;
  std::string variant;
  std::string segment;  // empty: all units
  /// Effect, interval and p of this comparison alone, as `stats::metric_evidence::test` says.
  stats::test_result test;
  /// p corrected for the finding's family: the metrics of all variants or, of segments, those of all segments.
  double adjusted_p = 1;
  bool significant = false;
  /// Why there is no result, such as a horizon that is not reached; empty if there is one.
  std::string withheld;
};

/// What a guardrail says of one variant.
struct guardrail_finding {
  std::string metric;
  std::string variant;
  std::string worse;  // "above" or "below"
  double margin = 0;
  double alpha = 0;
  double effect = 0;  // of the variant less the control
  /// The highest logarithm of the evidence so far that the variant is worse by more than the margin, and the one from
  /// which on it is harm.
  double log_e = 0;
  double limit = 0;
  bool harmed = false;
};

/// What a variant has had so far.
struct variant_figures {
  std::string name;
  double share = 0;           // configured
  std::uint64_t exposed = 0;  // units
  std::uint64_t closed = 0;   // of them, units whose window is over
};

/// The interval of a finding, when it was looked at.
struct interval_point {
  std::size_t finding = 0;  // its number in `findings`
  std::uint64_t at = 0;     // when the last of the units was closed, nanoseconds since 1970
  double units = 0;
  double effect = 0;
  double lower = 0;
  double upper = 0;
};

/// How units were shared out when so many were exposed.
struct ratio_point {
  std::uint64_t at = 0;
  double units = 0;
  double log_e = 0;
  std::vector<double> shares;  // of each variant
};

/// Everything that is known of an experiment at a moment.
struct experiment_report {
  std::string id;
  std::string hypothesis;
  experiment_phase phase = experiment_phase::draft;
  std::string winner;
  std::string decided_by;  // "always_valid, alpha 0.05, Holm"
  double alpha = 0;
  std::uint64_t at = 0;
  std::vector<variant_figures> variants;
  stats::sample_ratio_evidence sample_ratio;
  std::vector<experiment_finding> findings;
  std::vector<experiment_finding> segments;
  std::vector<guardrail_finding> guardrails;
  std::vector<interval_point> intervals;
  std::vector<ratio_point> ratios;
  std::vector<experiment_change> changes;
  /// Units that were seen in two variants. They count in the one that they were exposed to first.
  std::uint64_t contaminated = 0;
  std::uint64_t dropped = 0;    // exposures for which there was no room
  std::uint64_t refused = 0;    // outcomes that are no numbers for their metric
  std::uint64_t unexposed = 0;  // outcomes of units that were not exposed
  std::uint64_t late = 0;       // outcomes outside their unit's window
  std::uint64_t unlogged = 0;   // exposures and outcomes that the log did not take

  std::uint64_t exposed() const noexcept {
    std::uint64_t sum = 0;
    for (const variant_figures& each : variants) sum += each.exposed;
    return sum;
  }
  bool any_significant() const noexcept {
    for (const experiment_finding& each : findings)
      if (each.significant) return true;
    return false;
  }
  bool any_harm() const noexcept {
    for (const guardrail_finding& each : guardrails)
      if (each.harmed) return true;
    return false;
  }
  /// A few lines for people: the phase, what is wrong with the traffic, a line for each finding and guardrail, and what
  /// was left out.
  template <class = void>
  std::string summary() const;
};

namespace detail {

template <class = void>
void append_finding(std::string& text, const experiment_finding& of, bool mismatch) {
  text += of.metric + ", " + of.variant;
  if (!of.segment.empty()) text += " in " + of.segment;
  if (!of.withheld.empty()) {
    text += ": no result: " + of.withheld + ".\n";
    return;
  }
  if (mismatch)
    text += ": no verdict. ";
  else
    text += (of.significant ? ": significant (adjusted p " : ": not significant (adjusted p ") +
            figure_text(of.adjusted_p) + "). ";
  text += of.test.summary() + '\n';
}
template <class = void>
void append_count(std::string& text, std::uint64_t count, std::string_view what) {
  if (count != 0) text += std::to_string(count) + std::string(what) + '\n';
}

template <class = void>
void append_guardrail(std::string& text, const guardrail_finding& of) {
  text += "Guardrail " + of.metric + ", " + of.variant + (of.harmed ? ": harm. " : ": no harm found. ") +
          "Harm is to be " + of.worse + " the control by more than " + figure_text(of.margin) + "; the effect is " +
          figure_text(of.effect) + ", log e " + figure_text(of.log_e) + ", where " + figure_text(of.limit) +
          " shows harm.\n";
}

}  // namespace detail

template <class>
std::string experiment_report::summary() const {
  std::string text = "Experiment " + id + " is " + std::string(to_string(phase));
  if (!winner.empty()) text += " for " + winner;
  text += "; " + std::to_string(exposed()) + " units";
  for (const variant_figures& each : variants)
    text += ", " + each.name + " " + std::to_string(each.exposed) + " (" + std::to_string(each.closed) + " closed)";
  text += ". Decided by " + decided_by + ".\n";
  if (sample_ratio.mismatch) {
    text += "No verdict: sample ratio mismatch, p " + detail::figure_text(sample_ratio.p) +
            ". The variants are not filled as configured. Find what loses or adds units.\n";
  }
  for (const guardrail_finding& each : guardrails) detail::append_guardrail(text, each);
  for (const experiment_finding& each : findings) detail::append_finding(text, each, sample_ratio.mismatch);
  for (const experiment_finding& each : segments) detail::append_finding(text, each, sample_ratio.mismatch);
  detail::append_count(text, contaminated, " units were seen in two variants; they count in the first.");
  detail::append_count(text, dropped, " exposures were dropped, because the experiment holds as many units as it may.");
  detail::append_count(text, refused, " outcomes were refused, which are no numbers for their metric.");
  detail::append_count(text, unexposed, " outcomes were of units that were not exposed.");
  detail::append_count(text, late, " outcomes were outside their unit's window.");
  detail::append_count(text, unlogged, " exposures and outcomes are missing in the log.");
  return text;
}

namespace detail {

template <class = void>
void write_finding(json_writer& json, const experiment_finding& of) {
  json.member("metric", of.metric).member("variant", of.variant).member("segment", of.segment);
  if (!of.withheld.empty()) {
    json.member("withheld", of.withheld);
    return;
  }
  json.member("test", of.test.test).member("effect_name", of.test.effect_name).member("effect", of.test.effect);
  json.member("lower", of.test.interval.lower).member("upper", of.test.interval.upper);
  json.member("level", of.test.interval.level).member("statistic", of.test.statistic).member("p", of.test.p);
  json.member("adjusted_p", of.adjusted_p).member("significant", of.significant);
  json.member("variant_units", of.test.n1).member("control_units", of.test.n2);
}
template <class = void>
void write_guardrail(json_writer& json, const guardrail_finding& of) {
  json.member("metric", of.metric).member("variant", of.variant).member("worse", of.worse).member("margin", of.margin);
  json.member("alpha", of.alpha).member("effect", of.effect).member("log_e", of.log_e).member("limit", of.limit);
  json.member("harmed", of.harmed);
}
template <class = void>
void write_curves(json_writer& json, const experiment_report& of) {
  write_rows(json, "intervals", of.intervals, [&](const interval_point& each) {
    json.member("finding", each.finding).member("at", each.at).member("units", each.units);
    json.member("effect", each.effect).member("lower", each.lower).member("upper", each.upper);
  });
  write_rows(json, "ratios", of.ratios, [&](const ratio_point& each) {
    json.member("at", each.at).member("units", each.units).member("log_e", each.log_e);
    json.key("shares").begin_array();
    for (const double share : each.shares) json.value(share);
    json.end_array();
  });
}

}  // namespace detail

/// The report as JSON: `{"id", "phase", "variants": [...], "sample_ratio": {...}, "findings": [...], "segments": [...],
/// "guardrails": [...], "intervals": [...], "ratios": [...], "counts": {...}}`; times in nanoseconds since 1970.
template <class = void>
std::string to_json(const experiment_report& of) {
  std::string text;
  json_writer json(text);
  const auto finding = [&](const experiment_finding& each) { detail::write_finding(json, each); };
  json.begin_object().member("id", of.id).member("hypothesis", of.hypothesis).member("phase", to_string(of.phase));
  json.member("winner", of.winner).member("decided_by", of.decided_by).member("at", of.at);
  detail::write_rows(json, "variants", of.variants, [&](const variant_figures& each) {
    json.member("name", each.name).member("share", each.share);
    json.member("exposed", each.exposed).member("closed", each.closed);
  });
  json.key("sample_ratio").begin_object().member("mismatch", of.sample_ratio.mismatch);
  json.member("p", of.sample_ratio.p).member("log_e", of.sample_ratio.log_e);
  json.member("largest_departure", of.sample_ratio.largest_departure).end_object();
  detail::write_rows(json, "findings", of.findings, finding);
  detail::write_rows(json, "segments", of.segments, finding);
  detail::write_rows(json, "guardrails", of.guardrails,
                     [&](const guardrail_finding& each) { detail::write_guardrail(json, each); });
  detail::write_curves(json, of);
  json.key("counts").begin_object().member("contaminated", of.contaminated).member("dropped", of.dropped);
  json.member("refused", of.refused).member("unexposed", of.unexposed).member("late", of.late);
  json.member("unlogged", of.unlogged).end_object().end_object();
  return text;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_REPORT_HPP
