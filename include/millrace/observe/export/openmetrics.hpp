#ifndef MILLRACE_OBSERVE_EXPORT_OPENMETRICS_HPP
#define MILLRACE_OBSERVE_EXPORT_OPENMETRICS_HPP

#include <millrace/observe/export/detail/exposition.hpp>
#include <millrace/observe/metrics/detail/metric_text.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The content type of an HTTP response with such a page.
inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Appends a snapshot as OpenMetrics text. The text ends in `# EOF`, after which nothing may follow. A histogram with a
/// negative bound or sum is written without sum and count, because the standard forbids a sum that can fall.
/// Exemplars stand behind the buckets and counters that have one. The text does not depend on the locale.
/// Allocates: only as the string grows.
/// Source: OpenMetrics 1.0.0.
inline void append_openmetrics(std::string& out, const metrics_snapshot& snapshot) {
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    out.append("# TYPE ").append(family.name).append(" ").append(to_string(family.type)).append("\n");
    if (!family.unit.empty()) out.append("# UNIT ").append(family.name).append(" ").append(family.unit).append("\n");
    if (!family.help.empty()) {
      out.append("# HELP ").append(family.name).append(" ");
      detail::append_escaped(out, family.help, true);
      out += '\n';
    }
    detail::append_samples(out, each, detail::text_format::openmetrics);
  }
  out += "# EOF\n";
}

/// Returns a snapshot as a page of OpenMetrics text: see `append_openmetrics`.
inline std::string to_openmetrics(const metrics_snapshot& snapshot) {
  std::string page;
  append_openmetrics(page, snapshot);
  return page;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_OPENMETRICS_HPP
