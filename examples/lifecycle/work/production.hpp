#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP

#include "../data/table.hpp"
#include "../families/network.hpp"
#include "../model/findings.hpp"
#include "../stop.hpp"
#include "serving_fields.hpp"

#include <millrace/chain.hpp>
#include <millrace/core/error.hpp>
#include <millrace/middleware.hpp>
#include <millrace/observe.hpp>
#include <millrace/tensor/deflate.hpp>
#include <millrace/train/fields.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// The production middlewares, around both chains: a profiler each, one audit log for the whole run, validation that
/// fails a step whose figures are none, one registry of metrics, and compression of what training keeps.
class production {
 public:
  using metadata = std::vector<std::pair<std::string, mr::audit_value>>;

  production(std::string audit_path, metadata about)
      : audit_(or_stop(mr::audit_log<>::open(std::move(audit_path), {.metadata = std::move(about), .on_loss = nullptr}),
                       exit_code::no_output)) {}

  /// The order is the one in which they see an event end: the profiler first, compression last.
  template <class Chain>
  auto around_training(Chain chain) {
    return std::move(chain)
        .use(mr::borrow(training_profiler_))
        .use(mr::borrow(audit_))
        .use(mr::validation{mr::strict{}, mr::same_rows<learning::batch, learning::targets>{}})
        .use(mr::metrics{registry_})
        .use(mr::borrow(compression_));
  }
  template <class Chain>
  auto around_classes(Chain chain) {
    return around_serving(std::move(chain), mr::validation{mr::strict{}, mr::in_range<serving::probability>{0, 1}});
  }
  template <class Chain>
  auto around_numbers(Chain chain) {
    return around_serving(std::move(chain), mr::validation{mr::strict{}});
  }

  /// Puts the holdout's figures beside the run's metrics.
  void tell(const holdout_findings& found) {
    if (found.binary) tell(*found.binary);
    if (found.classes) {
      show("log_loss", found.classes->log_loss);
      show("accuracy", found.classes->confusion.accuracy());
      show("macro_f1", found.classes->confusion.macro_f1());
    }
    if (found.number) {
      show("rmse", found.number->rmse);
      show("mae", found.number->mae);
      show("r2", found.number->r2);
    }
  }

  /// Writes the audit log's last line and makes it durable.
  void close() { or_stop(audit_.close(), exit_code::no_output); }

  const mr::profiler& training_profile() const noexcept { return training_profiler_; }
  const mr::profiler& serving_profile() const noexcept { return serving_profiler_; }
  mr::compression_statistics compression() const noexcept { return compression_.statistics(); }
  std::uint64_t audit_bytes() const noexcept { return audit_.statistics().written_bytes; }
  std::string prometheus() const { return mr::observe::to_prometheus(registry_.snapshot()); }
  std::string json() const { return mr::observe::to_json(registry_.snapshot()); }

 private:
  template <class Chain, class Validation>
  auto around_serving(Chain chain, Validation checks) {
    return std::move(chain)
        .use(mr::borrow(serving_profiler_))
        .use(mr::borrow(audit_))
        .use(std::move(checks))
        .use(mr::metrics{registry_});
  }
  void show(std::string_view figure, double value) {
    or_stop(registry_.gauge({"lifecycle_holdout", "How the model did on the holdout."}, {{"figure", figure}}),
            exit_code::internal)
        .set(value);
  }
  void tell(const judgement& holdout) {
    show("auc", holdout.auc);
    show("average_precision", holdout.average_precision);
    show("log_loss", holdout.log_loss);
    show("brier", holdout.brier);
    show("calibration_error", holdout.calibration_error);
    show("accuracy", holdout.confusion.accuracy());
    show("precision", holdout.confusion.precision());
    show("recall", holdout.confusion.recall());
    show("f1", holdout.confusion.f1());
  }

  mr::profiler training_profiler_;
  mr::profiler serving_profiler_;
  mr::audit_log<> audit_;
  mr::observe::metrics_registry registry_;
  mr::compression<learning::activations> compression_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_PRODUCTION_HPP
