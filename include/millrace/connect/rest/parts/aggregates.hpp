#ifndef MILLRACE_CONNECT_REST_PARTS_AGGREGATES_HPP
#define MILLRACE_CONNECT_REST_PARTS_AGGREGATES_HPP

#include <millrace/aggregate/keyed/streaming_aggregator.hpp>
#include <millrace/connect/rest/detail/json_numbers.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// A streaming aggregator that many threads update and ask.
///
///     mr::connect::rest::shared_metrics metrics;
///     metrics.update("latency", 12.5);
///     metrics.with([](auto& all) { return all.stats("latency").p99; });
///
/// Threads: any number; one at a time has it.
template <class Aggregator = streaming_aggregator>
class shared_metrics {
 public:
  explicit shared_metrics(Aggregator events = Aggregator()) : events_(std::move(events)) {}
  shared_metrics(const shared_metrics&) = delete;
  shared_metrics& operator=(const shared_metrics&) = delete;

  void update(std::string_view metric, double value) {
    with([&](Aggregator& events) { events.update(metric, value); });
  }
  void update(std::string_view metric, std::string_view group, double value) {
    with([&](Aggregator& events) { events.update(metric, group, value); });
  }
  /// Calls `use(aggregator)` while nobody else has it, and returns what that returns.
  template <class Use>
  decltype(auto) with(const Use& use) {
    const millrace::detail::lock_guard locked(mutex_);
    return use(events_);
  }

 private:
  millrace::detail::mutex mutex_;
  Aggregator events_;
};

/// The part of an API that takes events of metrics and returns their statistics over the aggregator's window:
///
///     POST /pipeline/aggregate              {"metric_name": "latency", "value": 150.5, "group_by": "eu-west"}
///     GET  /pipeline/stats/{metric_name}    of a metric, or of its group `?group_by=`
///     GET  /pipeline/all-stats              of all metrics and groups
///
/// What is undefined, such as the deviation of one event, is `null`. Where `update` of what `with` gives returns a
/// result<void>, such as where events are kept somewhere first, its error is the response's, 429 if it is unavailable.
/// The metrics outlive it.
template <class Metrics = shared_metrics<>>
class aggregates {
 public:
  explicit aggregates(Metrics& metrics) noexcept : metrics_(&metrics) {}
  explicit aggregates(Metrics&&) { static_cast<void>(sizeof(temporary_object<Metrics>)); }

 private:
  static constexpr member event_members[] = {
      {.name = "metric_name", .least = 1, .most = 256, .about = "the metric's name"},
      {.name = "value", .kind = value_kind::number},
      {.name = "group_by", .is_required = false, .least = 1, .most = 256, .about = "the group within the metric"}};
  static constexpr member stats_query[] = {
      {.name = "group_by", .is_required = false, .about = "the group; without one, the metric as a whole"}};
  static constexpr refusal no_metric[] = {{404, "There are no events of the metric in the window"}};
  static constexpr std::string_view event_schema =
      R"({"type":"object","required":["status","metric_name","total_events"],"properties":{)"
      R"("status":{"type":"string"},"metric_name":{"type":"string"},"total_events":{"type":"integer"}}})";
  static constexpr std::string_view stats_schema =
      R"({"type":"object","required":["stats","total_events","timestamp"],"properties":{)"
      R"("stats":{"type":"object","required":["count"],"properties":{"count":{"type":"integer"}},)"
      R"("additionalProperties":{"type":["number","null"]}},)"
      R"("total_events":{"type":"integer"},"timestamp":{"type":"string","format":"date-time"}}})";
  static constexpr std::string_view all_schema = R"({"type":"object","additionalProperties":{"type":"object"}})";

  result<store::http_response> update(const call& asked) const {
    const std::string name = asked.in.text("metric_name");
    const double value = asked.in.number("value");
    const std::string group = asked.in.text("group_by");
    const auto events =
        metrics_->with([&](auto& all) -> result<std::uint64_t> { return take(all, name, group, value); });
    if (!events) {
      if (events.error().code() == errc::unavailable) return busy_response("there is no room for the event");
      return events.error();
    }
    std::string json;
    json_writer out(json);
    out.begin_object().member("status", "aggregated").member("metric_name", name).member("total_events", *events);
    out.end_object();
    return json_response(std::move(json));
  }
  template <class All>
  static result<std::uint64_t> take(All& all, std::string_view name, std::string_view group, double value) {
    if constexpr (std::is_void_v<decltype(all.update(name, value))>) {
      if (group.empty())
        all.update(name, value);
      else
        all.update(name, group, value);
    } else if (auto done = group.empty() ? all.update(name, value) : all.update(name, group, value); !done) {
      return std::move(done).error();
    }
    return all.events();
  }
  result<store::http_response> stats(const call& asked) const {
    const std::string_view name = asked.in_path("metric_name"), group = asked.in_query("group_by");
    const metric_stats found =
        metrics_->with([&](auto& all) { return group.empty() ? all.stats(name) : all.stats(name, group); });
    if (found.count == 0)
      return error(errc::not_found, "there are no events of " + millrace::detail::quoted_text(name) + " in the window");
    std::string json;
    json_writer out(json);
    out.begin_object().key("stats");
    write(out, found);
    out.member("total_events", found.count).member("timestamp", to_iso8601(unix_nanoseconds())).end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> all_stats(const call&) const {
    const std::vector<metric_stats> all = metrics_->with([](auto& events) { return events.all_stats(); });
    std::string json;
    json_writer out(json);
    out.begin_object();
    for (std::size_t i = 0; i < all.size();) {
      out.key(all[i].metric).begin_object();
      write_members(out, all[i]);
      std::size_t next = i + 1;
      if (next < all.size() && !all[next].group.empty()) {
        out.key("groups").begin_object();
        for (; next < all.size() && !all[next].group.empty(); ++next) {
          out.key(all[next].group);
          write(out, all[next]);
        }
        out.end_object();
      }
      out.end_object();
      i = next;
    }
    out.end_object();
    return json_response(std::move(json));
  }

  static void write(json_writer& out, const metric_stats& of) {
    out.begin_object();
    write_members(out, of);
    out.end_object();
  }
  static void write_members(json_writer& out, const metric_stats& of) {
    out.member("count", of.count);
    const std::pair<std::string_view, double> figures[] = {
        {"rate", of.rate},     {"sum", of.sum},           {"mean", of.mean}, {"min", of.min}, {"max", of.max},
        {"stddev", of.stddev}, {"variance", of.variance}, {"p50", of.p50},   {"p90", of.p90}, {"p95", of.p95},
        {"p99", of.p99}};
    for (const auto& [name, value] : figures) detail::write_number(out.key(name), value);
  }

  Metrics* metrics_;

 public:
  static constexpr route<aggregates> routes[] = {
      {"POST",
       "/pipeline/aggregate",
       &aggregates::update,
       {.id = "aggregate",
        .summary = "Take an event of a metric",
        .tag = "aggregation",
        .takes = event_members,
        .returns = event_schema}},
      {"GET",
       "/pipeline/stats/{metric_name}",
       &aggregates::stats,
       {.id = "stats",
        .summary = "The statistics of a metric over the window",
        .tag = "aggregation",
        .query = stats_query,
        .returns = stats_schema,
        .refuses = no_metric}},
      {"GET",
       "/pipeline/all-stats",
       &aggregates::all_stats,
       {.id = "all_stats", .summary = "The statistics of all metrics", .tag = "aggregation", .returns = all_schema}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_AGGREGATES_HPP
