#ifndef MILLRACE_OBSERVE_EXPORT_JSON_EXPORT_HPP
#define MILLRACE_OBSERVE_EXPORT_JSON_EXPORT_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// Appends the numbers and counts of a native histogram's buckets of one sign, empty ones left out.
inline void append_native_side(json_writer& json, std::string_view name, const native_layout& layout,
                               std::span<const std::uint64_t> counts) {
  json.key(name).begin_array();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0)
      json.begin_array().value(layout.first + static_cast<std::int32_t>(i)).value(counts[i]).end_array();
  json.end_array();
}

/// Appends one series of a family: its labels and values.
inline void append_series(json_writer& json, const metric_family& family, const metric_sample& sample) {
  json.begin_object().key("labels").begin_object();
  for (const auto& label : sample.labels()) json.member(label.name, label.value);
  json.end_object();
  switch (family.type) {
    case metric_type::counter:
      if (family.nanoseconds)
        json.member("value", sample.value);
      else
        json.member("value", sample.count);
      break;
    case metric_type::gauge: json.member("value", sample.value); break;
    case metric_type::histogram:
      json.member("count", sample.count).member("sum", sample.value);
      if (family.nanoseconds) json.member("min", sample.least).member("max", sample.greatest);
      json.key("buckets").begin_array();
      for (const std::uint64_t n : sample.buckets) json.value(n);
      json.end_array();
      if (family.native) {
        json.key("native").begin_object().member("zeros", sample.native->zeros);
        append_native_side(json, "positive", family.native, sample.native->positive);
        append_native_side(json, "negative", family.native, sample.native->negative);
        json.end_object();
      }
  }
  json.end_object();
}

}  // namespace detail

using millrace::append_json;  // an overload of this namespace hides core's

/// Appends a snapshot as one JSON object:
///
///     {"timestamp": 1705843822.123, "uptime_seconds": 120.5,
///      "metrics": {"rows": {"type": "counter", "help": "Rows read.", "unit": "",
///                           "series": [{"labels": {"split": "train"}, "value": 600}]}}}
///
/// A histogram has `bounds`, and its series have `count`, `sum` and `buckets`: one bucket more than bounds, each by
/// itself and not cumulated. A native histogram has no bounds, but `schema` and `zero_threshold`, and its series
/// `native`: `zeros`, and `positive` and `negative` with the number and the count of each bucket that is not empty,
/// numbered as `native_layout` says. A timer's series also have `min` and `max`, in seconds. `timestamp` is in seconds
/// since 1970. NaN and infinities are the strings "NaN", "Infinity", "-Infinity". The text does not depend on the
/// locale.
inline void append_json(std::string& out, const metrics_snapshot& snapshot) {
  json_writer json(out);
  json.begin_object();
  json.member("timestamp", static_cast<double>(snapshot.unix_nanoseconds / 1'000'000) / 1e3);
  json.member("uptime_seconds", static_cast<double>(snapshot.uptime_nanoseconds) / 1e9);
  json.key("metrics").begin_object();
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    json.key(family.name).begin_object();
    json.member("type", to_string(family.type)).member("help", family.help).member("unit", family.unit);
    if (family.type == metric_type::histogram) {
      json.key("bounds").begin_array();
      for (const double bound : family.bounds) json.value(bound);
      json.end_array();
    }
    if (family.native)
      json.member("schema", family.native.schema).member("zero_threshold", family.native.zero_threshold);
    json.key("series").begin_array();
    for (const metric_sample& sample : each.samples) detail::append_series(json, family, sample);
    json.end_array().end_object();
  }
  json.end_object().end_object();
}

/// Returns a snapshot as one JSON object: see `append_json`.
inline std::string to_json(const metrics_snapshot& snapshot) {
  std::string text;
  append_json(text, snapshot);
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_JSON_EXPORT_HPP
