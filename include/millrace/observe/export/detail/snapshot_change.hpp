#ifndef MILLRACE_OBSERVE_EXPORT_DETAIL_SNAPSHOT_CHANGE_HPP
#define MILLRACE_OBSERVE_EXPORT_DETAIL_SNAPSHOT_CHANGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// A time so many nanoseconds before another; 1970 where a clock was set to less than that.
constexpr std::uint64_t time_before(std::uint64_t unix_nanoseconds, std::uint64_t length) noexcept {
  return unix_nanoseconds > length ? unix_nanoseconds - length : 0;
}

/// What each series was at an earlier snapshot, for formats that tell differences. Both snapshots outlive it.
class snapshot_change {
 public:
  /// Errors: invalid_argument, if the two are not of one registry, or not in this order.
  template <class = void>
  static result<snapshot_change> make(const metrics_snapshot& before, const metrics_snapshot& now) {
    if (before.registry_id != now.registry_id)
      return error(errc::invalid_argument, "the snapshot is of another registry than the one before");
    if (before.uptime_nanoseconds > now.uptime_nanoseconds)
      return error(errc::invalid_argument, "the snapshot is older than the one before");
    snapshot_change made;
    made.since_ = time_before(now.unix_nanoseconds, now.uptime_nanoseconds - before.uptime_nanoseconds);
    for (const metric_family_samples& each : before.families())
      for (const metric_sample& sample : each.samples) {
        const std::size_t id = sample.series->id;
        if (id >= made.samples_.size()) made.samples_.resize(id + 1, nullptr);
        made.samples_[id] = &sample;
      }
    return made;
  }

  /// The series in the earlier snapshot; null if it was not in there.
  const metric_sample* before(const metric_sample& now) const noexcept {
    const std::size_t id = now.series->id;
    return id < samples_.size() ? samples_[id] : nullptr;
  }
  /// When the earlier snapshot was taken, by the clock of the later one: nanoseconds since 1970.
  std::uint64_t since() const noexcept { return since_; }

 private:
  snapshot_change() = default;

  std::vector<const metric_sample*> samples_;  // by the series' number
  std::uint64_t since_ = 0;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_DETAIL_SNAPSHOT_CHANGE_HPP
