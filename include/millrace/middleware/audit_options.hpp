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

/// A value in a session's metadata.
using audit_value = std::variant<bool, std::int64_t, double, std::string>;

/// Writes to stderr why an audit log was closed without all its records: the default of `audit_options::on_loss`.
inline void report_audit_loss(const error& why) noexcept {
  try {
    std::fprintf(stderr, "millrace: audit log: %s\n", why.describe().c_str());
  } catch (...) {
    std::fputs("millrace: audit log: closed with records that are not durable\n", stderr);
  }
}

/// What an `audit_log` records, where, and when an event waits for it.
struct audit_options {
  /// The run's identifier, in every record; if empty, `make_session_id()` makes one.
  std::string session_id = {};
  /// Names and values for the session_start line: what the run is, who started it, its hyperparameters.
  std::vector<std::pair<std::string, audit_value>> metadata = {};
  /// Whether records carry the context's fields.
  bool context = true;
  /// Milliseconds for which an event waits, before it runs, until its `event_start` is durable, so that the file names
  /// the event that takes the process or the machine down. That costs a sync of the disk for each event; threads that
  /// wait at once share one. If the time runs out, a `strict` log vetoes the event and writes an `event_rejected`; a
  /// `lenient` one lets it run. 0: events do not wait.
  std::uint32_t durable_start_ms = 0;
  audit_limits limits = {};
  /// How the file is written: sync policy, ring size, lock, echo to a console.
  store::line_log_options log = {};
  /// The destructor calls this if it had to close the log itself and that failed: records are missing. May be null.
  void (*on_loss)(const error&) noexcept = report_audit_loss;
  /// UTC in nanoseconds since 1970. It is read about once a second; between two readings the chain's clock counts on.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_AUDIT_OPTIONS_HPP
