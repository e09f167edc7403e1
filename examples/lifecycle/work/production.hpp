#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP

#include "../model/findings.hpp"
#include "run_trail.hpp"

#include <millrace/core/clock.hpp>
#include <millrace/middleware/audit_log.hpp>
#include <millrace/middleware/metrics.hpp>
#include <millrace/middleware/profiler.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/observe/health/health_report.hpp>
#include <millrace/observe/metrics.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// The production middlewares, around both chains: a profiler each, one audit log for the whole run, validation that
/// fails a step whose figures are none, and one registry of metrics.
class production {
 public:
  using metadata = std::vector<std::pair<std::string, mr::audit_value>>;

  production(std::string audit_path, metadata about);

  /// The order is the one in which they see an event end: the profiler first. `rules`: what validation checks beside
  /// figures that are none.
  template <class Chain, class... Rules>
  auto around_training(Chain chain, Rules... rules) {
    return around(std::move(chain), training_profiler_, rules...);
  }
  template <class Chain, class... Rules>
  auto around_serving(Chain chain, Rules... rules) {
    return around(std::move(chain), serving_profiler_, rules...);
  }

  /// Puts the holdout's figures beside the run's metrics.
  void tell(const holdout_findings& found);

  /// Looks after the run: the disk that `folder` is on, memory, and what both logs say. The metrics show it from then
  /// on.
  mr::observe::health_report examine(const std::string& folder, const run_trail& trail);

  /// Writes the audit log's last line and makes it durable.
  void close();

  const mr::profiler& training_profile() const noexcept { return training_profiler_; }
  const mr::profiler& serving_profile() const noexcept { return serving_profiler_; }
  std::uint64_t audit_bytes() const noexcept { return audit_.statistics().written_bytes; }
  std::string prometheus() const;
  std::string json() const;
  /// Grafana's panels and Prometheus' rules for the run's metrics.
  std::string dashboard() const;
  std::string alerts() const;

 private:
  template <class Chain, class... Rules>
  auto around(Chain chain, mr::profiler& times, Rules... rules) {
    return std::move(chain)
        .use(mr::borrow(times))
        .use(mr::borrow(audit_))
        .use(mr::validation{mr::strict{}, rules...})
        .use(mr::metrics{registry_});
  }
  void show(std::string_view figure, double value);
  void tell(const judgement& holdout);

  mr::profiler training_profiler_;
  mr::profiler serving_profiler_;
  mr::audit_log<> audit_;
  mr::observe::metrics_registry registry_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP
