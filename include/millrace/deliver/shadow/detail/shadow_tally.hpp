#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_TALLY_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_TALLY_HPP

#include <millrace/aggregate/histograms/log_histogram.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/detect/features/drift_reference.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
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

  void merge(const shadow_tally& other) {
    all_.merge(other.all_);
    for (const shadow_segment& each : other.segments_) at(each.name).merge(each.counts);
    for (std::size_t i = 0; i < arm_count; ++i) {
      latency_[i].merge(other.latency_[i]);
      outputs_[i].merge(other.outputs_[i]);
    }
  }

  const shadow_counts& all() const noexcept { return all_; }
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

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(max_segments_);
    save(to, all_);
    to.u64(segments_.size());
    for (const shadow_segment& each : segments_) {
      to.text(each.name);
      save(to, each.counts);
    }
    for (const log_histogram& each : latency_) to.block(each.save());
    for (const kll<200>& each : outputs_) to.block(each.save());
    return std::move(to).finish();
  }
  static result<shadow_tally> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint64_t most = from->u64();
    shadow_tally made(most < max_loaded ? static_cast<std::size_t>(most) : max_loaded);
    bool sound = most > 0 && load(*from, made.all_);
    const std::size_t segments = from->count(8 * 8);
    sound = sound && segments <= made.max_segments_ + 1;
    for (std::size_t i = 0; i < segments && sound; ++i) {
      shadow_segment each;
      each.name = from->text();
      sound = load(*from, each.counts);
      made.segments_.push_back(std::move(each));
    }
    for (log_histogram& each : made.latency_) {
      auto loaded = log_histogram::load(from->block());
      if (!loaded) return std::move(loaded).error();
      each = *loaded;
    }
    for (kll<200>& each : made.outputs_) {
      auto loaded = kll<200>::load(from->block());
      if (!loaded) return std::move(loaded).error();
      each = *std::move(loaded);
    }
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = "shadow_state";
  static constexpr std::size_t max_loaded = 100'000;

  static arm_latency latency(const log_histogram& of) noexcept {
    return {of.count(), of.mean(), of.median(), of.quantile(0.9), of.quantile(0.99), (of.max)()};
  }
  static void save(envelope_writer& to, const shadow_counts& of) {
    for (const std::uint64_t each :
         {of.comparisons, of.agreements, of.candidate_failures, of.stable_failures, of.distances})
      to.u64(each);
    to.f64(of.max_distance);
    to.f64(of.sum_of_distances);
  }
  static bool load(envelope_reader& from, shadow_counts& to) noexcept {
    for (std::uint64_t* const each :
         {&to.comparisons, &to.agreements, &to.candidate_failures, &to.stable_failures, &to.distances})
      *each = from.u64();
    to.max_distance = from.f64();
    to.sum_of_distances = from.f64();
    const std::uint64_t n = to.comparisons;
    return n < std::uint64_t{1} << 62 && to.agreements <= n && to.candidate_failures <= n && to.stable_failures <= n &&
           to.distances <= n && to.max_distance >= 0 && math::is_finite(to.max_distance) && to.sum_of_distances >= 0;
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
