#ifndef MILLRACE_STORE_LINE_LOG_OPTIONS_HPP
#define MILLRACE_STORE_LINE_LOG_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace millrace {
inline namespace v0 {
namespace store {

/// A record that finds the ring full waits for room. It is dropped only when the disk refuses, and then
/// the append says so.
struct block {
  static constexpr bool waits = true;
};
/// A record that finds the ring full is dropped and counted; a line in the log says how many.
struct drop_and_count {
  static constexpr bool waits = false;
};

/// What an append does that finds the ring full: `block` or `drop_and_count`.
template <class P>
concept full_policy = requires {
  { P::waits } -> std::convertible_to<bool>;
};

/// When written lines are synced to the disk by themselves. `wait_durable`, `flush` and `close` sync
/// under every policy.
enum class sync_policy : std::uint8_t {
  every_group,  // after every write; lines that came during a sync share the next one
  interval,     // at most every `sync_interval_ms`
  on_request,   // only when asked
};

/// What a line log does that finds its file no longer at its path: deleted, renamed, or another file put there.
enum class moved_policy : std::uint8_t {
  reopen,  // goes over to the file at the path, made where there is none, and writes lines that went down with a
           // deleted file again
  refuse,  // says so, as of a full disk, until the file is back or `reopen` is called
  keep,    // does not look: goes on with the file it has until `reopen` is called
};

/// How a line log writes, syncs and shares its file.
struct line_log_options {
  sync_policy sync = sync_policy::interval;
  std::uint32_t sync_interval_ms = 100;
  /// How long a record may wait in the ring before it is written, while the log is in use. After half
  /// a second without records the writer sleeps, and the next record wakes it.
  std::uint32_t max_delay_ms = 10;
  /// Of the ring; rounded up to a power of two. A record takes at most a quarter of it.
  std::size_t ring_bytes = std::size_t{1} << 20;
  /// Refuse a file that another log has open (flock). Where the file system has no locks: false, and
  /// the caller sees to it that there is one writer.
  bool lock = true;
  unsigned permissions = 0644;
  /// Looked for once a group of lines.
  moved_policy when_moved = moved_policy::reopen;
  /// Lines go here too, for people; not part of what is durable. A terminal that stands still holds
  /// the log up.
  std::FILE* echo = nullptr;
};

/// What a line log did so far.
struct line_log_statistics {
  std::uint64_t written_bytes = 0;
  std::uint64_t groups = 0;  // writes
  std::uint64_t syncs = 0;
  std::uint64_t dropped = 0;   // records dropped or refused; those that a full disk still holds up, from `close` on
  std::uint64_t reopened = 0;  // times that the log went over to another file
};

/// What opening a line file had to cut off its end. The bytes stand in `<path>.torn`.
struct tail_repair {
  std::uint64_t offset = 0;  // where the file ended then
  std::uint64_t removed_bytes = 0;

  explicit operator bool() const noexcept { return removed_bytes != 0; }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_OPTIONS_HPP
