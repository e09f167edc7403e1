#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_WEB_CALLS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_WEB_CALLS_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/records.hpp>
#include <millrace/connect/mlflow/detail/tracking_calls.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

inline constexpr std::size_t max_bulk_runs = 100;
inline constexpr std::int64_t max_interval_points = 2500;  // of a run

/// Puts points in the order of their steps, times and values, a NaN last; `by_time`: of times before steps.
inline void sort_points(std::vector<track::metric_point>& points, bool by_time) {
  millrace::detail::sort_by(points, [=](const track::metric_point& a, const track::metric_point& b) {
    const std::int64_t first[] = {by_time ? a.time : a.step, by_time ? b.time : b.step};
    const std::int64_t second[] = {by_time ? a.step : a.time, by_time ? b.step : b.time};
    if (first[0] != first[1]) return first[0] < first[1];
    if (second[0] != second[1]) return second[0] < second[1];
    return a.value < b.value || (a.value == a.value && b.value != b.value);
  });
}

/// The places of at most `most` of `count` points: the first of as many parts of equal size, the larger parts before
/// the smaller ones, and the last point, in place of the last one chosen if there is no room.
/// Source: MLflow's SqlAlchemyStore._sample_rows_with_window_functions, NTILE of SQL:2003.
inline std::vector<std::size_t> sampled_places(std::size_t count, std::size_t most) {
  std::vector<std::size_t> made;
  const std::size_t parts = count < most ? count : most;
  for (std::size_t i = 0, at = 0; i < parts; ++i) {
    made.push_back(at);
    at += count / parts + (i < count % parts ? 1 : 0);
  }
  if (made.empty() || made.back() == count - 1) return made;
  if (made.size() == most)
    made.back() = count - 1;
  else
    made.push_back(count - 1);
  return made;
}

/// The calls about experiments and runs, with those that MLflow's web pages make besides clients'.
template <class Tracker>
class web_calls : public tracking_calls<Tracker> {
 public:
  using tracking_calls<Tracker>::tracking_calls;

  /// The points of a metric in runs: by run, then time, step and value. Runs that are not there have none.
  result<void> get_history_bulk(const message& in, json_writer& out) const {
    auto runs = texts_of(in, "run_id");
    if (!runs) return std::move(runs).error();
    const auto key = in.required("metric_key");
    if (!key) return key.error();
    auto left = in.integer("max_results", max_history_page);
    if (!left) return left.error();
    if (auto fine = check_runs(*runs, "run_id"); !fine) return fine;
    if (*left > max_history_page) left = max_history_page;
    millrace::detail::sort_by(*runs, [](const std::string& a, const std::string& b) { return a < b; });
    out.key("metrics").begin_array();
    for (const std::string& run : *runs) {
      if (*left <= 0) break;
      auto points = this->tracker().history(run, *key);
      if (!points && points.error().code() == errc::not_found) continue;
      if (!points) return std::move(points).error();
      sort_points(*points, true);
      for (std::size_t i = 0; i < points->size() && *left > 0; ++i, --*left) put_metric(out, *key, (*points)[i], run);
    }
    out.end_array();
    return {};
  }

  /// Of each run some points of a metric, evenly chosen, between two steps if the request has them. Runs that are not
  /// there have none.
  /// Complexity: O(points of these runs), of one run at a time.
  result<void> get_history_bulk_interval(const message& in, json_writer& out) const {
    const auto runs = texts_of(in, "run_ids");
    if (!runs) return runs.error();
    if (auto fine = check_runs(*runs, "run_ids"); !fine) return fine;
    const auto key = in.required("metric_key");
    if (!key) return key.error();
    const auto most = in.integer("max_results", max_interval_points);
    if (!most) return most.error();
    if (*most < 1 || *most > max_interval_points) return message::no("max_results", "a number from 1 to 2500");
    const auto first = in.integer("start_step", 0);
    if (!first) return first.error();
    const auto last = in.integer("end_step", 0);
    if (!last) return last.error();
    const bool is_part = in.has("start_step");
    if (is_part != in.has("end_step") || *first > *last)
      return error(errc::invalid_argument, "start_step and end_step are expected, or neither, in this order");
    bool any = false;
    for (const std::string& run : *runs) {
      auto points = this->tracker().history(run, *key);
      if (!points && points.error().code() == errc::not_found) continue;
      if (!points) return std::move(points).error();
      if (is_part)
        std::erase_if(*points,
                      [&](const track::metric_point& each) { return each.step < *first || each.step > *last; });
      sort_points(*points, false);
      for (const std::size_t place : sampled_places(points->size(), static_cast<std::size_t>(*most))) {
        if (!any) out.key("metrics").begin_array();
        any = true;
        put_metric(out, *key, (*points)[place], run);
      }
    }
    if (any) out.end_array();
    return {};
  }

 private:
  static result<void> check_runs(const std::vector<std::string>& runs, std::string_view name) {
    if (runs.empty()) return message::missing(name);
    if (runs.size() > max_bulk_runs)
      return error(errc::invalid_argument,
                   std::string(name) + ": at most 100 runs are expected, not " + std::to_string(runs.size()));
    return {};
  }
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_WEB_CALLS_HPP
