#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_TALLY_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_TALLY_HPP

#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/detect/features/drift_reference.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// One comparison, as it is counted.
struct compared_pair {
  difference apart;
  bool stable_failed = false;
  bool candidate_failed = false;
  std::uint64_t stable_nanoseconds = 0;
  std::uint64_t candidate_nanoseconds = 0;
  bool has_figures = false;
  double stable_figure = 0;
  double candidate_figure = 0;
};

/// What a shadow keeps of its comparisons: counts, latencies of both arms and sketches of their outputs. Its size does
/// not grow with their number. One thread at a time.
class shadow_tally {
 public:
  explicit shadow_tally(std::size_t max_segments) : max_segments_(max_segments != 0 ? max_segments : 1) {}

  /// `segment`: null if there are none.
  void update(const compared_pair& one, const std::string_view* segment) {
    shadow_counts now;
    now.comparisons = 1;
    now.agreements = one.apart.agrees ? 1 : 0;
    now.candidate_failures = one.candidate_failed ? 1 : 0;
    now.stable_failures = one.stable_failed ? 1 : 0;
    if (!one.candidate_failed && !one.stable_failed && math::is_finite(one.apart.distance)) {
      now.max_distance = now.sum_of_distances = one.apart.distance;
      now.distances = 1;
    }
    all_.merge(now);
    if (segment != nullptr) at(*segment).merge(now);
    latency_[0].update(one.stable_nanoseconds);
    latency_[1].update(one.candidate_nanoseconds);
    if (!one.has_figures) return;
    outputs_[0].update(one.stable_figure);
    outputs_[1].update(one.candidate_figure);
  }

  void report(shadow_report& to) const {
    to.all = all_;
    to.segments = segments_;
    to.stable = latency(latency_[0]);
    to.candidate = latency(latency_[1]);
    to.drift.outputs = outputs_[0].count();
    if (to.drift.outputs < 100) return;
    const auto reference = detect::drift_reference::make(outputs_[0]);
    if (!reference) return;
    const auto found = reference->compare(outputs_[1]);
    if (!found) return;
    to.drift.psi = found->psi;
    to.drift.ks = found->ks;
    to.drift.jensen_shannon = found->jensen_shannon;
    to.drift.wasserstein = found->wasserstein;
  }

 private:
  static arm_latency latency(const log_histogram& of) noexcept {
    return {of.count(), of.mean(), of.median(), of.quantile(0.9), of.quantile(0.99), (of.max)()};
  }
  shadow_counts& at(std::string_view name) {
    for (shadow_segment& each : segments_)
      if (each.name == name) return each.counts;
    if (segments_.size() < max_segments_) return segments_.emplace_back(shadow_segment{std::string(name), {}}).counts;
    if (segments_.size() == max_segments_) segments_.push_back({other_segments, {}});
    return segments_.back().counts;
  }

  std::size_t max_segments_;
  shadow_counts all_;
  std::vector<shadow_segment> segments_;
  log_histogram latency_[arm_count];
  kll<200> outputs_[arm_count];
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_TALLY_HPP
