#ifndef MILLRACE_OBSERVE_EVENT_METRICS_HPP
#define MILLRACE_OBSERVE_EVENT_METRICS_HPP

#include <millrace/observe/metrics_snapshot.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The families that the metrics and validation middlewares keep, by name and label, so that exporters, dashboards
/// and summaries find them.
inline constexpr metric_info event_count_info{"millrace_event_count_total", "Runs of an event."};
inline constexpr metric_info event_failures_info{"millrace_event_failures_total", "Runs of an event that failed."};
inline constexpr metric_info event_duration_info{"millrace_event_duration_seconds", "How long an event ran.",
                                                 "seconds"};
inline constexpr metric_info event_field_info{"millrace_ml_metric", "The last value of a named field."};
inline constexpr metric_info validation_issues_info{"millrace_validation_issues_total",
                                                    "What validation found wrong in fields."};
inline constexpr std::string_view event_label = "event";
inline constexpr std::string_view field_label = "metric";

/// One event's runs; durations in seconds, 0 where it never ran.
struct event_summary {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t failures = 0;
  double total_seconds = 0;
  double min_seconds = 0;
  double max_seconds = 0;

  double avg_seconds() const noexcept { return count == 0 ? 0.0 : total_seconds / static_cast<double>(count); }
};

/// What the metrics middleware saw, for people: events in the order of their first run, and the last
/// values of the fields.
struct metrics_summary {
  std::uint64_t total_events = 0;
  std::uint64_t total_failures = 0;
  std::vector<event_summary> events;
  std::vector<std::pair<std::string, double>> fields;

  const event_summary* find(std::string_view event) const noexcept {
    for (const event_summary& e : events)
      if (e.name == event) return &e;
    return nullptr;
  }
};

/// Adds up what the metrics middlewares of all chains on a registry counted. Allocates: the summary.
inline metrics_summary summarize(const metrics_snapshot& snapshot) {
  metrics_summary made;
  const auto event_of = [&](const metric_sample& sample) -> event_summary& {
    const std::string_view name = sample.labels()[event_label];
    for (event_summary& e : made.events)
      if (e.name == name) return e;
    event_summary& fresh = made.events.emplace_back();
    fresh.name = name;
    fresh.min_seconds = std::numeric_limits<double>::infinity();  // until timed
    return fresh;
  };
  const auto for_each = [&](std::string_view family, metric_type type, auto&& f) {
    if (type == metric_type::counter) family.remove_suffix(std::string_view("_total").size());
    const metric_family_samples* found = snapshot.find(family);
    if (found == nullptr || found->family->type != type) return;
    for (const metric_sample& sample : found->samples) f(sample);
  };
  for_each(event_count_info.name, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).count += sample.count;
    made.total_events += sample.count;
  });
  for_each(event_failures_info.name, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).failures += sample.count;
    made.total_failures += sample.count;
  });
  for_each(event_duration_info.name, metric_type::histogram, [&](const metric_sample& sample) {
    if (sample.count == 0) return;
    event_summary& event = event_of(sample);
    event.total_seconds += sample.value;
    if (sample.least < event.min_seconds) event.min_seconds = sample.least;
    if (sample.greatest > event.max_seconds) event.max_seconds = sample.greatest;
  });
  for_each(event_field_info.name, metric_type::gauge, [&](const metric_sample& sample) {
    const std::string_view name = sample.labels()[field_label];
    for (auto& [known, value] : made.fields)
      if (known == name) {
        value = sample.value;
        return;
      }
    made.fields.emplace_back(name, sample.value);
  });
  for (event_summary& e : made.events)
    if (e.min_seconds > e.max_seconds) e.min_seconds = 0;
  return made;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENT_METRICS_HPP
