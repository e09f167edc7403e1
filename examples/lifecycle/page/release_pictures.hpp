#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_RELEASE_PICTURES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_RELEASE_PICTURES_HPP

#include "../format.hpp"
#include "../work/release.hpp"
#include "html.hpp"
#include "svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How the new model was let at requests, in pictures.
namespace lifecycle {

/// The lines of metrics, and of all together.
inline constexpr std::array<std::string_view, 4> evidence_styles{"one", "two", "three", "marker"};

namespace detail {
inline std::vector<double> request_ticks(const release_record& of) {
  return round_ticks(0, static_cast<double>(of.requests), 5);
}
inline std::string in_thousands(double requests) { return grouped(static_cast<std::uint64_t>(requests)); }
}  // namespace detail

/// The new model's share of the requests, as they came.
inline std::string share_picture(const release_record& of) {
  std::vector<point> points{{0, 0}};
  for (const release_change& one : of.changes) {
    const auto at = static_cast<double>(one.requests);
    points.push_back({at, points.back().y});
    points.push_back({at, 100 * one.share});
  }
  const double last = (std::max)(1.0, static_cast<double>(of.requests));
  points.push_back({last, points.back().y});
  chart picture("The new model's share of the requests, by requests so far", 240, {0, 0}, {last, 100});
  picture.y_axis({0, 25, 50, 75, 100}, [](double v) { return fixed(v, 0) + " %"; })
      .x_axis("requests", detail::request_ticks(of), detail::in_thousands)
      .area("one", points)
      .line("one", points);
  return picture.str();
}

/// The evidence of harm after each look, as powers of ten, and where it is enough.
inline std::string evidence_picture(const release_record& of) {
  const double enough = -std::log10(of.verdict.alpha);
  double low = -2;
  double high = enough + 1;
  std::vector<std::vector<point>> lines(of.looks.empty() ? 0 : of.looks.front().evidence.size());
  for (const release_look& look : of.looks)
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const double at = std::clamp(look.evidence[i], -6.0, 12.0);
      lines[i].push_back({static_cast<double>(look.requests), at});
      low = (std::min)(low, at);
      high = (std::max)(high, at);
    }
  const double last = (std::max)(1.0, static_cast<double>(of.requests));
  chart picture("The e-value of harm by requests so far, as powers of ten", 240, {0, low}, {last, high});
  picture.y_axis(round_ticks(low, high, 5), [](double v) { return fixed(v, 0); })
      .x_axis("requests", detail::request_ticks(of), detail::in_thousands)
      .straight("marker", {0, enough}, {last, enough})
      .note("label halo", {0, enough}, "start", "rolled back from here");
  for (std::size_t i = 0; i < lines.size(); ++i)
    picture.line(i + 1 == lines.size() ? evidence_styles.back() : evidence_styles[i % 3], lines[i]);
  return picture.str();
}

inline std::string evidence_legend(const release_record& of) {
  std::vector<std::pair<std::string_view, std::string>> names;
  for (std::size_t i = 0; i < of.verdict.metrics.size(); ++i)
    names.emplace_back(evidence_styles[i % 3], std::string(of.verdict.metrics[i].metric));
  return html::legend(names);
}

/// A metric a line.
inline std::string verdict_table(const release_record& of) {
  std::string rows;
  for (const mr::deliver::evidence& one : of.verdict.metrics) {
    const auto mean = [&](std::size_t arm) {
      return one.measured[arm] == 0 ? std::string("–") : brief(one.bad[arm] / static_cast<double>(one.measured[arm]));
    };
    rows += "<tr>" + html::name(one.metric) + html::number(mean(0)) + html::number(mean(1)) +
            html::number(std::isfinite(one.effect) ? brief(one.effect) : "–") +
            html::number(brief(one.lower) + " to " + (std::isfinite(one.upper) ? brief(one.upper) : "∞")) +
            html::number(brief(std::exp(one.log_e))) +
            html::cell(one.is_beyond  ? "beyond what is tolerated"
                       : one.is_shown ? "shown to be tolerated"
                                      : "not shown") +
            "</tr>";
  }
  return html::table({"metric", "#stable", "#new model", "#ratio", "#interval", "#e-value of harm", ""}, rows);
}

inline std::string changes_table(const release_record& of) {
  std::string rows;
  for (const release_change& one : of.changes)
    rows += "<tr>" + html::number(grouped(one.requests)) + html::number(percent(one.share, 0)) + html::cell(one.phase) +
            html::cell(one.cause) + "</tr>";
  return html::table({"#request", "#share", "phase", "because of"}, rows);
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_RELEASE_PICTURES_HPP
