#ifndef MILLRACE_DELIVER_JUDGE_JUDGEMENT_HPP
#define MILLRACE_DELIVER_JUDGE_JUDGEMENT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/verdict.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Why a verdict is what it is.
enum class reason : std::uint8_t {
  /// Hold: no request of the candidate, or none beside the stable model's, has returned.
  no_data,
  /// Hold: the candidate has had fewer requests in this step than are asked for.
  too_few_requests,
  /// Hold: a metric was not measured often enough, or its measurements were no numbers.
  not_measured,
  /// Hold: the arms do not get the shares that they are to get, so that they cannot be compared.
  sample_ratio,
  /// Hold: one arm's requests do not return as often as the other's.
  missing_requests,
  /// Hold: in this step a metric's estimate lies beyond what is tolerated.
  beyond_tolerance,
  /// Hold: it is not yet shown that the candidate is within what is tolerated.
  not_shown,
  /// Hold: more units had bad outcomes than there is room for, so that later ones are not counted.
  units_full,
  /// Hold: this judge never decides.
  not_judged,
  /// Promote: shown to be within what is tolerated.
  within_tolerance,
  /// Rollback: shown to do harm, and more than is tolerated.
  harm,
};

constexpr std::string_view name(reason why) noexcept {
  constexpr std::array<std::string_view, 11> names = {
      "no_data",          "too_few_requests", "not_measured", "sample_ratio",
      "missing_requests", "beyond_tolerance", "not_shown",    "units_full",
      "not_judged",       "within_tolerance", "harm"};
  const auto at = static_cast<std::size_t>(why);
  return at < names.size() ? names[at] : "unknown";
}

/// What one metric says about a candidate, over all steps so far.
struct evidence {
  std::string_view metric;
  /// What the effect measures, candidate to stable: "ratio of error rates".
  std::string_view effect_name;
  /// The estimate, and an interval that covers the truth at all times at once with the probability `level`, if the
  /// truth does not change. NaN, and from 0 to infinity, without data.
  double effect = __builtin_nan("");
  double lower = 0;
  double upper = __builtin_inf();
  double level = 0;
  /// The difference of the arms' means, candidate less stable.
  double difference = __builtin_nan("");
  /// The natural logarithm of the e-value against "the candidate does no harm".
  double log_e = 0;
  /// The part of it by which the requests since are not rather within what is tolerated than beyond it; this is what a
  /// rollback takes. -infinity: all are rather within.
  double log_e_beyond = -__builtin_inf();
  /// And of the e-value against "the candidate's harm is beyond what is tolerated", which promotion takes.
  double log_e_tolerated = 0;
  /// Measured requests, those that were bad (a sum of badness, which need not be whole), and those whose measurement
  /// was no number: of the stable model, and of the candidate.
  std::array<std::uint64_t, 2> measured{};
  std::array<double, 2> bad{};
  std::array<std::uint64_t, 2> unmeasured{};
  /// Whether the requests since some step are not rather within what is tolerated than beyond it; and whether the
  /// estimates of this step alone lie beyond it.
  bool is_beyond = false;
  bool is_beyond_in_step = false;
  /// Whether it is shown that the candidate is within what is tolerated.
  bool is_shown = false;

  /// One sentence, as `judgement::summary` has it.
  template <class = void>
  std::string summary() const;
};

/// A verdict with its evidence. Without data it is to hold.
/// Allocates: the list of metrics, and texts.
struct judgement {
  deliver::verdict verdict = deliver::verdict::hold;
  reason why = reason::no_data;
  /// The metric that the reason speaks of; empty if it speaks of none.
  std::string_view metric;
  /// The newest step, counted from 0, the candidate's share in it, and how many of its requests have returned: of the
  /// stable model, and of the candidate; and how many the candidate has to have.
  std::size_t step = 0;
  double share = 0;
  std::array<std::uint64_t, 2> requests{};
  std::uint64_t min_requests = 0;
  /// The natural logarithm of the e-value of all metrics together against "the candidate does no harm": now, and the
  /// highest of all looks so far. exp(-highest_log_e) is the part of alpha's chance that the looks so far have used.
  double log_e = 0;
  double highest_log_e = 0;
  /// The largest chance of a rollback without harm, and that of a promotion beyond what is tolerated, over the whole
  /// rollout. 1: the judge promises none.
  double alpha = 1;
  double beta = 1;
  std::vector<evidence> metrics;

  /// The verdict with its reason in one sentence, and a line for each metric.
  template <class = void>
  std::string summary() const;
};

namespace detail {

/// What stands behind the verdict, with the metric that it speaks of.
template <class = void>
std::string why_text(const judgement& of) {
  const std::string metric(of.metric);
  const std::string requests = std::to_string(of.requests[1]) + " requests of the candidate";
  switch (of.why) {
    case reason::no_data: return "no request of the candidate has returned, or none of the stable model beside it";
    case reason::too_few_requests: return requests + " of the " + std::to_string(of.min_requests) + " asked for";
    case reason::not_measured: return metric + " was measured too seldom, or without a number";
    case reason::sample_ratio: return "the arms do not get their shares of the requests, so they cannot be compared";
    case reason::missing_requests: return "one arm's requests return less often than the other's";
    case reason::beyond_tolerance: return metric + " is beyond what is tolerated in this step, though it may be chance";
    case reason::not_shown: return metric + " is not yet shown to be within what is tolerated";
    case reason::units_full: return "more units had bad outcomes than there is room for";
    case reason::not_judged: return "this judge never decides";
    case reason::within_tolerance: return "within what is tolerated, after " + requests;
    case reason::harm: return metric + " is worse than with the stable model";
  }
  return "for no known reason";
}

}  // namespace detail

template <class>
std::string evidence::summary() const {
  using detail::figure_text;
  std::string text(metric);
  ((text += ": ") += effect_name) += ' ';
  text += figure_text(effect);
  if (level > 0)
    (((((text += " (") += figure_text(lower)) += " to ") += figure_text(upper)) += ", at all times by ") +=
        detail::percent_text(level) + ")";
  for (const std::size_t arm : {std::size_t{1}, std::size_t{0}})
    ((((text += arm == 1 ? ", candidate " : ", stable ") += figure_text(bad[arm])) += " bad of ") +=
     std::to_string(measured[arm]));
  if (level > 0 || log_e != 0 || log_e_tolerated != 0)
    text += ", e-value of harm " + figure_text(detail::math::exp(log_e)) + ", of being tolerated " +
            figure_text(detail::math::exp(log_e_tolerated));
  if (unmeasured[0] + unmeasured[1] != 0)
    text += ", not measured " + std::to_string(unmeasured[1]) + " and " + std::to_string(unmeasured[0]);
  text += is_shown ? "; shown to be tolerated" : is_beyond ? "; not within what is tolerated" : "";
  return text;
}

template <class>
std::string judgement::summary() const {
  std::string text(name(verdict));
  ((text += ": ") += detail::why_text(*this)) += ".";
  if (alpha < 1)
    text += " Step " + std::to_string(step + 1) + " with " + detail::percent_text(share) +
            " of the requests: " + std::to_string(requests[1]) + " beside " + std::to_string(requests[0]) +
            "; e-value of harm " + detail::figure_text(detail::math::exp(log_e)) + ", where " +
            detail::figure_text(1 / alpha) + " shows it.";
  text += '\n';
  for (const evidence& one : metrics) (text += one.summary()) += '\n';
  return text;
}

/// The judgement as one JSON object. Infinite ends of an interval are the text "Infinity". Steps are counted from 1, as
/// in `summary` and in all that a rollout writes for people.
template <class = void>
std::string to_json(const judgement& of) {
  std::string text;
  json_writer out(text);
  out.begin_object().member("verdict", name(of.verdict)).member("reason", name(of.why)).member("metric", of.metric);
  out.member("step", of.step + 1).member("share", of.share);
  out.member("requests_stable", of.requests[0]).member("requests_candidate", of.requests[1]);
  out.member("min_requests", of.min_requests).member("alpha", of.alpha).member("beta", of.beta);
  out.member("log_e", of.log_e).member("highest_log_e", of.highest_log_e).key("metrics").begin_array();
  for (const evidence& one : of.metrics) {
    out.begin_object().member("metric", one.metric).member("effect_name", one.effect_name);
    out.member("effect", one.effect).member("lower", one.lower).member("upper", one.upper).member("level", one.level);
    out.member("difference", one.difference).member("log_e", one.log_e);
    out.member("log_e_beyond", one.log_e_beyond).member("log_e_tolerated", one.log_e_tolerated);
    for (const std::size_t arm : {std::size_t{0}, std::size_t{1}}) {
      out.key(arm == 0 ? "stable" : "candidate").begin_object().member("measured", one.measured[arm]);
      out.member("bad", one.bad[arm]).member("unmeasured", one.unmeasured[arm]).end_object();
    }
    out.member("beyond", one.is_beyond).member("beyond_in_step", one.is_beyond_in_step).member("shown", one.is_shown);
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_JUDGEMENT_HPP
