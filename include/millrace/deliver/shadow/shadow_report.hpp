#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_REPORT_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_REPORT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/detail/json_rows.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/verdict.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/sequential/confidence_sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Counts of comparisons, of all or of a segment. Two of them are added by adding their members.
struct shadow_counts {
  /// Requests that the candidate was asked as well, whether or not it could say anything.
  std::uint64_t comparisons = 0;
  std::uint64_t agreements = 0;
  /// Where it threw or returned an error. None of them is an agreement.
  std::uint64_t candidate_failures = 0;
  /// Where the stable model returned an error, by its result; both failing is an agreement.
  std::uint64_t stable_failures = 0;
  /// Of the distances that are finite.
  double max_distance = 0;
  double sum_of_distances = 0;
  std::uint64_t distances = 0;

  /// The share of comparisons that agree; NaN without any.
  double agreement() const noexcept {
    return comparisons == 0 ? detail::math::nan : static_cast<double>(agreements) / static_cast<double>(comparisons);
  }
  double mean_distance() const noexcept {
    return distances == 0 ? detail::math::nan : sum_of_distances / static_cast<double>(distances);
  }
  void merge(const shadow_counts& other) noexcept {
    comparisons += other.comparisons;
    agreements += other.agreements;
    candidate_failures += other.candidate_failures;
    stable_failures += other.stable_failures;
    if (other.max_distance > max_distance) max_distance = other.max_distance;
    sum_of_distances += other.sum_of_distances;
    distances += other.distances;
  }
};

/// What was compared of one segment.
struct shadow_segment {
  std::string name;
  shadow_counts counts;
};

/// How long an arm's calls took, in nanoseconds.
struct arm_latency {
  std::uint64_t calls = 0;
  double mean = 0;
  std::uint64_t median = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t max = 0;
};

/// How far the distribution of the candidate's outputs is from that of the stable model's, over sketches of both. What
/// the figures are says detect::drift_measures. Both arms saw the same requests, so there is no p-value: that of two
/// independent samples would be too large.
struct output_drift {
  /// Outputs of each arm that were numbers; below 100 of either nothing is compared, and the figures are NaN.
  std::uint64_t outputs = 0;
  double psi = detail::math::nan;
  double ks = detail::math::nan;
  double jensen_shannon = detail::math::nan;
  double wasserstein = detail::math::nan;
};

/// What a candidate has to show before it may be given requests of its own. A limit that is infinite is none.
struct shadow_criteria {
  std::uint64_t min_comparisons = 1000;
  /// A share of the comparisons, from 0 to less than 1.
  double min_agreement = 0.99;
  /// Of the interval for the agreement.
  double level = 0.95;
  /// Of the candidate's p99 over the stable model's. It is a point estimate, as is the drift.
  double max_latency_ratio = __builtin_inf();
  /// Of the outputs' population stability index.
  double max_drift = __builtin_inf();
};

/// Whether a candidate may go on to a canary, and why.
struct shadow_assessment {
  deliver::verdict verdict = deliver::verdict::hold;
  /// A sentence with the figures.
  std::string why;
};

/// What a shadow has seen so far.
struct shadow_report {
  std::string name;
  shadow_counts all;
  /// In the order in which they came; the last may be `other_segments`.
  std::vector<shadow_segment> segments;
  /// Requests that were not compared, by `shadow_drop`, and those that `share` left out.
  std::uint64_t dropped[shadow_drops] = {};
  std::uint64_t left_out = 0;
  /// Copies that wait, and threads that were left in a candidate which did not return.
  std::size_t waiting = 0;
  std::size_t threads = 0;
  std::size_t hanging_threads = 0;
  arm_latency stable;
  arm_latency candidate;
  output_drift drift;

  double agreement() const noexcept { return all.agreement(); }
  std::uint64_t drops() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t each : dropped) sum += each;
    return sum;
  }
  /// The interval for the share of requests on which the arms agree, valid at all times at once: one may look after
  /// every comparison, and stop at any. It takes requests as independent.
  /// Errors: invalid_argument: no comparisons; a level outside (0, 1).
  result<stats::interval> agreement_interval(double level = 0.95) const {
    return stats::beta_binomial_interval(static_cast<double>(all.agreements), static_cast<double>(all.comparisons),
                                         level);
  }
  /// The candidate's p99 over the stable model's; NaN before both were called.
  double latency_ratio() const noexcept {
    return stable.p99 == 0 || candidate.calls == 0
               ? detail::math::nan
               : static_cast<double>(candidate.p99) / static_cast<double>(stable.p99);
  }

  /// Whether the comparisons are enough to let the candidate go on to a canary. `promote`: the agreement is at least
  /// `min_agreement` with all of its interval, and no limit is crossed. `rollback`: all of the interval is below.
  /// `hold`: otherwise, always before `min_comparisons`, and for criteria that can never be met.
  /// Guarantee: if the share of agreement is below the minimum, the probability that this ever returns `promote`,
  /// however often it is asked, is at most 1 - level; so is that of a `rollback` if it is at least the minimum.
  template <class = void>
  shadow_assessment assess(const shadow_criteria& wanted = {}) const;

  /// A few lines for people.
  template <class = void>
  std::string summary() const;
};

/// The same as a JSON object.
template <class = void>
std::string to_json(const shadow_report& seen);

namespace detail {

template <class = void>
void append_counts(std::string& text, const shadow_counts& of) {
  text += std::to_string(of.comparisons) + " comparisons";
  if (of.comparisons != 0) text += ", " + percent_text(of.agreement()) + " agree";
  if (of.candidate_failures != 0) text += ", the candidate failed in " + std::to_string(of.candidate_failures);
  if (of.stable_failures != 0) text += ", the stable model failed in " + std::to_string(of.stable_failures);
  if (of.distances != 0 && of.max_distance > 0) text += ", the greatest distance is " + figure_text(of.max_distance);
}
template <class = void>
void append_latency(std::string& text, const char* arm, const arm_latency& of) {
  text += std::string(arm) + ": mean " + time_text(of.mean) + ", p99 " + time_text(static_cast<double>(of.p99)) +
          " in " + std::to_string(of.calls) + " calls\n";
}
template <class = void>
void write_counts(json_writer& json, const shadow_counts& of) {
  json.member("comparisons", of.comparisons)
      .member("agreements", of.agreements)
      .member("candidate_failures", of.candidate_failures)
      .member("stable_failures", of.stable_failures)
      .member("max_distance", of.max_distance)
      .member("mean_distance", of.mean_distance());
}
template <class = void>
void write_latency(json_writer& json, const char* arm, const arm_latency& of) {
  json.key(arm)
      .begin_object()
      .member("calls", of.calls)
      .member("mean_ns", of.mean)
      .member("median_ns", of.median)
      .member("p90_ns", of.p90)
      .member("p99_ns", of.p99)
      .member("max_ns", of.max)
      .end_object();
}

}  // namespace detail

template <class>
std::string shadow_report::summary() const {
  std::string text = name + ": ";
  detail::append_counts(text, all);
  if (const auto around = agreement_interval())
    text += "; at all times between " + detail::percent_text(around->lower) + " and " +
            detail::percent_text(around->upper) + " (95 %)";
  text += '\n';
  if (stable.calls != 0) detail::append_latency(text, "stable", stable);
  if (candidate.calls != 0) detail::append_latency(text, "candidate", candidate);
  if (!detail::math::is_nan(drift.psi))
    text += "outputs: psi " + detail::figure_text(drift.psi) + ", ks " + detail::figure_text(drift.ks) + "\n";
  for (const shadow_segment& each : segments) {
    text += each.name + ": ";
    detail::append_counts(text, each.counts);
    text += '\n';
  }
  for (std::size_t i = 0; i < shadow_drops; ++i)
    if (dropped[i] != 0)
      text += std::to_string(dropped[i]) + " not compared: " + to_string(static_cast<shadow_drop>(i)) + '\n';
  if (left_out != 0) text += std::to_string(left_out) + " left out by the share that is copied\n";
  if (hanging_threads != 0) text += std::to_string(hanging_threads) + " threads hang in the candidate\n";
  return text;
}

template <class>
std::string to_json(const shadow_report& seen) {
  std::string text;
  json_writer json(text);
  json.begin_object().member("name", seen.name);
  detail::write_counts(json, seen.all);
  json.member("agreement", seen.agreement());
  if (const auto around = seen.agreement_interval())
    json.key("agreement_interval").begin_array().value(around->lower).value(around->upper).end_array();
  detail::write_latency(json, "stable", seen.stable);
  detail::write_latency(json, "candidate", seen.candidate);
  json.key("drift")
      .begin_object()
      .member("outputs", seen.drift.outputs)
      .member("psi", seen.drift.psi)
      .member("ks", seen.drift.ks)
      .member("jensen_shannon", seen.drift.jensen_shannon)
      .member("wasserstein", seen.drift.wasserstein)
      .end_object();
  detail::write_rows(json, "segments", seen.segments, [&](const shadow_segment& each) {
    json.member("name", each.name);
    detail::write_counts(json, each.counts);
  });
  json.key("dropped").begin_object();
  for (std::size_t i = 0; i < shadow_drops; ++i) json.member(to_string(static_cast<shadow_drop>(i)), seen.dropped[i]);
  json.end_object()
      .member("left_out", seen.left_out)
      .member("waiting", seen.waiting)
      .member("hanging_threads", seen.hanging_threads)
      .end_object();
  return text;
}

template <class>
shadow_assessment shadow_report::assess(const shadow_criteria& wanted) const {
  const auto found = [](deliver::verdict verdict, std::string why) {
    return shadow_assessment{verdict, std::move(why)};
  };
  const std::uint64_t n = all.comparisons;
  if (!(wanted.min_agreement >= 0 && wanted.min_agreement < 1))
    return found(verdict::hold, "an agreement of " + detail::figure_text(wanted.min_agreement) +
                                    " can never be shown; ask for less than 1");
  if (n == 0 || n < wanted.min_comparisons)
    return found(verdict::hold,
                 std::to_string(n) + " comparisons, of " + std::to_string(wanted.min_comparisons) + " that are needed");
  const auto around = agreement_interval(wanted.level);
  if (!around) return found(verdict::hold, around.error().describe());
  const std::string share = "of " + std::to_string(n) + " comparisons " + detail::percent_text(agreement()) +
                            " agree, at all times between " + detail::percent_text(around->lower) + " and " +
                            detail::percent_text(around->upper);
  const std::string needed = detail::percent_text(wanted.min_agreement) + " are needed";
  if (around->upper < wanted.min_agreement) return found(verdict::rollback, share + "; " + needed);
  const double ratio = latency_ratio();
  if (wanted.max_latency_ratio < __builtin_inf() && !(ratio <= wanted.max_latency_ratio))
    return found(verdict::hold, "the candidate's p99 is " + detail::figure_text(ratio) +
                                    " times the stable model's, and may be " +
                                    detail::figure_text(wanted.max_latency_ratio));
  if (wanted.max_drift < __builtin_inf() && !(drift.psi <= wanted.max_drift))
    return found(verdict::hold, "the outputs' psi is " + detail::figure_text(drift.psi) + ", and may be " +
                                    detail::figure_text(wanted.max_drift));
  if (around->lower >= wanted.min_agreement) return found(verdict::promote, share);
  return found(verdict::hold, share + "; " + needed);
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_REPORT_HPP
