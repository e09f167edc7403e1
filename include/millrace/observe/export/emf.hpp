#ifndef MILLRACE_OBSERVE_EXPORT_EMF_HPP
#define MILLRACE_OBSERVE_EXPORT_EMF_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/export/detail/bucket_values.hpp>
#include <millrace/observe/export/detail/snapshot_change.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How an `emf_writer` names what it writes.
struct emf_options {
  std::string name_space = "millrace";
  bool high_resolution = false;  // whether CloudWatch keeps values by the second instead of by the minute
};

/// What one flush did.
struct emf_report {
  std::size_t documents = 0;
  std::size_t metrics = 0;
  // Series left out: a value that is not finite or beyond 2^360, more than 30 labels, or a metric of the name `_aws`.
  std::size_t skipped = 0;
};

/// Writes what changed since the last flush in CloudWatch's embedded metric format: JSON lines, which CloudWatch takes
/// from a process's log. Labels are dimensions.
///
///     mr::observe::emf_writer emf({.name_space = "fraud"});
///     auto told = emf.flush(registry.snapshot(), [&](std::string_view line) { return log.append(line); });
///
/// - A counter is written as its difference, a gauge as it is.
/// - A histogram is written as three metrics: `x_count` and `x_sum` are the differences of its count and its sum, and
///   `x` has up to 100 values that are spread like the new ones, so that CloudWatch's percentiles of it are right to
///   within a bucket. Its sample count is not: `x_count` has that.
///
/// Counters and histograms without a change are left out. A document holds series of the same labels, and at most 100
/// metrics. A dimension's value is 1024 characters at most, and what is not printable ASCII in it becomes `_`; a label
/// without a value is no dimension; one of a metric's name gets a `_` at its end.
/// Threads: one at a time.
/// Errors: what `send` returns, and then the next flush writes all of it again; `invalid_argument` for a snapshot of
/// another registry than the first, or an older one.
/// Source: Amazon CloudWatch user guide, "Specification: Embedded metric format".
template <class = void>
class basic_emf_writer {
 public:
  static constexpr std::size_t most_metrics = 100;
  static constexpr std::size_t most_dimensions = 30;
  static constexpr std::size_t most_values = 100;

  explicit basic_emf_writer(emf_options options = {}) : options_(std::move(options)) {}

  /// Calls send(line), which returns result<void>, for each document; the line has no newline at its end.
  template <class Send>
  result<emf_report> flush(metrics_snapshot snapshot, Send&& send);

 private:
  struct entry {
    const metric_family* family;
    const metric_sample* now;
    const metric_sample* before;
  };
  /// Series with the same labels.
  struct group {
    std::string key;
    std::vector<entry> entries;
  };
  using groups = std::vector<detail::owning_pointer<group>>;

  static groups grouped(const metrics_snapshot& now, const detail::snapshot_change* change, emf_report& report);
  static bool is_sendable(const metric_family& family, const metric_sample& sample) noexcept {
    if (family.name == "_aws") return false;  // the document's own member
    return family.type == metric_type::counter || (sample.value >= -0x1p360 && sample.value <= 0x1p360);
  }
  static std::size_t metrics_of(const metric_family& family) noexcept {
    return family.type == metric_type::histogram ? 3 : 1;
  }
  static std::string_view unit(const metric_family& family) noexcept {
    if (family.unit == "seconds") return "Seconds";
    if (family.unit == "bytes") return "Bytes";
    return family.type == metric_type::counter ? "Count" : "None";
  }
  static bool is_name_of(const entry& one, std::string_view name) noexcept {
    const std::string_view own = one.family->name;
    if (name == own) return true;
    return one.family->type == metric_type::histogram && name.starts_with(own) &&
           (name.substr(own.size()) == "_count" || name.substr(own.size()) == "_sum");
  }

  /// Writes the entries from `first` up to `end` as one document.
  std::string document(const group& of, std::size_t first, std::size_t end, std::uint64_t unix_nanoseconds) const;
  void declare(json_writer& json, std::string_view name, std::string_view unit) const {
    json.begin_object().member("Name", name).member("Unit", unit);
    if (options_.high_resolution) json.member("StorageResolution", 1);
    json.end_object();
  }
  static void put_values(json_writer& json, const entry& one);
  /// A label's value as CloudWatch takes it: empty if nothing of it can be seen.
  static std::string dimension_value(std::string_view label) {
    constexpr std::size_t most = 1024;
    std::string made(label.substr(0, most));
    bool is_visible = false;
    for (char& c : made) {
      if (c < 0x20 || c > 0x7e) c = '_';
      is_visible = is_visible || c != ' ';
    }
    return is_visible ? made : std::string();
  }

  emf_options options_;
  metrics_snapshot last_;
  bool has_last_ = false;
};

using emf_writer = basic_emf_writer<>;

template <class Unused>
template <class Send>
result<emf_report> basic_emf_writer<Unused>::flush(metrics_snapshot snapshot, Send&& send) {
  const detail::snapshot_change* change = nullptr;
  result<detail::snapshot_change> made = detail::snapshot_change::make(has_last_ ? last_ : snapshot, snapshot);
  if (!made) return std::move(made).error().wrap("embedded metric format");
  if (has_last_) change = &*made;
  emf_report report;
  const groups all = grouped(snapshot, change, report);
  for (const auto& each : all)
    for (std::size_t first = 0; first < each->entries.size();) {
      std::size_t end = first;
      std::size_t metrics = 0;
      while (end < each->entries.size() && metrics + metrics_of(*each->entries[end].family) <= most_metrics)
        metrics += metrics_of(*each->entries[end++].family);
      if (result<void> sent = send(std::string_view(document(*each, first, end, snapshot.unix_nanoseconds))); !sent)
        return std::move(sent).error();
      ++report.documents;
      report.metrics += metrics;
      first = end;
    }
  last_ = std::move(snapshot);
  has_last_ = true;
  return report;
}

template <class Unused>
typename basic_emf_writer<Unused>::groups basic_emf_writer<Unused>::grouped(const metrics_snapshot& now,
                                                                            const detail::snapshot_change* change,
                                                                            emf_report& report) {
  groups made;
  millrace::detail::name_index<group*> by_labels;
  for (const metric_family_samples& each : now.families())
    for (const metric_sample& sample : each.samples) {
      const metric_sample* const before = change != nullptr ? change->before(sample) : nullptr;
      if (each.family->type != metric_type::gauge && sample.count == (before != nullptr ? before->count : 0)) continue;
      std::size_t dimensions = 0;
      std::string key;
      for (const auto& [name, value] : sample.labels()) {
        const std::string shown = dimension_value(value);
        if (shown.empty()) continue;
        ++dimensions;
        key.append(name).append("=").append(shown) += '\n';
      }
      if (!is_sendable(*each.family, sample) || dimensions > most_dimensions) {
        ++report.skipped;
        continue;
      }
      group* to = nullptr;
      if (group* const* const found = by_labels.find(key); found != nullptr) {
        to = *found;
      } else {
        made.push_back(detail::make_owning<group>());
        to = made.back().get();
        to->key = std::move(key);
        by_labels.insert(to->key, to);
      }
      to->entries.push_back({each.family, &sample, before});
    }
  return made;
}

template <class Unused>
std::string basic_emf_writer<Unused>::document(const group& of, std::size_t first, std::size_t end,
                                               std::uint64_t unix_nanoseconds) const {
  const auto is_taken = [&](std::string_view name) {
    for (std::size_t i = first; i < end; ++i)
      if (is_name_of(of.entries[i], name)) return true;
    return name == "_aws";
  };
  std::vector<std::pair<std::string, std::string>> dimensions;
  const label_set& labels = of.entries[first].now->labels();
  for (const auto& [name, value] : labels) {
    std::string shown = dimension_value(value);
    if (shown.empty()) continue;
    std::string key = name;
    while (is_taken(key) || (key != name && !labels[key].empty())) key += '_';
    dimensions.emplace_back(std::move(key), std::move(shown));
  }

  std::string text;
  json_writer json(text);
  json.begin_object().key("_aws").begin_object();
  json.member("Timestamp", unix_nanoseconds / 1'000'000).key("CloudWatchMetrics").begin_array().begin_object();
  json.member("Namespace", std::string_view(options_.name_space)).key("Dimensions").begin_array().begin_array();
  for (const auto& [name, value] : dimensions) json.value(std::string_view(name));
  json.end_array().end_array().key("Metrics").begin_array();
  for (std::size_t i = first; i < end; ++i) {
    const metric_family& family = *of.entries[i].family;
    declare(json, family.name, unit(family));
    if (family.type != metric_type::histogram) continue;
    declare(json, family.name + "_count", "Count");
    declare(json, family.name + "_sum", unit(family));
  }
  json.end_array().end_object().end_array().end_object();
  for (const auto& [name, value] : dimensions) json.member(name, std::string_view(value));
  for (std::size_t i = first; i < end; ++i) put_values(json, of.entries[i]);
  json.end_object();
  return text;
}

template <class Unused>
void basic_emf_writer<Unused>::put_values(json_writer& json, const entry& one) {
  const metric_family& family = *one.family;
  const std::uint64_t before = one.before != nullptr ? one.before->count : 0;
  switch (family.type) {
    case metric_type::gauge: json.member(family.name, one.now->value); return;
    case metric_type::counter:
      if (family.nanoseconds)
        json.member(family.name, static_cast<double>(one.now->count - before) / 1e9);
      else
        json.member(family.name, one.now->count - before);
      return;
    case metric_type::histogram:
      json.key(family.name).begin_array();
      for (const double value : detail::bucket_values(family, *one.now, one.before, most_values)) json.value(value);
      json.end_array();
      json.member(family.name + "_count", one.now->count - before);
      json.member(family.name + "_sum", one.now->value - (one.before != nullptr ? one.before->value : 0.0));
  }
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_EMF_HPP
