#ifndef MILLRACE_STORE_LINE_LOG_HPP
#define MILLRACE_STORE_LINE_LOG_HPP

#include <millrace/core/detail/duration_nanoseconds.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/line_writer.hpp>
#include <millrace/store/detail/log_file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// How a log's records become lines. The log calls, on the writer's thread:
/// - `line`, which appends a record's lines, newline included, or nothing
/// - `dropped`, which appends a line that says how many records are missing
/// - `is_line`, whether a text without its newline is a complete line, and not a torn one
/// - `may_begin`, whether a text without a newline may be the torn beginning of a file of this kind
/// - optionally `end_group(out, bool caught_up)`, before it writes a group of lines; caught up, no record waits
template <class F>
concept line_format = std::movable<F> && requires(F& format, std::string& out, const std::byte* record,
                                                  std::size_t size, std::uint64_t count, std::string_view text) {
  format.line(out, record, size);
  format.dropped(out, count);
  { F::is_line(text) } noexcept -> std::same_as<bool>;
  { F::may_begin(text) } noexcept -> std::same_as<bool>;
};

/// The format of a log whose records are lines already. A crash may leave a file that ends in NUL bytes, so a line with
/// one counts as torn: where a record has one, its line has a backslash and a zero.
struct plain_lines {
  void line(std::string& out, const std::byte* record, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(record), size);
    std::size_t begin = 0;
    for (std::size_t nul = 0; (nul = text.find('\0', begin)) != std::string_view::npos; begin = nul + 1) {
      out.append(text.substr(begin, nul - begin));
      out += "\\0";
    }
    out.append(text.substr(begin));
    out += '\n';
  }
  void dropped(std::string& out, std::uint64_t count) { out += "... " + std::to_string(count) + " lines lost\n"; }
  static bool is_line(std::string_view text) noexcept { return text.find('\0') == std::string_view::npos; }
  static bool may_begin(std::string_view) noexcept { return true; }
};

/// An append-only file of lines. Producers put binary records into a ring; one writer thread turns
/// them into lines, writes them in groups and syncs the groups.
///
/// Guarantee: lines are whole, and in the order of their records. Lines at or below `durable_seq()` survive a crash of
/// the process, and of the machine if the disk keeps what it has synced. Of the lines above, a crash keeps the first
/// ones, of which at most the last is torn. `open` cuts a torn end off (the bytes go to `<path>.torn`) and continues
/// there; it leaves a file alone that is no log of this format.
/// Complexity: an append is a copy into the ring.
/// Allocates: when opened, and on the writer's thread.
/// Threads: append as `Producers` says; everything else but move and close from any thread.
/// Errors: while the disk refuses, `status()` returns why, `wait_durable`, `flush` and `close` fail, and so does, under
/// every policy, an append that finds no room. If the disk is full, the log tries again until there is room. Any other
/// failure is final, because after a failed sync a later success proves nothing.
/// Fork: the child's copy refuses every record as if the disk were full: an append returns 0 and is counted as dropped,
/// `healthy()` is false, status, flush and close return the error. The parent's log goes on. The file's lock is held
/// until both have closed the file.
/// Rotation: the writer checks, once a group, whether its file is still at its path; `options.when_moved` says what it
/// does if not. So logrotate need not send a signal, whichever way it rotates:
/// - `create` (rename, then a new file): lines go on into the renamed file until the new one is there.
/// - `nocreate` (rename alone): the same for a second; then the log makes the file.
/// - `copytruncate` (copy, then cut to nothing): the log goes on at the file's new beginning. Lines that are written
///   between the copy and the cut are lost, which no writer can prevent: prefer one of the above.
///
/// With `moved_policy::keep`, or to choose the moment, have `postrotate` send a signal, whose handler calls
/// `request_reopen()`, or let the program's own loop call `reopen()`. If somebody deletes the file, the lines in it are
/// lost; those of the group being written go into the new file.
template <line_format Format, class Producers = exclusive, full_policy Full = block,
          file_system FileSystem = posix_file_system>
class basic_line_log {
  using writer = detail::line_writer<Format, Producers, FileSystem>;

 public:
  /// Opens or creates the file, locks it, repairs its end, and starts the writer's thread.
  /// Errors: unavailable (another log has the file open), corrupt (the file is no log of this format), invalid_argument
  /// (no regular file), those of the system.
  static result<basic_line_log> open(std::string path, line_log_options options = {}, Format format = {},
                                     FileSystem fs = {}) {
    detail::log_file<Format, FileSystem> file(std::move(path), options, std::move(fs));
    result<tail_repair> repaired = file.open();
    if (!repaired) return std::move(repaired).error();
    basic_line_log log(new writer(options, std::move(format), std::move(file), *repaired));
    if (const int why = log.writer_->start(); why != 0)
      return system_error(why, "start the writer of", log.writer_->path());
    return log;
  }

  basic_line_log(basic_line_log&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)) {}
  basic_line_log& operator=(basic_line_log other) noexcept {
    std::swap(writer_, other.writer_);
    return *this;
  }
  /// Closes the log and drops the error that close() would return.
  ~basic_line_log() {
    if (writer_ == nullptr) return;
    const bool forked = writer_->forked();
    (void)writer_->close();
    // A forked copy's condition variables count waiters, the parent's threads, that never leave in the child: to
    // destroy them would hang. So the copy is leaked.
    if (!forked) delete writer_;
  }

  /// False after a move; then only this question, assignment and destruction are allowed.
  explicit operator bool() const noexcept { return writer_ != nullptr; }

  /// Appends a record of `size` bytes that fill(std::byte*) writes. Returns the record's position, which only grows and
  /// is no number of a line: the record is durable once `durable_seq()` has reached it. Returns 0 if the record was
  /// dropped or refused, or is larger than `max_record()`. Complexity: about 5 ns and the copy; while there is room, it
  /// takes no lock. Allocates: never.
  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t append(std::size_t size, Fill&& fill) noexcept {
    return writer_->template append<Full>(size, [&](const ring_slot& slot) { fill(slot.data); });
  }
  /// Appends a record that need not be in the log: never waits, and does not count it as dropped if there is no room.
  template <class Fill>
  std::uint64_t try_append(std::size_t size, Fill&& fill) noexcept {
    return writer_->try_append(size, [&](const ring_slot& slot) { fill(slot.data); });
  }
  /// Appends a record of these bytes; of a `line_log` a line, without its newline.
  std::uint64_t append(std::string_view bytes) noexcept {
    return append(bytes.size(), [&](std::byte* to) {
      if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());  // an empty view may point to nothing
    });
  }
  /// The most bytes that a record may have.
  std::size_t max_record() const noexcept { return writer_->ring.max_size(); }

  /// False while the disk refuses, and in a forked copy. Complexity: one load.
  bool healthy() const noexcept { return writer_->healthy(); }
  /// Success, or the error with which the disk refuses, at the moment or for good.
  result<void> status() const { return writer_->status(); }

  /// How far the log is, as positions that `append` returns. They count bytes of the ring, neither lines nor bytes of
  /// the file: the end of the last record that was appended, whose line is in the file, and whose line is durable.
  std::uint64_t appended_seq() const noexcept { return writer_->ring.head(); }
  std::uint64_t written_seq() const noexcept { return writer_->written.load_acquire(); }
  std::uint64_t durable_seq() const noexcept { return writer_->durable.load_acquire(); }

  /// Has the record at `seq` synced and waits for that, at most `timeout`, any std::chrono duration.
  /// Errors: timeout; closed; out_of_range (`seq` was never appended); those of `status`.
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return writer_->wait_durable(seq, detail::duration_nanoseconds(timeout));
  }
  /// Waits until everything appended so far is durable.
  result<void> flush() { return writer_->wait_durable(appended_seq(), std::uint64_t{1} << 61); }
  /// Writes and syncs the rest and closes the file. A second call returns the same result.
  /// Precondition: no append runs.
  /// Errors: those of `status`, if records are not durable; the file's own on closing; that of the echo.
  result<void> close() { return writer_->close(); }

  /// Continues in the file that is at the path now, and makes one if there is none; does nothing if that is the log's
  /// file already. Waits until that is done.
  /// Errors: why the new file cannot be used; the log then goes on with the one it has.
  result<void> reopen() { return writer_->reopen(); }
  /// Has the writer's thread do that when it next runs: within `max_delay_ms`, or within a second if it sleeps because
  /// no record came for half a second. It is one atomic addition, and the only member that a signal handler may call.
  void request_reopen() noexcept { writer_->request_reopen(); }

  /// True in a forked child, whose copy of the log refuses every record.
  bool is_forked_copy() const noexcept { return writer_->forked(); }

  line_log_statistics statistics() const noexcept { return writer_->statistics(); }
  /// What `open` had to cut off the file's end.
  const tail_repair& repaired() const noexcept { return writer_->repaired(); }
  const std::string& path() const noexcept { return writer_->path(); }

 private:
  explicit basic_line_log(writer* owned) noexcept : writer_(owned) {}

  writer* writer_;
};

/// Lines of text. Each append is one line and must not contain a newline; a NUL byte in it is written as `\0`.
using line_log = basic_line_log<plain_lines>;

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_HPP
