#ifndef MILLRACE_OBSERVE_EXPORT_OTLP_METRICS_HPP
#define MILLRACE_OBSERVE_EXPORT_OTLP_METRICS_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/export/detail/snapshot_change.hpp>
#include <millrace/observe/export/otlp_source.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>
#include <millrace/observe/trace_id.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// Writes a snapshot's families. What was counted is counted since `before`, where there is one, and else since the
/// registry was made.
template <class = void>
class otlp_metrics_writer {
 public:
  otlp_metrics_writer(otlp_json& to, const metrics_snapshot& now, const snapshot_change* change) noexcept
      : to_(&to),
        change_(change),
        end_(now.unix_nanoseconds),
        start_(change != nullptr ? change->since() : time_before(now.unix_nanoseconds, now.uptime_nanoseconds)) {}

  void write(const metric_family_samples& each) {
    const metric_family& family = *each.family;
    json_writer& json = to_->json();
    json.begin_object().member("name", std::string_view(family.name));
    json.member("description", std::string_view(family.help)).member("unit", unit(family));
    json.key(kind(family)).begin_object();
    if (family.type != metric_type::gauge) {
      constexpr unsigned delta = 1;
      constexpr unsigned cumulative = 2;
      json.member("aggregationTemporality", change_ != nullptr ? delta : cumulative);
    }
    if (family.type == metric_type::counter) json.member("isMonotonic", true);
    json.key("dataPoints").begin_array();
    for (const metric_sample& sample : each.samples) write_point(family, sample);
    json.end_array().end_object().end_object();
  }

 private:
  static std::string_view kind(const metric_family& family) noexcept {
    if (family.type == metric_type::gauge) return "gauge";
    if (family.type == metric_type::counter) return "sum";
    return family.native ? "exponentialHistogram" : "histogram";
  }
  /// The unit as UCUM spells it, which OpenTelemetry takes.
  static std::string_view unit(const metric_family& family) noexcept {
    constexpr std::pair<std::string_view, std::string_view> spellings[] = {
        {"seconds", "s"}, {"bytes", "By"}, {"ratio", "1"}, {"celsius", "Cel"}, {"meters", "m"}, {"volts", "V"}};
    for (const auto& [ours, theirs] : spellings)
      if (family.unit == ours) return theirs;
    return family.unit;
  }

  void write_point(const metric_family& family, const metric_sample& sample) {
    json_writer& json = to_->json();
    json.begin_object();
    to_->put_attributes(sample.labels());
    to_->whole("startTimeUnixNano", start_).whole("timeUnixNano", end_);
    const metric_sample* const before = change_ != nullptr ? change_->before(sample) : nullptr;
    const std::uint64_t counted = before != nullptr ? before->count : 0;
    switch (family.type) {
      case metric_type::gauge: json.member("asDouble", sample.value); break;
      case metric_type::counter:
        if (family.nanoseconds)
          json.member("asDouble", static_cast<double>(sample.count - counted) / 1e9);
        else
          put_count(sample.count - counted);
        break;
      case metric_type::histogram:
        to_->whole("count", sample.count - counted);
        if (family.nanoseconds && before != nullptr)
          json.member("sum", static_cast<double>(sample.nanoseconds - before->nanoseconds) / 1e9);
        else
          json.member("sum", sample.value - (before != nullptr ? before->value : 0));
        if (family.native)
          write_native(family.native, sample, before);
        else
          write_buckets(family, sample, before);
    }
    write_exemplars(family, sample);
    json.end_object();
  }

  /// A counter's value: OTLP's whole numbers have a sign, and a collector refuses all of a message with a larger one.
  void put_count(std::uint64_t count) {
    if (count >> 63 == 0)
      to_->whole("asInt", count);
    else
      to_->json().member("asDouble", static_cast<double>(count));
  }

  void write_counts(std::span<const std::uint64_t> now, std::span<const std::uint64_t> before) {
    to_->json().key("bucketCounts").begin_array();
    for (std::size_t i = 0; i < now.size(); ++i) to_->whole(now[i] - (i < before.size() ? before[i] : 0));
    to_->json().end_array();
  }

  void write_buckets(const metric_family& family, const metric_sample& sample, const metric_sample* before) {
    json_writer& json = to_->json();
    // The extremes are those of all that was ever seen, so a delta cannot have them.
    if (family.nanoseconds && sample.count != 0 && change_ == nullptr)
      json.member("min", sample.least).member("max", sample.greatest);
    write_counts(sample.buckets, before != nullptr ? before->buckets : std::span<const std::uint64_t>());
    json.key("explicitBounds").begin_array();
    for (const double bound : family.bounds) json.value(bound);
    json.end_array();
  }

  void write_native(const native_layout& layout, const metric_sample& sample, const metric_sample* before) {
    json_writer& json = to_->json();
    json.member("scale", layout.schema);
    to_->whole("zeroCount", sample.native->zeros - (before != nullptr ? before->native->zeros : 0));
    json.member("zeroThreshold", layout.zero_threshold);
    const std::span<const std::uint64_t> none;
    write_side("positive", layout, sample.native->positive, before != nullptr ? before->native->positive : none);
    write_side("negative", layout, sample.native->negative, before != nullptr ? before->native->negative : none);
  }
  /// Writes the buckets from the first that is not empty to the last. OpenTelemetry's bucket i is (b^i, b^(i+1)], one
  /// number below Prometheus'.
  void write_side(std::string_view name, const native_layout& layout, std::span<const std::uint64_t> now,
                  std::span<const std::uint64_t> before) {
    const auto count = [&](std::size_t i) { return now[i] - (i < before.size() ? before[i] : 0); };
    std::size_t first = 0;
    std::size_t end = now.size();
    while (first < end && count(first) == 0) ++first;
    while (end > first && count(end - 1) == 0) --end;
    json_writer& json = to_->json();
    json.key(name).begin_object();
    json.member("offset", first == end ? 0 : layout.first + static_cast<std::int32_t>(first) - 1);
    if (!before.empty()) before = before.subspan(first);
    write_counts(now.subspan(first, end - first), before);
    json.end_object();
  }

  void write_exemplars(const metric_family& family, const metric_sample& sample) {
    json_writer& json = to_->json();
    bool any = false;
    for (const bucket_exemplar& each : sample.exemplars) {
      const exemplar& one = each.exemplar;
      if (change_ != nullptr && one.unix_nanoseconds < start_) continue;
      if (!std::exchange(any, true)) json.key("exemplars").begin_array();
      json.begin_object();
      to_->whole("timeUnixNano", one.unix_nanoseconds);
      if (family.type == metric_type::counter && one.value < 0x1p63)
        to_->whole("asInt", static_cast<std::int64_t>(one.value));
      else
        json.member("asDouble", one.value);
      if (one.trace()) to_->id("traceId", one.trace());
      if (one.span()) to_->id("spanId", one.span());
      json.key("filteredAttributes").begin_array();
      one.for_each_own_label([&](std::string_view name, std::string_view value) { to_->put_label(name, value); });
      json.end_array().end_object();
    }
    if (any) json.end_array();
  }

  otlp_json* to_;
  const snapshot_change* change_;
  std::uint64_t end_;
  std::uint64_t start_;
};

}  // namespace detail

/// Appends a snapshot as OTLP's JSON: the body of an HTTP request to a collector's `otlp_metrics_path`. Counters are
/// monotonic sums, native histograms exponential ones; everything is counted since the registry was made (temporality
/// cumulative). A count of 2^63 or more is a double, because OTLP's whole numbers have a sign. Exemplars are in it. NaN
/// and infinities are the texts "NaN", "Infinity", "-Infinity", as in every protocol buffer's JSON. Source:
/// opentelemetry-proto v1, metrics.proto and examples/metrics.json.
template <class = void>
void append_otlp(std::string& out, const metrics_snapshot& snapshot, const otlp_source& source = {}) {
  detail::otlp_json to(out);
  detail::otlp_metrics_writer<> writer(to, snapshot, nullptr);
  to.message(source, "resourceMetrics", "scopeMetrics", "metrics", [&] {
    for (const metric_family_samples& each : snapshot.families()) writer.write(each);
  });
}
/// The same with what was counted since an earlier snapshot (temporality delta), for collectors that keep no state.
/// Errors: invalid_argument, if the two are not of one registry, or the earlier one is not the first.
template <class = void>
result<void> append_otlp(std::string& out, const metrics_snapshot& snapshot, const metrics_snapshot& before,
                         const otlp_source& source = {}) {
  const auto change = detail::snapshot_change::make(before, snapshot);
  if (!change) return error(change.error()).wrap("otlp");
  detail::otlp_json to(out);
  detail::otlp_metrics_writer<> writer(to, snapshot, &*change);
  to.message(source, "resourceMetrics", "scopeMetrics", "metrics", [&] {
    for (const metric_family_samples& each : snapshot.families()) writer.write(each);
  });
  return {};
}

/// Returns a snapshot as OTLP's JSON: see `append_otlp`.
template <class = void>
std::string to_otlp(const metrics_snapshot& snapshot, const otlp_source& source = {}) {
  std::string text;
  append_otlp(text, snapshot, source);
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_OTLP_METRICS_HPP
