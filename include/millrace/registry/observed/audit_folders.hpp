#ifndef MILLRACE_REGISTRY_OBSERVED_AUDIT_FOLDERS_HPP
#define MILLRACE_REGISTRY_OBSERVED_AUDIT_FOLDERS_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/mask.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {
namespace registry {

/// Writes the records of an audit trail as files beside those of `export_registry_folders`:
/// `audit_logs/events/<year>/<month>/<day>/<index>.json`, by the day in UTC, each the record as a line of JSON, and
/// returns how many there were. Personal data is masked, unless the policy says otherwise.
///
/// What proves that nothing was changed stays with the trail: `verify_trail`. Complexity: reads the trail once.
/// Errors: those of `read_trail` and of the target.
template <store::writes_objects Storage, observe::mask_policy Mask = observe::masked>
result<std::size_t> export_audit_folders(const std::string& trail, Storage& target, const std::string& prefix = {},
                                         const Mask& mask = {}) {
  std::size_t written = 0;
  result<void> done;
  std::string line;
  auto read = observe::read_trail(trail, [&](const observe::audit_entry& entry) {
    line.clear();
    observe::append_json_line(line, entry, mask);
    std::string day = to_iso8601(entry.unix_nanoseconds).substr(0, 10);  // 2025-01-21
    day[4] = day[7] = '/';
    const std::string key = prefix + "audit_logs/events/" + day + '/' + std::to_string(entry.index) + ".json";
    done = target.write(key, std::as_bytes(std::span(line.data(), line.size())));
    written += done.has_value();
    return done.has_value();
  });
  if (!read) return std::move(read).error();
  if (!done) return std::move(done).error();
  return written;
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_OBSERVED_AUDIT_FOLDERS_HPP
