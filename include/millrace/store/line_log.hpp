#ifndef MILLRACE_STORE_LINE_LOG_HPP
#define MILLRACE_STORE_LINE_LOG_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/detail/line_writer.hpp>
#include <millrace/store/detail/torn_tail.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// How a log's records become lines. `line` and `lost` append whole lines, newline included, on the
/// writer's thread; `is_line` knows a complete one (without its newline) from a torn one, and
/// `may_begin` whether bytes can be the torn beginning of a file of this kind. An optional
/// `end_group(out, bool caught_up)` is called before a group is written; caught up, no record waits.
template <class F>
concept line_format = std::movable<F> && requires(F& format, std::string& out, const std::byte* record,
                                                  std::size_t size, std::uint64_t count, std::string_view text) {
  format.line(out, record, size);
  format.lost(out, count);
  { F::is_line(text) } noexcept -> std::same_as<bool>;
  { F::may_begin(text) } noexcept -> std::same_as<bool>;
};

/// Records are lines already.
struct plain_lines {
  void line(std::string& out, const std::byte* record, std::size_t size) {
    out.append(reinterpret_cast<const char*>(record), size);
    out += '\n';
  }
  void lost(std::string& out, std::uint64_t count) { out += "... " + std::to_string(count) + " lines lost\n"; }
  static bool is_line(std::string_view text) noexcept { return text.find('\0') == std::string_view::npos; }
  static bool may_begin(std::string_view) noexcept { return true; }
};

/// An append-only file of lines. Producers put binary records into a ring; one writer thread turns
/// them into lines, writes them in groups and syncs the groups.
///
/// Guarantee: lines stand in the order of their records, whole. What is at or below `durable_seq()`
/// survives a crash of the process, and of the machine where the disk keeps what it syncs. Of what is
/// above it, a crash keeps a beginning, and at most the last line is torn. `open` cuts a torn end off
/// (the bytes go to `<path>.torn`) and goes on behind it; a file that is no such log it leaves alone.
/// Complexity: an append is a copy into the ring. Allocates: when opened, and on the writer's thread.
/// Threads: append: `Producers`; everything else but move and close: any.
/// Errors: what the disk refuses stands in `status()`, fails `wait_durable`, `flush` and `close`, and
/// makes appends that find no room fail under every policy. A full disk is tried again until there is
/// room; after any other failure the log is done, because a sync that failed proves nothing later.
/// Fork: the child's copy refuses to work and may only be destroyed; the parent's goes on. The file's
/// lock is held until both have closed it.
template <line_format Format, class Producers = exclusive, full_policy Full = block,
          file_system FileSystem = posix_file_system>
class basic_line_log {
  using writer = detail::line_writer<Format, Producers, FileSystem>;

 public:
  /// Opens or creates the file, locks it, repairs its end, starts the writer.
  static result<basic_line_log> open(std::string path, line_log_options options = {}, Format format = {},
                                     FileSystem fs = {}) {
    const int fd = fs.open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, options.permissions);
    if (fd < 0) return system_error(errno, "open", path);
    // From here on the writer's destructor closes the file.
    result<tail_repair> repaired = prepare(fs, fd, path, options);
    if (!repaired) {
      fs.close(fd);
      return std::move(repaired).error();
    }
    basic_line_log log(
        new writer(std::move(path), options, std::move(format), std::move(fs), fd, *repaired));
    if (const int why = log.writer_->start(); why != 0)
      return system_error(why, "start the writer of", log.writer_->path());
    return log;
  }

  basic_line_log(basic_line_log&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)) {}
  basic_line_log& operator=(basic_line_log other) noexcept {
    std::swap(writer_, other.writer_);
    return *this;
  }
  /// Closes. What close() would have answered is lost here: call it to know.
  ~basic_line_log() {
    if (writer_ == nullptr) return;
    const bool forked = writer_->forked();
    (void)writer_->close();
    // A forked copy's conditions have waiters that will never leave: destroying them would hang.
    if (!forked) delete writer_;
  }

  /// False once moved from.
  explicit operator bool() const noexcept { return writer_ != nullptr; }

  /// Appends a record of `size` bytes that fill(std::byte*) writes. Answers its sequence number, a
  /// position that only grows; 0 when it was dropped or refused, or is larger than `max_record()`.
  /// About 5 ns; allocates and locks: never, while there is room.
  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::closed) != 0) [[unlikely]] return 0;
    ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    if (!slot) [[unlikely]] {
      slot = await_slot(size);
      if (!slot) return 0;
    }
    return fill_slot(slot, fill);
  }
  /// The same for a record that may as well be missing: never waits, and is not counted as lost.
  template <class Fill>
  std::uint64_t try_append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::closed) != 0) return 0;
    const ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    return slot ? fill_slot(slot, fill) : 0;
  }
  std::uint64_t append(std::string_view bytes) noexcept {
    return append(bytes.size(), [&](std::byte* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  }
  std::size_t max_record() const noexcept { return writer_->ring.max_size(); }

  /// False while the disk refuses. One load.
  bool healthy() const noexcept {
    return (writer_->attention.load(std::memory_order_relaxed) & writer::failed) == 0;
  }
  /// What the disk refuses at the moment, or for good.
  result<void> status() const { return writer_->status(); }

  /// Positions in the sequence of records, in bytes of the ring: behind the last one appended, behind the last one
  /// whose line is in the file, behind the last one that is durable.
  std::uint64_t appended_seq() const noexcept { return writer_->ring.head(); }
  std::uint64_t written_seq() const noexcept { return writer_->written.load(std::memory_order_acquire); }
  std::uint64_t durable_seq() const noexcept { return writer_->durable.load(std::memory_order_acquire); }

  /// Has the group with this record synced, and waits for it: any std::chrono duration.
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return writer_->wait_durable(seq, detail::duration_nanoseconds(timeout));
  }
  /// Waits until everything appended so far is durable.
  result<void> flush() { return writer_->wait_durable(appended_seq(), std::uint64_t{1} << 61); }
  /// Writes and syncs the rest and closes the file. No append may run at the same time. Again: the
  /// same answer.
  result<void> close() { return writer_->close(); }

  line_log_statistics statistics() const noexcept { return writer_->statistics(); }
  /// What opening had to cut off.
  const tail_repair& repaired() const noexcept { return writer_->repaired(); }
  const std::string& path() const noexcept { return writer_->path(); }

 private:
  explicit basic_line_log(writer* owned) noexcept : writer_(owned) {}

  static result<tail_repair> prepare(FileSystem& fs, int fd, const std::string& path, const line_log_options& options) {
    if (options.lock && fs.lock(fd) != 0) {
      return errno == EWOULDBLOCK ? error(errc::unavailable, "cannot open \"" + path + "\": another log has it open")
                                  : system_error(errno, "lock", path);
    }
    result<tail_repair> repaired = detail::repair_tail<Format>(fs, fd, path);
    if (repaired && repaired->offset == 0 && fs.sync_directory_of(path.c_str()) != 0 && errno != EINVAL)
      return system_error(errno, "sync the folder of", path);
    return repaired;
  }

  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t fill_slot(const ring_slot& slot, Fill&& fill) noexcept {
    fill(slot.data);
    writer_->ring.commit(slot);
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::asleep) != 0) [[unlikely]]
      writer_->wake();
    return slot.end;
  }

  struct past_half {
    writer* to;
    void operator()() const noexcept { to->nudge(); }
  };

  [[gnu::cold, gnu::noinline]] ring_slot await_slot(std::size_t size) noexcept {
    if constexpr (Full::waits) {
      while (size <= max_record() && writer_->await_room()) {
        if (const ring_slot slot = writer_->ring.reserve(size, past_half{writer_})) return slot;
      }
    }
    writer_->ring.lose();
    return {};
  }

  writer* writer_;
};

/// Lines of text. Each append is one line and must not contain a newline.
using line_log = basic_line_log<plain_lines>;

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_HPP
