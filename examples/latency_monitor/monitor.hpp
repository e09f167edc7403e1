#ifndef MILLRACE_EXAMPLES_LATENCY_MONITOR_MONITOR_HPP
#define MILLRACE_EXAMPLES_LATENCY_MONITOR_MONITOR_HPP

#include "series.hpp"

#include <millrace/aggregate.hpp>
#include <millrace/core/timestamp.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latency_monitor {

using namespace std::chrono_literals;

/// What a window, and the whole stream, is summed up to.
using latency = mr::aggregate<mr::count, mr::mean, mr::max, mr::kll<200>>;

/// A number in few characters: 45.9, 15184, 0.0123.
inline std::string brief(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", x >= 1000 || x <= -1000 ? 6 : 4, x);
  return text;
}
/// `2014-03-07 03:41:00`.
inline std::string clock_text(std::int64_t time) {
  if (time < 0) return std::to_string(time / 1'000'000'000) + " s";
  std::string text = mr::to_iso8601(static_cast<std::uint64_t>(time)).substr(0, 19);
  text[10] = ' ';
  return text;
}
/// Without labels of their own, values are counted by band: `40 to 50`, a digit wide.
inline std::string band(double value) {
  if (value == 0) return "0";
  const double size = std::fabs(value);
  double width = std::pow(10, std::floor(std::log10(size)));
  if (width > size) width /= 10;  // log10 may round up
  const double low = std::floor(value / width) * width;
  return brief(low) + " to " + brief(low + width);
}

/// What is left of a stream when it has gone by, and what processes hand each other: the whole distribution and the
/// labels that came up most, in a few kilobytes whatever the stream's length.
struct summary {
  latency all;
  mr::topk_tracker labels{5};
  std::int64_t first = mr::detail::end_of_time;
  std::int64_t last = mr::detail::beginning_of_time;
  std::uint64_t late = 0;

  explicit summary(std::uint64_t seed = 1) : all(mr::kll<200>(seed)) {}

  void update(const measurement& one) {
    all.update(one.value);
    labels.update(one.label.empty() ? band(one.value) : one.label);
    first = (std::min)(first, one.time);
    last = (std::max)(last, one.time);
  }
  mr::result<void> merge(const summary& other) {
    auto both = all;
    both.merge(other.all);
    labels.merge(other.labels);
    all = std::move(both);
    first = (std::min)(first, other.first);
    last = (std::max)(last, other.last);
    late += other.late;
    return {};
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("latency_monitor");
    to.block(all.save());
    to.block(labels.save());
    to.i64(first);
    to.i64(last);
    to.u64(late);
    return std::move(to).finish();
  }
  static mr::result<summary> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "latency_monitor");
    if (!from) return std::move(from).error();
    summary made;
    auto all = latency::load(from->block());
    if (!all) return std::move(all).error();
    auto labels = mr::topk_tracker::load(from->block());
    if (!labels) return std::move(labels).error();
    made.all = *std::move(all);
    made.labels = *std::move(labels);
    made.first = from->i64();
    made.last = from->i64();
    made.late = from->u64();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }
};

/// A stream under watch: a line for each window as it ends, and the summary. Measurements up to ten minutes out of
/// order go to their windows; those that come later are counted.
class monitor {
 public:
  monitor(std::int64_t length, std::uint64_t seed)
      : windows_(mr::duration(length), latency(mr::kll<200>(seed))),
        so_far_(seed),
        seconds_(mr::duration(length).seconds()) {
    std::printf("%-19s %9s %9s %9s %9s %9s %9s  %s\n", "from", "count", "per s", "p50", "p90", "p99", "max",
                "most often so far");
  }

  void update(const measurement& one) {
    windows_.update(one.value, mr::time_point(one.time),
                    [this](const auto& when, const auto& what) { line(when, what); });
    so_far_.update(one);
  }
  /// The stream is over.
  summary finish() {
    windows_.finish([this](const auto& when, const auto& what) { line(when, what); });
    so_far_.late = windows_.late();
    return so_far_;
  }

 private:
  void line(const mr::time_range& when, const latency& what) const {
    const auto view = what.get<mr::kll<200>>().view();
    const auto count = what.get<mr::count>();
    const auto top = so_far_.labels.top(1);
    std::printf("%-19s %9llu %9s %9s %9s %9s %9s  %s\n", clock_text(when.begin.nanoseconds).c_str(),
                static_cast<unsigned long long>(count), brief(static_cast<double>(count) / seconds_).c_str(),
                brief(view.quantile(0.5)).c_str(), brief(view.quantile(0.9)).c_str(),
                brief(view.quantile(0.99)).c_str(), brief(what.get<mr::max>()).c_str(),
                top.empty() ? "" : top[0].item.c_str());
    std::fflush(stdout);  // now, not when the stream is over
  }

  mr::windowed<mr::tumbling<>, latency, mr::event_time<10min>> windows_;
  summary so_far_;
  double seconds_;
};

inline void print_summary(const summary& of) {
  const auto& sketch = of.all.get<mr::kll<200>>();
  const auto view = sketch.view();
  const auto count = of.all.get<mr::count>();
  std::printf("\n%llu from %s to %s", static_cast<unsigned long long>(count), clock_text(of.first).c_str(),
              clock_text(of.last).c_str());
  if (of.last > of.first)
    std::printf(", %s per second",
                brief(static_cast<double>(count) / (static_cast<double>(of.last - of.first) * 1e-9)).c_str());
  std::printf("; %llu came too late for their window\n", static_cast<unsigned long long>(of.late));
  std::printf("mean %s, p50 %s, p90 %s, p95 %s, p99 %s, max %s\n", brief(of.all.get<mr::mean>()).c_str(),
              brief(view.quantile(0.5)).c_str(), brief(view.quantile(0.9)).c_str(), brief(view.quantile(0.95)).c_str(),
              brief(view.quantile(0.99)).c_str(), brief(of.all.get<mr::max>()).c_str());
  std::printf("most often:");
  for (const auto& row : of.labels.top())
    std::printf("  %s (%s%llu)", row.item.c_str(), row.lower == row.upper ? "" : "at least ",
                static_cast<unsigned long long>(row.lower));
  std::printf("\n");
}

}  // namespace latency_monitor

#endif  // MILLRACE_EXAMPLES_LATENCY_MONITOR_MONITOR_HPP
