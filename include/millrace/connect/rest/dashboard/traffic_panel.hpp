#ifndef MILLRACE_CONNECT_REST_DASHBOARD_TRAFFIC_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_TRAFFIC_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/detail/metric_window.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// Which metrics a traffic_panel shows: what their names end in, without `_total`. The defaults are those of
/// `watched_requests` and of `infer::serving_metrics`. What a registry does not have is not shown.
struct traffic_names {
  std::string requests = "http_requests";             // by route, method and status
  std::string request_time = "http_request_seconds";  // by route and method
  std::string rows = "predictions";                   // by model and version
  std::string row_errors = "inference_errors";        // by model and version
  std::string latency = "inference_latency_seconds";  // by model and version
  std::string batch_size = "batch_size";              // by model and version
  std::string waiting = "queue_depth";
};

/// The panel of what is done at the moment: requests and rows a second, what part of them failed, quantiles of how long
/// they took, sizes of batches, and a table each of routes and of models with their versions.
///
/// Figures are of the time since the last snapshot, tables of all the time. Quantiles are as near as the metric's
/// buckets. The registry outlives it; taking its snapshot does not hold up who counts.
class traffic_panel {
 public:
  explicit traffic_panel(const observe::metrics_registry& metrics, traffic_names names = {})
      : metrics_(&metrics), names_(std::move(names)) {}
  explicit traffic_panel(const observe::metrics_registry&&, traffic_names = {}) = delete;

  std::string_view title() const noexcept { return "Traffic"; }
  result<void> show(panel_writer& to) {
    metrics_->snapshot(now_);
    const std::uint64_t age = now_.uptime_nanoseconds;
    seconds_ = static_cast<double>(age - before_) / 1e9;
    before_ = age;
    show_requests(to);
    show_rows(to);
    is_first_ = false;
    return {};
  }

 private:
  using family = observe::metric_family_samples;
  using sample = observe::metric_sample;

  const family* find(const std::string& name, observe::metric_type type) const {
    return detail::family_like(now_, name, type);
  }

  /// How much a sum has grown since the last look; NaN at the first.
  double growth(std::string_view name, std::uint64_t sum) {
    std::uint64_t before = 0;
    sums_.replace(name, sum, before);
    if (is_first_) return __builtin_nan("");
    return static_cast<double>(sum - (before < sum ? before : sum));
  }
  static double part(double of, double all) { return all > 0 ? 100 * of / all : __builtin_nan(""); }
  template <class Wants>
  static std::uint64_t sum(const family* of, const Wants& wants) {
    std::uint64_t made = 0;
    if (of != nullptr)
      for (const sample& each : of->samples)
        if (wants(each)) made += each.count;
    return made;
  }
  /// The buckets of a family's series, all together and since the last look.
  detail::bucket_counts recent(std::string_view name, const family& of) {
    detail::bucket_counts all, before;
    for (const sample& each : of.samples) all.add(*of.family, each);
    buckets_.replace(name, all, before);
    return is_first_ ? detail::bucket_counts() : all.since(before);
  }
  void show_quantiles(panel_writer& to, std::string_view of, const detail::bucket_counts& counts,
                      std::string_view unit) {
    const std::string name(of);
    to.figure(name + ", median", counts.quantile(.5), unit);
    to.figure(name + ", 95th percentile", counts.quantile(.95), unit);
    to.figure(name + ", 99th percentile", counts.quantile(.99), unit);
  }

  void show_requests(panel_writer& to) {
    const family* const counted = find(names_.requests, observe::metric_type::counter);
    const family* const timed = find(names_.request_time, observe::metric_type::histogram);
    if (counted != nullptr) {
      const auto is_fault = [](const sample& each) { return detail::label_of(each, "status") == "5xx"; };
      const double all = growth("requests", sum(counted, [](const sample&) { return true; }));
      to.figure("Requests", all / seconds_, "/s");
      to.figure("Requests that failed (5xx)", part(growth("faults", sum(counted, is_fault)), all), "%");
    }
    if (timed != nullptr) show_quantiles(to, "Time of requests", recent("request_time", *timed), "s");
    if (counted == nullptr || timed == nullptr) return;
    to.table("Requests by route, since the start",
             {"Route", "Method", "Count", "4xx", "5xx", "Median, ms", "99th, ms"});
    for (const sample& each : timed->samples) {
      const auto of = [&](std::string_view status) {
        return sum(counted, [&](const sample& one) {
          return detail::label_of(one, "route") == detail::label_of(each, "route") &&
                 detail::label_of(one, "method") == detail::label_of(each, "method") &&
                 (status.empty() || detail::label_of(one, "status") == status);
        });
      };
      detail::bucket_counts counts;
      counts.add(*timed->family, each);
      to.row({detail::label_of(each, "route"), detail::label_of(each, "method"), of({}), of("4xx"), of("5xx"),
              1000 * counts.quantile(.5), 1000 * counts.quantile(.99)});
    }
  }
  void show_rows(panel_writer& to) {
    const family* const rows = find(names_.rows, observe::metric_type::counter);
    const family* const errors = find(names_.row_errors, observe::metric_type::counter);
    const family* const latency = find(names_.latency, observe::metric_type::histogram);
    const family* const sizes = find(names_.batch_size, observe::metric_type::histogram);
    const auto any = [](const sample&) { return true; };
    if (rows != nullptr) {
      const double all = growth("rows", sum(rows, any));
      to.figure("Rows", all / seconds_, "/s");
      if (errors != nullptr) to.figure("Rows without outputs", part(growth("row_errors", sum(errors, any)), all), "%");
    }
    if (latency != nullptr) show_quantiles(to, "Latency of models", recent("latency", *latency), "s");
    if (sizes != nullptr) {
      const detail::bucket_counts counts = recent("batch_size", *sizes);
      to.figure("Rows in a batch, mean", counts.mean());
      to.figure("Rows in a batch, 95th percentile", counts.quantile(.95));
    }
    if (const family* const waiting = find(names_.waiting, observe::metric_type::gauge); waiting != nullptr) {
      double all = 0;
      for (const sample& each : waiting->samples) all += each.value;
      to.figure("Rows that wait", all);
    }
    if (rows == nullptr || latency == nullptr) return;
    to.table("Rows by model and version, since the start",
             {"Model", "Version", "Rows", "Without outputs", "Mean batch", "Median, ms", "99th, ms"});
    for (const sample& each : latency->samples) {
      const auto is_same = [&](const sample& one) {
        return detail::label_of(one, "model") == detail::label_of(each, "model") &&
               detail::label_of(one, "version") == detail::label_of(each, "version");
      };
      detail::bucket_counts counts, batches;
      counts.add(*latency->family, each);
      if (sizes != nullptr)
        for (const sample& one : sizes->samples)
          if (is_same(one)) batches.add(*sizes->family, one);
      to.row({detail::label_of(each, "model"), detail::label_of(each, "version"), sum(rows, is_same),
              sum(errors, is_same), batches.mean(), 1000 * counts.quantile(.5), 1000 * counts.quantile(.99)});
    }
  }

  const observe::metrics_registry* metrics_;
  traffic_names names_;
  observe::metrics_snapshot now_;
  std::uint64_t before_ = 0;
  double seconds_ = 0;
  bool is_first_ = true;
  detail::last_values<std::uint64_t> sums_;
  detail::last_values<detail::bucket_counts> buckets_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_TRAFFIC_PANEL_HPP
