#ifndef MILLRACE_FEATURE_BATCH_BATCH_REQUEST_HPP
#define MILLRACE_FEATURE_BATCH_BATCH_REQUEST_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/batch_plan.hpp>
#include <millrace/feature/batch/batch_rows.hpp>
#include <millrace/feature/batch/batch_summary.hpp>
#include <millrace/feature/batch/detail/object_reader.hpp>
#include <millrace/feature/batch/stream_join.hpp>
#include <millrace/feature/batch/z_scores.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/json_rows.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// What a batch request found.
struct batch_answer {
  std::string operation;
  std::string rows;           ///< a JSON array of objects
  std::size_t events = 0;     ///< that were read, of both streams together
  std::uint64_t refused = 0;  ///< those of them without a time, where there are windows
};

namespace detail {

template <class Table>
class batch_request {
 public:
  result<batch_answer> run(std::string_view json) {
    if (auto done = read(json); !done) return std::move(done).error();
    if (made_.operation == "statistics" || made_.operation == "time_window_metrics") return summarise();
    if (made_.operation == "detect_anomalies") return anomalies();
    if (made_.operation == "join_event_streams") return join();
    return refuse(quoted_cell(made_.operation) +
                  " is no operation; there are statistics, time_window_metrics, "
                  "join_event_streams and detect_anomalies");
  }

 private:
  static error refuse(std::string why) { return error(errc::invalid_argument, "batch request: " + std::move(why)); }

  result<void> read(std::string_view json) {
    object_reader in(json, "batch request");
    while (in.next()) {
      const std::string& key = in.key();
      if (key == "operation")
        in.take(made_.operation);
      else if (key == "events")
        in.take_raw(events_);
      else if (key == "left_events")
        in.take_raw(left_);
      else if (key == "right_events")
        in.take_raw(right_);
      else if (key == "value")
        in.take(values_);
      else if (key == "group_by")
        in.take(by_);
      else if (key == "time")
        in.take(time_);
      else if (key == "window_minutes")
        in.take(minutes_);
      else if (key == "threshold_std")
        in.take(threshold_);
      else if (key == "join_key")
        in.take(join_key_);
      else if (key == "within_seconds")
        in.take(within_);
      else
        in.refuse(quoted_cell(key) +
                  " is unknown; there are operation, events, value, group_by, time, window_minutes, "
                  "threshold_std, left_events, right_events, join_key and within_seconds");
    }
    return in.finish();
  }
  result<Table> table_of_events(std::string_view events, std::string_view name) {
    if (events.empty()) return refuse(quoted_cell(made_.operation) + " needs " + quoted_cell(name));
    auto made = read_json_rows<Table>(std::string(events));
    if (!made) return std::move(made).error().wrap("batch request, " + quoted_cell(name));
    made_.events += made->rows();
    return made;
  }

  result<batch_answer> summarise() {
    auto events = table_of_events(events_, "events");
    if (!events) return std::move(events).error();
    batch_plan plan;
    for (const std::string& one : values_) {
      plan.values.push_back({});
      plan.values.back().column = one;
      plan.values.back().quantiles = true;
    }
    plan.by = by_;
    if (made_.operation == "time_window_metrics") {
      plan.time = time_;
      plan.window = seconds(60 * minutes_);
      if (plan.window.nanoseconds <= 0) return refuse("\"window_minutes\" is not above zero");
    }
    auto summary = batch_summary::make(std::move(plan));
    if (!summary) return std::move(summary).error();
    if (auto done = summary->update(*events); events->rows() != 0 && !done) return std::move(done).error();
    made_.rows = to_json(summary->rows());
    made_.refused = summary->refused();
    return std::move(made_);
  }
  result<batch_answer> anomalies() {
    auto events = table_of_events(events_, "events");
    if (!events) return std::move(events).error();
    if (values_.size() != 1) return refuse("anomalies are found of one \"value\"");
    auto found = events->rows() == 0 ? result<std::vector<anomaly_row>>(std::vector<anomaly_row>{})
                                     : z_scores(*events, {values_[0], threshold_, by_});
    if (!found) return std::move(found).error();
    made_.rows = to_json(*found);
    return std::move(made_);
  }
  result<batch_answer> join() {
    auto left = table_of_events(left_, "left_events");
    if (!left) return std::move(left).error();
    auto right = table_of_events(right_, "right_events");
    if (!right) return std::move(right).error();
    if (join_key_.empty()) return refuse("\"join_event_streams\" needs \"join_key\"");
    stream_join_options how;
    how.key = join_key_;
    how.most_rows = 1'000'000;
    if (within_ >= 0) {
      how.time = time_;
      how.within = seconds(within_);
    }
    made_.rows = "[]";
    if (left->rows() == 0 || right->rows() == 0) return std::move(made_);
    auto pairs = join_streams(*left, *right, how);
    if (!pairs) return std::move(pairs).error();
    made_.rows = to_json(*pairs);
    return std::move(made_);
  }

  batch_answer made_;
  std::string_view events_, left_, right_;
  std::vector<std::string> values_{"value"};
  std::vector<std::string> by_;
  std::string time_ = "timestamp";
  std::string join_key_;
  double minutes_ = 60;
  double threshold_ = 3;
  double within_ = -1;
};

}  // namespace detail

/// Runs a batch operation over events that come as JSON, for services that offer it:
///
///     {"operation": "statistics", "events": [{"value": 100.5, "service": "eu"}, ...], "group_by": ["service"]}
///     {"operation": "time_window_metrics", "events": [{"timestamp": "2024-12-07T06:13:00Z", "value": 1}, ...],
///      "window_minutes": 60}
///     {"operation": "detect_anomalies", "events": [...], "threshold_std": 2.0}
///     {"operation": "join_event_streams", "left_events": [...], "right_events": [...], "join_key": "user",
///      "within_seconds": 5}
///
/// Defaults: `value` (a name, or several) is "value", `group_by` nothing, `time` "timestamp", `window_minutes` 60,
/// `threshold_std` 3, `within_seconds` no bound. Times are ISO 8601, or numbers of seconds since 1970. The rows are
/// what `batch_summary`, with percentiles, `z_scores` and `join_streams` (at most 1,000,000 pairs) return. Complexity:
/// that of the operation, and one pass over the text. Memory: a multiple of the text's size. Errors: invalid_data: no
/// JSON, an unknown key, a value of a wrong type; invalid_argument: an unknown operation, an option out of range,
/// events that are missing; those of the operation and of `read_json_rows`, with row (from 0) and column. All are the
/// caller's fault: a service returns 400 or 422 for each.
template <class Table = table>
result<batch_answer> run_batch_request(std::string_view json) {
  return detail::batch_request<Table>().run(json);
}

/// `{"operation": ..., "events": ..., "refused": ..., "rows": [...]}`
inline std::string to_json(const batch_answer& answer) {
  std::string made;
  json_writer(made)
      .begin_object()
      .member("operation", std::string_view(answer.operation))
      .member("events", answer.events)
      .member("refused", answer.refused)
      .key("rows")
      .raw(answer.rows)
      .end_object();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_BATCH_REQUEST_HPP
