#ifndef MILLRACE_OBSERVE_HEALTH_MEMORY_CHECK_HPP
#define MILLRACE_OBSERVE_HEALTH_MEMORY_CHECK_HPP

#include <millrace/observe/health/health_result.hpp>
#include <millrace/observe/health/memory_usage.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// When memory is no longer healthy; what is used is a fraction of the limit.
struct memory_thresholds {
  double degraded_at = 0.85;
  double unhealthy_at = 0.95;
  /// For how many percent of ten seconds all tasks may wait for memory before it counts as degraded; 0: any.
  double degraded_stall = 10;
  /// How many bytes the process itself may have in memory before it counts as degraded; 0: any.
  std::uint64_t degraded_resident = 0;
};

/// Checks how much of its memory's limit is used: that of its control groups (version 2 or 1), or the machine's.
/// Measures: used (fraction), working_set and limit (bytes), resident (bytes), and stalled (percent) where the kernel
/// says so.
class memory_check {
 public:
  explicit memory_check(std::string name, const memory_thresholds& thresholds = {}, std::string root = {})
      : name_(std::move(name)), thresholds_(thresholds), root_(std::move(root)) {}
  const std::string& name() const noexcept { return name_; }

  health_result examine() const {
    const auto usage = read_memory_usage(root_);
    if (!usage) return {health_status::unhealthy, usage.error().describe()};
    health_result found;
    const double used = usage->fraction();
    found.measured = {{"used", used},
                      {"working_set", static_cast<double>(usage->used), "bytes"},
                      {"limit", static_cast<double>(usage->limit), "bytes"},
                      {"resident", static_cast<double>(usage->resident), "bytes"}};
    if (usage->all_stalled >= 0) found.measured.push_back({"stalled", usage->all_stalled, "percent"});
    if (used >= thresholds_.degraded_at || used >= thresholds_.unhealthy_at)
      found.worsen(used >= thresholds_.unhealthy_at ? health_status::unhealthy : health_status::degraded,
                   percent(used * 100) + " % of " + megabytes(usage->limit) + " are used, the " +
                       (usage->by == memory_limit_of::system ? "machine's memory" : "control group's limit"));
    if (thresholds_.degraded_stall > 0 && usage->all_stalled >= thresholds_.degraded_stall)
      found.worsen(health_status::degraded,
                   "all tasks wait for memory " + percent(usage->all_stalled) + " % of the time");
    if (thresholds_.degraded_resident != 0 && usage->resident >= thresholds_.degraded_resident)
      found.worsen(health_status::degraded, "the process has " + megabytes(usage->resident) + " in memory");
    return found;
  }

 private:
  /// A group whose limit was lowered below its usage may use many times of it.
  static std::string percent(double of) { return std::to_string(static_cast<long>(of < 1e9 ? of : 1e9)); }
  static std::string megabytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

  std::string name_;
  memory_thresholds thresholds_;
  std::string root_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_MEMORY_CHECK_HPP
