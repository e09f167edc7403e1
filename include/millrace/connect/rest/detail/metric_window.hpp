#ifndef MILLRACE_CONNECT_REST_DETAIL_METRIC_WINDOW_HPP
#define MILLRACE_CONNECT_REST_DETAIL_METRIC_WINDOW_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// The family of a type whose name ends in this, as `inference_errors` is also that of a program with a prefix of its
/// own; null if there is none. What stands before it ends in `_`, or is nothing; of several it is the shortest.
inline const observe::metric_family_samples* family_like(const observe::metrics_snapshot& of, std::string_view end,
                                                         observe::metric_type type) {
  const observe::metric_family_samples* found = nullptr;
  for (const observe::metric_family_samples& each : of.families()) {
    const std::string_view name = each.family->name;
    if (each.family->type != type || !name.ends_with(end)) continue;
    if (name.size() > end.size() && name[name.size() - end.size() - 1] != '_') continue;
    if (found == nullptr || name.size() < found->family->name.size()) found = &each;
  }
  return found;
}

/// The value of a label of a series, or a text that says that it has none.
inline std::string_view label_of(const observe::metric_sample& of, std::string_view name) noexcept {
  for (const auto& each : of.labels())
    if (each.name == name) return each.value;
  return "-";
}

/// A count in a histogram's buckets, by their upper bounds; the last bucket has none.
struct bucket_counts {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;
  std::uint64_t total = 0;
  double sum = 0;

  /// Adds a series; all that are added are of one family, and no native histograms.
  void add(const observe::metric_family& family, const observe::metric_sample& sample) {
    if (family.type != observe::metric_type::histogram || family.native) return;
    if (counts.empty()) {
      bounds = family.bounds;
      counts.assign(sample.buckets.size(), 0);
    }
    for (std::size_t i = 0; i < counts.size() && i < sample.buckets.size(); ++i) counts[i] += sample.buckets[i];
    total += sample.count;
    sum += sample.value;
  }
  /// What has come since an earlier count of the same family.
  bucket_counts since(const bucket_counts& before) const {
    if (before.counts.size() != counts.size() || before.total > total) return *this;
    bucket_counts made = *this;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::uint64_t taken = before.counts[i] < counts[i] ? before.counts[i] : counts[i];
      made.counts[i] -= taken;
    }
    made.total -= before.total;
    made.sum -= before.sum;
    return made;
  }
  double mean() const noexcept { return total == 0 ? __builtin_nan("") : sum / static_cast<double>(total); }
  /// A quantile, as if what is in a bucket were spread evenly over it; the greatest bound if it is beyond that; NaN of
  /// nothing. Guarantee: as near as the bucket is wide. Source: Prometheus' histogram_quantile.
  double quantile(double level) const noexcept {
    std::uint64_t all = 0;
    for (const std::uint64_t each : counts) all += each;
    if (all == 0 || bounds.empty()) return __builtin_nan("");
    const double rank = level * static_cast<double>(all);
    double below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto here = static_cast<double>(counts[i]);
      if (here == 0 || below + here < rank) {
        below += here;
        continue;
      }
      if (i >= bounds.size()) break;
      const double low = i == 0 ? (bounds[0] > 0 ? 0 : bounds[0]) : bounds[i - 1];
      return low + (bounds[i] - low) * (rank - below) / here;
    }
    return bounds.back();
  }
};

/// What a metric had at the last look, so that there is what has come since.
template <class Value>
class last_values {
 public:
  /// The value before this one under a name; false: there was none.
  bool replace(std::string_view name, const Value& now, Value& before) {
    for (auto& [key, value] : values_)
      if (key == name) {
        before = std::exchange(value, now);
        return true;
      }
    values_.emplace_back(name, now);
    return false;
  }

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_METRIC_WINDOW_HPP
