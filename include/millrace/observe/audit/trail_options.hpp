#ifndef MILLRACE_OBSERVE_AUDIT_TRAIL_OPTIONS_HPP
#define MILLRACE_OBSERVE_AUDIT_TRAIL_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/line_log_options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Policy of an audit trail: its tree heads are signed by nobody. Any `store::signer` in its place signs them.
struct unsigned_heads {};

/// How an audit trail writes, syncs and divides its files.
struct audit_trail_options {
  /// When records are made durable without being asked. `every_group`: each group of records is synced once it is
  /// written, and those that come meanwhile share the next sync.
  store::sync_policy sync = store::sync_policy::every_group;
  std::uint32_t sync_interval_ms = 100;
  /// How many milliseconds a record may wait in the ring before it is written.
  std::uint32_t max_delay_ms = 10;
  /// The ring's size, rounded up to a power of two. A record takes at most a quarter of it.
  std::size_t ring_bytes = std::size_t{1} << 20;
  /// A segment that has reached this size is ended, at the end of a group of records.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  /// By how many bytes a segment is lengthened at a time, before they are written.
  std::uint64_t allocate_bytes = std::uint64_t{4} << 20;
  /// The mean time between two signed tree heads. The last one of a segment and of the trail is always signed.
  std::uint32_t sign_interval_ms = 1000;
  /// Whether to lock the folder and to refuse one that another trail writes to. Set it to false if the file system has
  /// no locks; the caller then has to make sure that there is one writer.
  bool lock = true;
  unsigned permissions = 0640;  ///< of new files, less the umask; the folder gets the same and may be entered
  /// UTC in nanoseconds: the day of a new segment, and the time of an event that has none.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  /// Is told, on the trail's thread, when the disk begins to refuse, for another reason than before, and when it takes
  /// records again. It must not append to this trail.
  diagnostics_ref diagnostics = {};
};

/// What an audit trail did so far.
struct audit_trail_statistics {
  std::uint64_t records = 0;  ///< written, the trail's own included; of this process
  std::uint64_t bytes = 0;    ///< written, without headers
  std::uint64_t groups = 0;   ///< of records, each with its commit
  std::uint64_t syncs = 0;
  std::uint64_t segments = 0;  ///< begun
  std::uint64_t dropped = 0;   ///< records dropped or refused; after `close` also those that the disk did not take
  std::uint64_t unsigned_heads = 0;  ///< tree heads that the key did not sign when it was time
};

/// What `open` had to mend at the end of a trail whose writer was killed.
struct trail_repair {
  std::uint64_t offset = 0;         ///< the size of the last segment afterwards
  std::uint64_t removed_bytes = 0;  ///< of records that were never durable
  std::uint64_t finished_erasures = 0;
  std::uint64_t finished_prunings = 0;  ///< segments that a record says were pruned, and that were still there

  explicit operator bool() const noexcept {
    return removed_bytes != 0 || finished_erasures != 0 || finished_prunings != 0;
  }
};

/// A value of personal data in a trail: the actor of a record, or one of its fields.
struct personal_value {
  std::uint64_t index = 0;
  std::string_view field = {};  ///< empty: the actor
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_TRAIL_OPTIONS_HPP
