#ifndef MILLRACE_OBSERVE_METRICS_METRICS_SNAPSHOT_HPP
#define MILLRACE_OBSERVE_METRICS_METRICS_SNAPSHOT_HPP

#include <millrace/observe/metrics/detail/shared_state.hpp>
#include <millrace/observe/metrics/exemplar.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/native_layout.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// A family's type, named as in the Prometheus formats; a timer is a histogram.
enum class metric_type : std::uint8_t { counter, gauge, histogram };

/// The type's name, as the formats write it.
constexpr std::string_view to_string(metric_type type) noexcept {
  switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
  }
  return "unknown";
}

/// A metric's name, its description for people, and its unit. If `unit` is given, the name must end in it, as
/// `epoch_duration_seconds` in `seconds`.
struct metric_info {
  std::string_view name;
  std::string_view help;
  std::string_view unit = {};
  /// Whether snapshots have the series before anything was counted in it, so that collectors see its first increase.
  /// False is for series that may never be needed; a gauge is always there.
  bool shows_zero = true;
};

/// What the series of one name have in common. It does not change once made.
struct metric_family {
  std::string name;  // a counter's without `_total`
  std::string help;
  std::string unit;  // empty, or what the name ends in
  metric_type type = metric_type::counter;
  bool nanoseconds = false;    // of a timer or time_counter: kept in nanoseconds, exported in seconds
  std::vector<double> bounds;  // a histogram's, ascending, as exported; without the +Inf of the last bucket
  native_layout native;        // a native histogram's buckets; it has no bounds

  /// For the text formats, made once: the end of a bucket's label and the space behind, `0.5"} `, for each bound and
  /// +Inf.
  std::vector<std::string> bound_text;
};

/// One series of a family. It does not change once made.
struct metric_series {
  label_set labels;
  std::uint32_t id = 0;  // 0, 1, 2, ... within the registry, in order of creation

  /// For the text formats, made once: what comes before the value. Of a counter or gauge only `text` is used; of a
  /// histogram these are `x_bucket{...,le="`, `x_sum{...} ` and `x_count{...} `.
  std::string text;
  std::string sum_text;
  std::string count_text;
};

/// The exemplar of a bucket; a counter has one bucket.
struct bucket_exemplar {
  std::size_t bucket = 0;
  observe::exemplar exemplar;
};

/// A native histogram's counts: in the zero bucket, in those of positive numbers, and in those of negative ones, which
/// are numbered by the family's `native_layout`.
struct native_counts {
  std::uint64_t zeros = 0;
  std::span<const std::uint64_t> positive;
  std::span<const std::uint64_t> negative;
};

/// One series' values at one moment.
struct metric_sample {
  const metric_series* series = nullptr;
  std::uint64_t count = 0;  // a counter's value, in nanoseconds of a time_counter; a histogram's number of observations
  double value = 0;         // a gauge's value; a histogram's sum; a time_counter's seconds
  double least = 0;         // a timer's shortest duration in seconds; 0 if it has none
  double greatest = 0;      // a timer's longest
  std::uint64_t nanoseconds = 0;           // a timer's sum in nanoseconds
  std::span<const std::uint64_t> buckets;  // a histogram's counts, each by itself, not cumulated; the last is +Inf's

  const native_counts* native = nullptr;       // a native histogram's; its `buckets` have its count alone
  std::span<const bucket_exemplar> exemplars;  // at most one a bucket, in the order of the buckets

  const label_set& labels() const noexcept { return series->labels; }
};

/// A family with the values of its series, in the order in which they were made.
struct metric_family_samples {
  const metric_family* family = nullptr;
  std::span<const metric_sample> samples;
};

/// All values of a registry at one moment, from which exporters work. Families and series are in the order of their
/// creation. A snapshot stays valid after the registry is gone.
/// Guarantee: a histogram's buckets add up to its count. What threads add while the snapshot is taken may be in one
/// series already and not yet in another.
class metrics_snapshot {
 public:
  std::span<const metric_family_samples> families() const noexcept { return {families_.data(), families_.size()}; }
  /// The family of this name, a counter's without `_total`, or null.
  const metric_family_samples* find(std::string_view name) const noexcept {
    for (const auto& f : families_)
      if (f.family->name == name) return &f;
    return nullptr;
  }

  std::uint64_t unix_nanoseconds = 0;    // when it was taken
  std::uint64_t uptime_nanoseconds = 0;  // since the registry was made
  std::uint64_t registry_id = 0;         // which registry of the process

  metrics_snapshot() = default;
  metrics_snapshot(metrics_snapshot&&) noexcept = default;
  metrics_snapshot& operator=(metrics_snapshot&&) noexcept = default;

 private:
  friend class metrics_registry;

  detail::shared_owner catalog_;
  std::vector<metric_family_samples> families_;
  std::vector<metric_sample> samples_;
  std::vector<std::uint64_t> buckets_;
  std::vector<native_counts> natives_;
  std::vector<bucket_exemplar> exemplars_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_METRICS_SNAPSHOT_HPP
