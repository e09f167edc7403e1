#ifndef MILLRACE_STORE_LINE_LOG_OPTIONS_HPP
#define MILLRACE_STORE_LINE_LOG_OPTIONS_HPP

#include <millrace/core/diagnostic.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace millrace {
inline namespace v0 {
namespace store {

/// Policy: a record that finds the ring full waits for room. It is dropped only while the disk refuses, and its append
/// then returns 0.
struct block {
  static constexpr bool waits = true;
};
/// Policy: a record that finds the ring full is dropped and counted; a line in the log says how many are missing.
struct drop_and_count {
  static constexpr bool waits = false;
};

/// What an append does when it finds the ring full: `block` or `drop_and_count`.
template <class P>
concept full_policy = requires {
  { P::waits } -> std::convertible_to<bool>;
};

/// When a log syncs written lines to the disk without being asked. `wait_durable`, `flush` and `close` sync under every
/// policy.
enum class sync_policy : std::uint8_t {
  every_group,  // after every write; lines that came during a sync share the next one
  interval,     // at most every `sync_interval_ms`
  on_request,   // only when asked
};

/// What a line log does when its file is no longer at its path, because it was deleted, renamed or replaced.
enum class moved_policy : std::uint8_t {
  reopen,  // continues in the file at the path, and makes one if there is none; writes again the group of lines that it
           // wrote to a deleted file last
  refuse,  // fails, as on a full disk, until the file is back or `reopen` is called
  keep,    // does not check: goes on with the file it has until `reopen` is called
};

/// How a line log writes, syncs and shares its file.
struct line_log_options {
  sync_policy sync = sync_policy::interval;
  std::uint32_t sync_interval_ms = 100;
  /// How many milliseconds a record may wait in the ring before it is written. After 50 such pauses without a record,
  /// half a second by default, the writer sleeps, and the next record wakes it.
  std::uint32_t max_delay_ms = 10;
  /// The ring's size, rounded up to a power of two. A record takes at most a quarter of it.
  std::size_t ring_bytes = std::size_t{1} << 20;
  /// Whether to lock the file (flock) and to refuse one that another log has open. Set it to false if the file system
  /// has no locks; the caller then has to make sure that there is one writer.
  bool lock = true;
  unsigned permissions = 0644;  ///< of a new file, less the umask
  /// What to do when the file is no longer at its path, which the writer checks once a group of lines.
  moved_policy when_moved = moved_policy::reopen;
  /// A stream that lines are copied to, for people; `durable_seq` says nothing about it. A stream that blocks, such as
  /// a stopped terminal, blocks the log.
  std::FILE* echo = nullptr;
  /// Is told, on the log's thread, when the disk begins to refuse, for another reason than before, and when it takes
  /// lines again. It must not append to this log.
  diagnostics_ref diagnostics = {};
};

/// What a line log did so far.
struct line_log_statistics {
  std::uint64_t written_bytes = 0;
  std::uint64_t groups = 0;  // groups of lines written
  std::uint64_t syncs = 0;
  std::uint64_t dropped =
      0;  // records dropped, refused, or without memory for a line; after `close` also those that the disk did not take
  std::uint64_t reopened = 0;  // how often the log continued in another file
};

/// What `open` cut off the end of a line file. The bytes are in `<path>.torn`.
struct tail_repair {
  std::uint64_t offset = 0;  // the file's size afterwards
  std::uint64_t removed_bytes = 0;

  explicit operator bool() const noexcept { return removed_bytes != 0; }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_OPTIONS_HPP
