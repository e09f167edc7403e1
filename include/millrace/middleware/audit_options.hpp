#ifndef MILLRACE_MIDDLEWARE_AUDIT_OPTIONS_HPP
#define MILLRACE_MIDDLEWARE_AUDIT_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/error.hpp>
#include <millrace/middleware/audit_codec.hpp>
#include <millrace/store/line_log_options.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {
inline namespace v0 {

/// A value of an experiment's metadata.
using audit_value = std::variant<bool, std::int64_t, double, std::string>;

/// Writes to stderr that an audit log was closed without all its records.
inline void report_audit_loss(const error& why) noexcept {
  try {
    std::fprintf(stderr, "millrace: audit log: %s\n", why.describe().c_str());
  } catch (...) {
    std::fputs("millrace: audit log: closed with records that are not durable\n", stderr);
  }
}

/// What an `audit_log` records, where, and when an event waits for it.
struct audit_options {
  /// This run's; made of the time and random bits where it is empty.
  std::string session_id = {};
  /// Stands in the session_start line: what the run is, who started it, its hyperparameters.
  std::vector<std::pair<std::string, audit_value>> metadata = {};
  /// Whether records carry the context's fields.
  bool context = true;
  /// An event begins when its start is durable, so that the file knows of the event that took the process or the
  /// machine down with it. Costs a sync of the disk an event, shared by the threads that wait for one. A start that
  /// is not durable in this time vetoes the event, with `strict`, and is followed by its `event_rejected`. 0: events
  /// do not wait.
  std::uint32_t durable_start_ms = 0;
  audit_limits limits = {};
  /// The file: sync policy, ring size, lock, echo to a console.
  store::line_log_options log = {};
  /// Told by the destructor why `close` failed, where nobody had called it: records are missing.
  void (*on_loss)(const error&) noexcept = report_audit_loss;
  /// UTC in nanoseconds; asked about once a second, the chain's clock does the rest.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_AUDIT_OPTIONS_HPP
