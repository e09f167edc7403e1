#ifndef MILLRACE_OBSERVE_EXPORT_PROMETHEUS_HPP
#define MILLRACE_OBSERVE_EXPORT_PROMETHEUS_HPP

#include <millrace/observe/export/detail/exposition.hpp>
#include <millrace/observe/metrics/detail/metric_text.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The content type of an HTTP response with such a page.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Appends a snapshot in Prometheus' text format: families in order, counters as `x_total`, histograms as cumulative
/// `x_bucket{le=...}`, `x_sum` and `x_count`, without timestamps. The text does not depend on the locale.
/// Allocates: only as the string grows.
/// Source: Prometheus documentation, "Exposition formats", text-based format 0.0.4.
inline void append_prometheus(std::string& out, const metrics_snapshot& snapshot) {
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    const std::string name = family.type == metric_type::counter ? family.name + "_total" : family.name;
    if (!family.help.empty()) {
      out.append("# HELP ").append(name).append(" ");
      detail::append_escaped(out, family.help, false);
      out += '\n';
    }
    out.append("# TYPE ").append(name).append(" ").append(to_string(family.type)).append("\n");
    detail::append_samples(out, each, detail::text_format::prometheus);
  }
}

/// Returns a snapshot as a page in Prometheus' text format: see `append_prometheus`.
inline std::string to_prometheus(const metrics_snapshot& snapshot) {
  std::string page;
  append_prometheus(page, snapshot);
  return page;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_PROMETHEUS_HPP
