#include <millrace/deliver/experiment/page.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace md = millrace::deliver;

namespace {

constexpr std::uint64_t hour = 3'600'000'000'000U;

std::size_t times(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++count;
  return count;
}

/// Names and texts as somebody gives them who wants to be more than text.
md::experiment_report hostile() {
  const std::string bad = "<script>alert('x')</script>\"&\xff\x01";
  md::experiment_report made;
  made.id = bad;
  made.hypothesis = bad;
  made.winner = bad;
  made.decided_by = "always_valid";
  made.at = 1'700'000'000'000'000'000U;
  made.variants = {{"control", 0.5, 60, 50}, {bad, 0.5, 40, 30}};
  md::experiment_finding finding;
  finding.metric = bad;
  finding.variant = bad;
  finding.test.effect = 0.5;
  finding.test.interval = {-0.25, 1.25, 0.95};
  made.findings = {finding};
  finding.segment = bad;
  made.segments = {finding};
  finding.withheld = bad;
  made.segments.push_back(finding);
  made.guardrails = {{bad, bad, "above", 1, 0.01, 2, 6, 4.6, true}};
  for (std::uint64_t i = 1; i <= 10; ++i) {
    const auto n = static_cast<double>(i);
    made.intervals.push_back({0, made.at + i * hour, 10 * n, 0.5, 0.5 - 7.5 / n, i == 3 ? HUGE_VAL : 0.5 + 7.5 / n});
    made.ratios.push_back({made.at + i * hour, 10 * n, 0, {0.6, 0.4}});
  }
  made.changes = {{md::experiment_step::start, made.at, bad, bad}};
  return made;
}

}  // namespace

TEST_CASE("a page about an experiment has a picture of shares, of each interval and of segments, and nothing to run") {
  const md::experiment_report report = hostile();
  const std::string page = to_html(report);
  CHECK(page.substr(0, 15) == "<!DOCTYPE html>");
  CHECK(times(page, "<svg ") == 3);
  CHECK(times(page, "<svg ") == times(page, "</svg>"));
  CHECK(times(page, "<table>") == times(page, "</table>"));
  for (const char* const wrong :
       {"<script", "http://", "https://", "src=", "href=", "onload", "nan", "inf", "\xff", "\x01"})
    CHECK(page.find(wrong) == page.npos);
  CHECK(page.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\\xff\\x01") != page.npos);
  CHECK(page.find("default-src 'none'") != page.npos);
  CHECK(page.find("hours since the first") != page.npos);
  CHECK(times(page, "fill-opacity") == 1);
}

TEST_CASE("a page about an experiment that has not begun, or that has no verdict, says so") {
  md::experiment_report report;
  report.id = "e";
  report.variants = {{"a", 0.5, 0, 0}, {"b", 0.5, 0, 0}};
  CHECK(times(to_html(report), "<svg ") == 0);
  report = hostile();
  report.sample_ratio.mismatch = true;
  report.sample_ratio.p = 1e-6;
  const std::string page = to_html(report);
  CHECK(page.find("Units are not shared out as configured (p 1e-06): there is no verdict.") != page.npos);
  CHECK(page.find("<td>no verdict</td>") != page.npos);
  // One point, and one that stands still, are drawn, too.
  report.ratios.resize(1);
  report.intervals.resize(1);
  CHECK(times(to_html(report), "<svg ") == 3);
}
