#ifndef MILLRACE_MIDDLEWARE_EVENT_METRICS_HPP
#define MILLRACE_MIDDLEWARE_EVENT_METRICS_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

// The metric families that the middlewares `metrics` and `validation` write to a registry. Their names and labels are
// public, for exporters, dashboards and `summarize_events`.

/// The runs of each event.
inline constexpr observe::metric_info event_count_info{"millrace_event_count_total", "Runs of an event."};
/// The failures of each event.
inline constexpr observe::metric_info event_failures_info{"millrace_event_failures_total",
                                                          "Runs of an event that failed."};
/// How long each event ran.
inline constexpr observe::metric_info event_duration_info{"millrace_event_duration_seconds", "How long an event ran.",
                                                          "seconds"};
/// The last value of each field that is a number.
inline constexpr observe::metric_info event_field_info{"millrace_ml_metric", "The last value of a named field."};
/// How many issues validation found.
inline constexpr observe::metric_info validation_issues_info{"millrace_validation_issues_total",
                                                             "What validation found wrong in fields."};
/// The label that names the event.
inline constexpr std::string_view event_label = "event";
/// The label that names the field.
inline constexpr std::string_view field_label = "metric";

/// One event's runs, failures and durations; the durations are 0 if it never ran.
struct event_summary {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t failures = 0;
  double total_seconds = 0;
  double min_seconds = 0;
  double max_seconds = 0;

  double avg_seconds() const noexcept { return count == 0 ? 0.0 : total_seconds / static_cast<double>(count); }
};

/// What the middleware `metrics` counted: events in the order of their first run, and the last values of the fields.
struct metrics_summary {
  std::uint64_t unix_nanoseconds = 0;
  std::uint64_t uptime_nanoseconds = 0;
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

namespace detail {

/// Returns the item of this name in a list; if there is none, appends it.
template <class Item>
Item& item_named(std::vector<Item>& items, std::string Item::* name, std::string_view wanted) {
  for (Item& item : items)
    if (item.*name == wanted) return item;
  Item& fresh = items.emplace_back();
  fresh.*name = wanted;
  return fresh;
}

/// Calls f(sample) for every series of the family `info`, if the snapshot has a family of that name and type.
template <class F>
void for_each_sample(const observe::metrics_snapshot& snapshot, const observe::metric_info& info,
                     observe::metric_type type, F&& f) {
  std::string_view name = info.name;
  if (type == observe::metric_type::counter) name.remove_suffix(std::string_view("_total").size());
  const observe::metric_family_samples* const found = snapshot.find(name);
  if (found == nullptr || found->family->type != type) return;
  for (const observe::metric_sample& sample : found->samples) f(sample);
}

}  // namespace detail

/// Sums up what the `metrics` middlewares of all chains counted in the registry from which the snapshot was taken.
/// Allocates: the summary.
template <class = void>
metrics_summary summarize_events(const observe::metrics_snapshot& snapshot) {
  using observe::metric_sample;
  using observe::metric_type;
  metrics_summary made;
  made.unix_nanoseconds = snapshot.unix_nanoseconds;
  made.uptime_nanoseconds = snapshot.uptime_nanoseconds;
  const auto event_of = [&](const metric_sample& sample) -> event_summary& {
    const std::size_t known = made.events.size();
    event_summary& event = detail::item_named(made.events, &event_summary::name, sample.labels()[event_label]);
    if (made.events.size() != known) event.min_seconds = __builtin_inf();  // until timed
    return event;
  };
  detail::for_each_sample(snapshot, event_count_info, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).count += sample.count;
    made.total_events += sample.count;
  });
  detail::for_each_sample(snapshot, event_failures_info, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).failures += sample.count;
    made.total_failures += sample.count;
  });
  detail::for_each_sample(snapshot, event_duration_info, metric_type::histogram, [&](const metric_sample& sample) {
    if (sample.count == 0) return;
    event_summary& event = event_of(sample);
    event.total_seconds += sample.value;
    if (sample.least < event.min_seconds) event.min_seconds = sample.least;
    if (sample.greatest > event.max_seconds) event.max_seconds = sample.greatest;
  });
  detail::for_each_sample(snapshot, event_field_info, metric_type::gauge, [&](const metric_sample& sample) {
    using field = std::pair<std::string, double>;
    detail::item_named(made.fields, &field::first, sample.labels()[field_label]).second = sample.value;
  });
  for (event_summary& event : made.events)
    if (event.min_seconds > event.max_seconds) event.min_seconds = 0;
  return made;
}

/// A summary as one JSON object, strict whatever the values; the same whatever the locale:
///
///     {"timestamp": 1705843822.123, "uptime_seconds": 120.5,
///      "events": {"forward_pass": {"count": 600, "failures": 0, "avg_duration_seconds": 0.007,
///                                  "min_duration_seconds": 0.005, "max_duration_seconds": 0.012}},
///      "custom_metrics": {"loss": 0.234}}
///
/// `timestamp` is in seconds since 1970, `custom_metrics` are the fields. NaN and infinities are the strings "NaN",
/// "Infinity", "-Infinity".
template <class = void>
std::string to_json(const metrics_summary& summary) {
  std::string out;
  json_writer json(out);
  json.begin_object();
  json.member("timestamp", static_cast<double>(summary.unix_nanoseconds / 1'000'000) / 1e3);
  json.member("uptime_seconds", static_cast<double>(summary.uptime_nanoseconds) / 1e9);
  json.key("events").begin_object();
  for (const event_summary& event : summary.events) {
    json.key(event.name).begin_object().member("count", event.count).member("failures", event.failures);
    json.member("avg_duration_seconds", event.avg_seconds()).member("min_duration_seconds", event.min_seconds);
    json.member("max_duration_seconds", event.max_seconds).end_object();
  }
  json.end_object().key("custom_metrics").begin_object();
  for (const auto& [name, value] : summary.fields) json.member(name, value);
  json.end_object().end_object();
  return out;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_EVENT_METRICS_HPP
