#ifndef MILLRACE_CONNECT_REST_PARTS_PROCESS_HEALTH_HPP
#define MILLRACE_CONNECT_REST_PARTS_PROCESS_HEALTH_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/export/negotiate.hpp>
#include <millrace/observe/health/health_monitor.hpp>
#include <millrace/observe/health/health_report.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/store/http.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {

inline constexpr std::string_view health_schema =
    R"({"type":"object","required":["status"],"properties":{"status":{"enum":["pass","warn","fail"]},)"
    R"("description":{"type":"string"},"checks":{"type":"object"}}})";
inline constexpr refusal failed_check[] = {
    {503, "A critical check has failed", observe::health_content_type, health_schema}};

constexpr operation probe_operation(std::string_view id, std::string_view summary) {
  return {.id = id,
          .summary = summary,
          .tag = "health",
          .returns = health_schema,
          .type = observe::health_content_type,
          .refuses = failed_check,
          .is_open = true};
}

}  // namespace detail

/// The part of an API that says whether the process works and can be given work: for who runs it, so it belongs to a
/// handler and a server of their own.
///
///     GET /health    all checks
///     GET /live      those that say whether the process should be started anew
///     GET /ready     those that say whether it can be given work
///
/// Nobody is asked for a token: probes have none. Status 200, or 503 where the process is not healthy. The monitor
/// outlives it.
template <class Monitor = observe::health_monitor<>>
class process_health {
 public:
  explicit process_health(Monitor& monitor) noexcept : monitor_(&monitor) {}
  explicit process_health(Monitor&&) { static_cast<void>(sizeof(temporary_object<Monitor>)); }

 private:
  result<store::http_response> respond(observe::health_probe probe) const {
    const observe::health_report found = monitor_->report(probe);
    return store::http_response{
        found.http_status(),
        {{"Content-Type", std::string(observe::health_content_type)}, {"Cache-Control", "no-store"}},
        to_json(found)};
  }
  result<store::http_response> all(const call&) const { return respond(observe::health_probe::all); }
  result<store::http_response> live(const call&) const { return respond(observe::health_probe::liveness); }
  result<store::http_response> ready(const call&) const { return respond(observe::health_probe::readiness); }

  Monitor* monitor_;

 public:
  static constexpr route<process_health> routes[] = {
      {"GET", "/health", &process_health::all, detail::probe_operation("health", "All checks")},
      {"GET", "/live", &process_health::live, detail::probe_operation("live", "Whether the process should run on")},
      {"GET", "/ready", &process_health::ready,
       detail::probe_operation("ready", "Whether the process can be given work")},
  };
};

/// The part of an API that shows a metrics registry, in the format that who asks likes best:
///
///     GET /metrics
///
/// Nobody is asked for a token. The registry outlives it.
class metrics_page {
 public:
  explicit metrics_page(const observe::metrics_registry& metrics) noexcept : metrics_(&metrics) {}
  explicit metrics_page(const observe::metrics_registry&&) = delete;

 private:
  result<store::http_response> show(const call& asked) const {
    const std::string* const accept = store::find_header(asked.request.headers, "Accept");
    const observe::page_format format = observe::negotiate(accept == nullptr ? std::string_view() : *accept);
    store::http_response made{200, {{"Content-Type", std::string(content_type(format))}}, {}};
    append_page(made.body, metrics_->snapshot(), format);
    return made;
  }

  const observe::metrics_registry* metrics_;

 public:
  static constexpr route<metrics_page> routes[] = {
      {"GET",
       "/metrics",
       &metrics_page::show,
       {.id = "metrics",
        .summary = "The metrics of the process",
        .tag = "health",
        .returns = R"({"type":"string"})",
        .type = "text/plain,application/openmetrics-text,application/vnd.google.protobuf",
        .is_open = true}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_PROCESS_HEALTH_HPP
