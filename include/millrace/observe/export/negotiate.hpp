#ifndef MILLRACE_OBSERVE_EXPORT_NEGOTIATE_HPP
#define MILLRACE_OBSERVE_EXPORT_NEGOTIATE_HPP

#include <millrace/core/detail/letter_case.hpp>
#include <millrace/observe/export/openmetrics.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/export/prometheus_protobuf.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The formats in which a page of metrics is served.
enum class page_format : std::uint8_t { prometheus, openmetrics, protobuf };

/// The content type of a response in this format.
constexpr std::string_view content_type(page_format format) noexcept {
  switch (format) {
    case page_format::prometheus: return prometheus_content_type;
    case page_format::openmetrics: return openmetrics_content_type;
    case page_format::protobuf: return prometheus_protobuf_content_type;
  }
  return prometheus_content_type;
}

/// Appends a snapshot in this format.
template <class = void>
void append_page(std::string& out, const metrics_snapshot& snapshot, page_format format) {
  switch (format) {
    case page_format::prometheus: append_prometheus(out, snapshot); break;
    case page_format::openmetrics: append_openmetrics(out, snapshot); break;
    case page_format::protobuf: append_prometheus_protobuf(out, snapshot); break;
  }
}

namespace detail {

constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
/// Cuts `text` at the first of these characters that is not between quotes, and returns what is before it.
constexpr std::string_view cut(std::string_view& text, char at) noexcept {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size() && (quoted || text[i] != at); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\' && i + 1 < text.size()) ++i;
  }
  const std::string_view front = text.substr(0, i);
  text.remove_prefix(i < text.size() ? i + 1 : i);
  return front;
}

/// A weight, `0.75`, in thousandths; -1 if it is none.
constexpr int weight(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return -1;
  if (text.size() > 1 && text[1] != '.') return -1;
  int made = 0;
  for (std::size_t i = 0, unit = 1000; i < 5; ++i) {
    if (i == 1) continue;
    const char c = i < text.size() ? text[i] : '0';
    if (c < '0' || c > '9') return -1;
    made += static_cast<int>(unit) * (c - '0');
    unit /= 10;
  }
  return made > 1000 ? -1 : made;
}

}  // namespace detail

/// Chooses the format of a page by the `Accept` header of its request: of the formats that the client takes, the one
/// that it likes best, and of several as good the one it names first. A header that names none of them, or that is
/// broken, gets Prometheus' text, as every server of metrics does it. A Prometheus server asks for the binary format
/// where native histograms are switched on.
///
///     const auto format = mr::observe::negotiate(request.header("Accept"));
///     response.type(content_type(format));
///     append_page(response.body, registry.snapshot(), format);
///
/// Allocates: never.
/// Source: RFC 9110, section 12.5.1; Prometheus documentation, "Content negotiation".
constexpr page_format negotiate(std::string_view accept) noexcept {
  page_format best = page_format::prometheus;
  int most = 0;
  while (!accept.empty()) {
    std::string_view range = detail::cut(accept, ',');
    const std::string_view type = detail::trimmed(detail::cut(range, ';'));
    int likes = 1000;
    bool other_message = false;
    bool delimited = false;
    bool other_version = false;
    while (!range.empty()) {
      std::string_view value = detail::cut(range, ';');
      const std::string_view name = detail::trimmed(detail::cut(value, '='));
      value = detail::trimmed(value);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      if (detail::same_but_case(name, "q")) likes = detail::weight(value);
      if (detail::same_but_case(name, "proto")) other_message = value != "io.prometheus.client.MetricFamily";
      if (detail::same_but_case(name, "encoding")) delimited = detail::same_but_case(value, "delimited");
      if (detail::same_but_case(name, "version"))
        other_version = value != "1.0.0" && value != "0.0.1" && value != "0.0.4";
    }
    if (likes <= most) continue;
    if (detail::same_but_case(type, "application/vnd.google.protobuf") && !other_message && delimited)
      best = page_format::protobuf;
    else if (detail::same_but_case(type, "application/openmetrics-text") && !other_version)
      best = page_format::openmetrics;
    else if (detail::same_but_case(type, "text/plain") || detail::same_but_case(type, "text/*") || type == "*/*")
      best = page_format::prometheus;
    else
      continue;
    most = likes;
  }
  return best;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_NEGOTIATE_HPP
