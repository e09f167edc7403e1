#ifndef MILLRACE_OBSERVE_HEALTH_HEALTH_REPORT_HPP
#define MILLRACE_OBSERVE_HEALTH_HEALTH_REPORT_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/health/health_result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What a report is asked for: whether the process should be restarted (liveness), whether it should be sent work
/// (readiness), or everything.
enum class health_probe : std::uint8_t { all, liveness, readiness };

constexpr std::string_view to_string(health_probe probe) noexcept {
  switch (probe) {
    case health_probe::all: return "all";
    case health_probe::liveness: return "liveness";
    case health_probe::readiness: return "readiness";
  }
  return "unknown";
}

/// One check in a report.
struct checked_health {
  std::string name;
  health_result found;
  bool is_critical = true;
  bool is_late = false;  // it has not come back within its timeout, which is unhealthy
  duration took = {};    // how long it ran; of a late one so far
  duration age = {};     // since its result; 0 of a late one
};

/// What a `health_monitor` reports. The status is the worst of its checks, where one that is not critical makes it
/// degraded at most.
struct health_report {
  health_status status = health_status::healthy;
  health_probe probe = health_probe::all;
  std::uint64_t unix_nanoseconds = 0;
  std::vector<checked_health> checks = {};

  /// 200, also where it is degraded, or 503.
  int http_status() const noexcept { return status == health_status::unhealthy ? 503 : 200; }
  /// The check of this name, or null.
  const checked_health* find(std::string_view name) const noexcept {
    for (const checked_health& each : checks)
      if (each.name == name) return &each;
    return nullptr;
  }
};

/// The content type of an HTTP response with a report.
inline constexpr std::string_view health_content_type = "application/health+json";

namespace detail {

constexpr std::string_view health_word(health_status status) noexcept {
  switch (status) {
    case health_status::healthy: return "pass";
    case health_status::degraded: return "warn";
    case health_status::unhealthy: return "fail";
  }
  return "fail";
}

/// Writes one object of a check: without a measure, or with one.
inline void append_checked(json_writer& json, const health_report& report, const checked_health& one,
                           const health_measure* measure) {
  json.begin_object();
  if (measure != nullptr) {
    json.member("observedValue", measure->value);
    if (!measure->unit.empty()) json.member("observedUnit", measure->unit);
  }
  json.member("status", health_word(one.found.status));
  const auto age = static_cast<std::uint64_t>(one.age.nanoseconds);
  json.member("time", to_iso8601(report.unix_nanoseconds > age ? report.unix_nanoseconds - age : 0));
  if (one.found.status != health_status::healthy) json.member("output", one.found.message);
  json.member("critical", one.is_critical);
  if (one.is_late) json.member("late", true);
  json.member("tookSeconds", static_cast<double>(one.took.nanoseconds) / 1e9);
  json.member("ageSeconds", static_cast<double>(one.age.nanoseconds) / 1e9);
  json.end_object();
}

}  // namespace detail

using millrace::append_json;  // an overload of this namespace hides core's

/// Appends a report as one JSON object, for a response with `http_status` and `health_content_type`:
///
///     {"status":"warn","description":"readiness","checks":{"disk:free":[{"observedValue":1.5e9,"observedUnit":"bytes",
///       "status":"warn","time":"2025-01-21T14:30:22.123456Z","output":"2 % of /data are free","critical":true,
///       "tookSeconds":0.001,"ageSeconds":0.5}]}}
///
/// Each measure of a check has a key, `name:measure`; a check without has its name. `critical`, `late`, `tookSeconds`
/// and `ageSeconds` are ours, which the format allows. The text does not depend on the locale.
/// Source: I. Nadareishvili, "Health Check Response Format for HTTP APIs", draft-inadarei-api-health-check-06, an
/// Internet-Draft that has expired without a successor.
inline void append_json(std::string& out, const health_report& report) {
  json_writer json(out);
  json.begin_object();
  json.member("status", detail::health_word(report.status));
  json.member("description", to_string(report.probe));
  json.key("checks").begin_object();
  for (const checked_health& one : report.checks) {
    const std::vector<health_measure>& measured = one.found.measured;
    if (measured.empty()) {
      json.key(one.name).begin_array();
      detail::append_checked(json, report, one, nullptr);
      json.end_array();
    }
    for (std::size_t i = 0; i < measured.size(); ++i) {
      const auto has_name = [&](const health_measure& other) { return other.name == measured[i].name; };
      bool is_first = true;
      for (std::size_t before = 0; before < i; ++before) is_first = is_first && !has_name(measured[before]);
      if (!is_first) continue;
      json.key(one.name + ":" + measured[i].name).begin_array();
      for (std::size_t at = i; at < measured.size(); ++at)
        if (has_name(measured[at])) detail::append_checked(json, report, one, &measured[at]);
      json.end_array();
    }
  }
  json.end_object().end_object();
}

/// Returns a report as one JSON object: see `append_json`.
inline std::string to_json(const health_report& report) {
  std::string text;
  append_json(text, report);
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_HEALTH_REPORT_HPP
