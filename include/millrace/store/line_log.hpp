#ifndef MILLRACE_STORE_LINE_LOG_HPP
#define MILLRACE_STORE_LINE_LOG_HPP

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

/// How a log's records become lines. `line` and `dropped` append whole lines, newline included, on the
/// writer's thread; `is_line` knows a complete one (without its newline) from a torn one, and
/// `may_begin` whether bytes can be the torn beginning of a file of this kind. An optional
/// `end_group(out, bool caught_up)` is called before a group is written; caught up, no record waits.
template <class F>
concept line_format = std::movable<F> && requires(F& format, std::string& out, const std::byte* record,
                                                  std::size_t size, std::uint64_t count, std::string_view text) {
  format.line(out, record, size);
  format.dropped(out, count);
  { F::is_line(text) } noexcept -> std::same_as<bool>;
  { F::may_begin(text) } noexcept -> std::same_as<bool>;
};

/// Records are lines already.
struct plain_lines {
  void line(std::string& out, const std::byte* record, std::size_t size) {
    out.append(reinterpret_cast<const char*>(record), size);
    out += '\n';
  }
  void dropped(std::string& out, std::uint64_t count) { out += "... " + std::to_string(count) + " lines lost\n"; }
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
/// Fork: the child's copy refuses every record and says why, as it would of a full disk (an append returns 0 and is
/// counted, `healthy()` is false, status, flush and close return the error); the parent's goes on. The file's lock is
/// held until both have closed it.
/// Rotation: the writer looks, once a group, whether its file still stands at its path; `options.when_moved` says what
/// follows. So logrotate needs no signal, whichever way it rotates:
/// - `create` (rename, then a new file): lines go on into the renamed file until the new one is there.
/// - `nocreate` (rename alone): the same for a second; then the log makes the file.
/// - `copytruncate` (copy, then cut to nothing): the log goes on at the file's new beginning. What is written between
///   the copy and the cut is in neither, which no writer can help: prefer one of the above.
/// With `moved_policy::keep`, or to be sure of the moment, have `postrotate` send a signal, and the handler call
/// `request_reopen()`, or the program's own loop `reopen()`. A file that somebody deletes takes along what it held;
/// lines that the writer had not let go of yet go into the new one.
template <line_format Format, class Producers = exclusive, full_policy Full = block,
          file_system FileSystem = posix_file_system>
class basic_line_log {
  using writer = detail::line_writer<Format, Producers, FileSystem>;

 public:
  /// Opens or creates the file, locks it, repairs its end, starts the writer.
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
  /// Closes. What close() would have returned goes unheard here: call it to know.
  ~basic_line_log() {
    if (writer_ == nullptr) return;
    const bool forked = writer_->forked();
    (void)writer_->close();
    // A forked copy's conditions have waiters that will never leave: destroying them would hang.
    if (!forked) delete writer_;
  }

  /// False once moved from.
  explicit operator bool() const noexcept { return writer_ != nullptr; }

  /// Appends a record of `size` bytes that fill(std::byte*) writes. Returns its sequence number, a
  /// position that only grows; 0 when it was dropped or refused, or is larger than `max_record()`.
  /// About 5 ns; allocates and locks: never, while there is room.
  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::refuses_records) != 0) [[unlikely]]
      return refuse_record();
    ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    if (!slot) [[unlikely]] {
      slot = await_slot(size);
      if (!slot) return 0;
    }
    return fill_slot(slot, fill);
  }
  /// The same for a record that may as well be missing: never waits, and is not counted as dropped.
  template <class Fill>
  std::uint64_t try_append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::refuses_records) != 0) return 0;
    const ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    return slot ? fill_slot(slot, fill) : 0;
  }
  std::uint64_t append(std::string_view bytes) noexcept {
    return append(bytes.size(), [&](std::byte* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  }
  std::size_t max_record() const noexcept { return writer_->ring.max_size(); }

  /// False while the disk refuses. One load.
  bool healthy() const noexcept { return (writer_->attention.load(std::memory_order_relaxed) & writer::failed) == 0; }
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
  /// same result.
  result<void> close() { return writer_->close(); }

  /// Goes over to the file that stands at the path now, made where there is none; nothing happens while that is the one
  /// it has. Waits until that is done. Errors: why not; the log then goes on with the file it has.
  result<void> reopen() { return writer_->reopen(); }
  /// The same at the writer's next look, within `max_delay_ms`, or a second after half a second without records. One
  /// atomic addition: the only member that a signal handler may call.
  void request_reopen() noexcept { writer_->request_reopen(); }

  /// True in a forked child, whose copy refuses to work.
  bool is_forked_copy() const noexcept { return writer_->forked(); }

  line_log_statistics statistics() const noexcept { return writer_->statistics(); }
  /// What opening had to cut off.
  const tail_repair& repaired() const noexcept { return writer_->repaired(); }
  const std::string& path() const noexcept { return writer_->path(); }

 private:
  explicit basic_line_log(writer* owned) noexcept : writer_(owned) {}

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
    writer_->ring.drop();
    return {};
  }

  [[gnu::cold, gnu::noinline]] std::uint64_t refuse_record() noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::copied) != 0) writer_->ring.drop();
    return 0;
  }

  writer* writer_;
};

/// Lines of text. Each append is one line and must not contain a newline.
using line_log = basic_line_log<plain_lines>;

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_HPP
