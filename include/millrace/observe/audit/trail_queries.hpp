#ifndef MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP
#define MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_query.hpp>
#include <millrace/observe/audit/compliance_report.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/observe/fwd.hpp>

#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The records of a trail that a query asks for. Segments whose records are all of other times are not read; without a
/// limit or with the newest first, all others are.
///
///     auto denied = mr::observe::query_trail("audit", {.kinds = {"access_denied"}, .limit = 20, .newest_first =
///     true});
///
/// Guarantee: that of `read_trail`, which does not verify.
/// Allocates: the records that match, at most `limit`.
/// Errors: those of `read_trail`.
inline result<std::vector<audit_entry>> query_trail(const std::string& folder, audit_query query) {
  const audit_period period{query.from, query.until};
  audit_selection selection(std::move(query));
  auto done = read_trail(folder, [&](const audit_entry& entry) { return selection.update(entry); }, period);
  if (!done) return std::move(done).error();
  return std::move(selection).entries();
}

/// What `verify_trail` found, as a report says it.
inline report_verification verification_of(const trail_report& found) {
  return {.intact = found.sound,
          .records = found.records,
          .head = to_string(found.head.root.hash),
          .finding = found.sound ? std::string() : summary(found)};
}

/// A report about a trail, which is verified first unless the options say what came of that. If it is not as it was
/// written, the report says so, and counts the records before the first that cannot be read.
/// Complexity: linear in the bytes: the approvals of earlier times are looked for too.
/// Errors: those of `verify_trail`; of `read_trail`, unless the verification found the same.
inline result<compliance_report> report_trail(const std::string& folder, compliance_options options) {
  if (!options.verification) {
    auto found = verify_trail(folder);
    if (!found) return std::move(found).error();
    options.verification = verification_of(*found);
  }
  const bool intact = options.verification->intact;
  report_builder builder(std::move(options));
  auto done = read_trail(folder, [&](const audit_entry& entry) { builder.update(entry); });
  if (!done && (intact || done.error().code() != errc::corrupt)) return std::move(done).error();
  return std::move(builder).finish();
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_TRAIL_QUERIES_HPP
