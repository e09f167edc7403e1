#ifndef MILLRACE_MIDDLEWARE_PROFILER_HPP
#define MILLRACE_MIDDLEWARE_PROFILER_HPP

#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {

/// How long one event took so far, in nanoseconds.
struct event_profile {
  std::string_view event;  // its name
  std::uint64_t failures = 0;
  log_histogram durations;
};

/// Measures how long each event takes: count, total, mean, min, max and the 50th, 95th and 99th percentile. Failed runs
/// count too.
/// Guarantee: percentiles are off by at most the relative error of `log_histogram`.
/// Complexity: one histogram update an event.
/// Allocates: 32 KiB for each event, when it is first seen.
/// Threads: one at a time; for a chain that several threads share, `metrics` keeps durations.
class profiler {
 public:
  static constexpr std::string_view name = "profiler";

  template <class Stage>
  void after(const Stage&, auto&, const time_span& span, const result<void>& outcome) {
    if (Stage::index >= by_index_.size() || by_index_[Stage::index] == nullptr ||
        by_index_[Stage::index]->event.data() != Stage::name.data()) [[unlikely]]
      enter(Stage::index, Stage::name);
    event_profile& seen = *by_index_[Stage::index];
    seen.durations.update(static_cast<std::int64_t>(span.end - span.start));  // below zero if the clock went back
    if (!outcome) [[unlikely]]
      ++seen.failures;
  }

  /// The events in the order in which they were first seen. The pointers are valid until `reset`; do not use them while
  /// an event runs.
  template <class = void>
  std::vector<const event_profile*> events() const {
    std::vector<const event_profile*> all;
    for (const auto& one : profiles_) all.push_back(one.get());
    return all;
  }

  void reset() noexcept {
    by_index_.clear();
    profiles_.clear();
  }

  /// A table for people, one line an event and one for their sum.
  template <class = void>
  std::string report() const {
    std::size_t widest = 5;
    std::uint64_t total = 0;
    for (const auto& one : profiles_) {
      if (one->event.size() > widest) widest = one->event.size();
      total += one->durations.sum();
    }
    std::string text = padded("event", widest) +
                       "      count   failed      total     %       mean        min        p50" +
                       "        p95        p99        max\n";
    for (const auto& one : profiles_) {
      const log_histogram& took = one->durations;
      char cells[64];
      std::snprintf(cells, sizeof cells, " %10llu %8llu", static_cast<unsigned long long>(took.count()),
                    static_cast<unsigned long long>(one->failures));
      text += padded(one->event, widest) + cells + duration(static_cast<double>(took.sum()));
      std::snprintf(cells, sizeof cells, " %5.1f",
                    total == 0 ? 0.0 : 100.0 * static_cast<double>(took.sum()) / static_cast<double>(total));
      text += cells + duration(took.mean()) + duration(static_cast<double>((took.min)()));
      for (const double p : {0.5, 0.95, 0.99}) text += duration(static_cast<double>(took.quantile(p)));
      text += duration(static_cast<double>((took.max)())) + '\n';
    }
    text += padded("all", widest) + std::string(20, ' ') + duration(static_cast<double>(total)) + '\n';
    return text;
  }

 private:
  /// Finds or makes the profile of an event. One profiler may be borrowed by several chains, so an index may come to
  /// stand for another event than before; events of one name share a profile.
  [[gnu::cold, gnu::noinline]] void enter(std::size_t index, std::string_view event) {
    if (index >= by_index_.size()) by_index_.resize(index + 1);
    for (const auto& one : profiles_)
      if (one->event == event) {
        one->event = event;
        by_index_[index] = one.get();
        return;
      }
    profiles_.push_back(detail::make_owning<event_profile>());
    profiles_.back()->event = event;
    by_index_[index] = profiles_.back().get();
  }

  static std::string padded(std::string_view text, std::size_t width) {
    std::string cell(text);
    cell.resize(width, ' ');
    return cell;
  }
  /// Eleven characters, with the unit that leaves one to three digits before the point.
  static std::string duration(double nanoseconds) {
    static constexpr const char* units[] = {"ns", "us", "ms", "s "};
    std::size_t unit = 0;
    while (unit < 3 && nanoseconds >= 999.95) {
      nanoseconds /= 1000;
      ++unit;
    }
    char cell[32];
    std::snprintf(cell, sizeof cell, " %7.1f %s", nanoseconds, units[unit]);
    return cell;
  }

  std::vector<event_profile*> by_index_;
  std::vector<detail::owning_pointer<event_profile>> profiles_;
};

/// What a profiler saw as a JSON object: `{"events":[{"event":...,"count":...,"total_ns":...},...]}`.
template <class = void>
std::string to_json(const profiler& seen) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("events").begin_array();
  for (const event_profile* one : seen.events()) {
    const log_histogram& took = one->durations;
    json.begin_object().member("event", one->event).member("count", took.count()).member("failures", one->failures);
    json.member("total_ns", took.sum()).member("mean_ns", took.mean()).member("min_ns", (took.min)());
    json.member("p50_ns", took.quantile(0.5)).member("p95_ns", took.quantile(0.95));
    json.member("p99_ns", took.quantile(0.99)).member("max_ns", (took.max)()).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_PROFILER_HPP
