#ifndef MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
#define MILLRACE_STORE_DETAIL_LINE_WRITER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/fork_watch.hpp>
#include <millrace/store/detail/log_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The state of a line log, on the heap: the thread that turns records into lines, writes them in groups and syncs
/// them, and what the thread shares with the producers. A group is up to 256 KiB of lines, written in one go.
template <class Format, class Producers, class FileSystem>
class line_writer {
 public:
  // The bits of `attention`, the one word that every append loads:
  static constexpr std::uint32_t failed = 1;  // the disk refuses: an append that finds no room fails at once
  static constexpr std::uint32_t asleep = 2;  // no record came for long: the next one has to wake the thread
  static constexpr std::uint32_t closed = 4;
  static constexpr std::uint32_t copied = 8;  // this is a copy in a forked child, which has no thread
  static constexpr std::uint32_t refuses_records = closed | copied;

  line_writer(const line_log_options& options, Format lines, log_file<Format, FileSystem> file, tail_repair repaired)
      : format(std::move(lines)),
        ring(options.ring_bytes),
        options_(options),
        repaired_(repaired),
        file_(std::move(file)),
        no_memory_(errc::unavailable, "cannot make lines for \"" + path() + "\": out of memory") {
    text_.reserve(2 * group_bytes);
  }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Starts the thread. Returns errno's value, 0 on success.
  int start() noexcept { return thread_.start(*this); }

  /// Whether this is a copy in a forked child: it has no thread, and a mutex that may stay locked for ever.
  bool forked() const noexcept { return ::getpid() != owner_; }
  const std::string& path() const noexcept { return file_.path(); }
  const tail_repair& repaired() const noexcept { return repaired_; }

  result<void> status() const {
    if (forked()) return forked_error();
    if ((attention.load_acquire() & (failed | closed)) == 0) return {};
    const lock_guard held(mutex_);
    return status_;
  }

  /// Wakes the thread if it pauses. The check takes no lock; if it misses a pause that begins just now, the record
  /// waits for that pause to end.
  void nudge() noexcept {
    if (pausing_.load_relaxed()) wake();
  }
  void wake() noexcept {
    if (forked()) return;
    const lock_guard held(mutex_);
    woken_ = true;
    attention.keep_bits_relaxed(~asleep);
    wake_.notify_all();
  }

  /// Waits up to a millisecond for the thread to make room. Returns false if it will not, because the disk refuses.
  bool await_room() noexcept {
    if (forked()) return false;
    const lock_guard held(mutex_);
    if ((attention.load_relaxed() & (failed | closed)) != 0) return false;
    waiting_for_room_.store_relaxed(true);
    woken_ = true;
    wake_.notify_all();
    progress_.wait_for(mutex_, 1'000'000);
    return true;
  }

  result<void> wait_durable(std::uint64_t seq, std::uint64_t nanoseconds) {
    if ((attention.load_relaxed() & copied) == 0 && durable.load_acquire() >= seq) return {};
    if (forked()) return forked_error();
    if (seq > ring.head())
      return error(errc::out_of_range, "cannot wait for a record that was never appended to \"" + path() + '"');
    const std::uint64_t until = read_clock(CLOCK_MONOTONIC) + nanoseconds;
    const lock_guard held(mutex_);
    if (wanted_.load_relaxed() < seq) wanted_.store_relaxed(seq);
    woken_ = true;
    wake_.notify_all();
    for (;;) {
      if (durable.load_acquire() >= seq) return {};
      if (!status_) return status_;
      if (ended_) return error(errc::closed, '"' + path() + "\" was closed before the record was durable");
      if (read_clock(CLOCK_MONOTONIC) >= until)
        return error(errc::timeout, "a record of \"" + path() + "\" is not durable yet");
      progress_.wait_until(mutex_, until);
    }
  }

  /// Asks the thread to look at the path when it next runs. Returns the request's number. One atomic addition.
  std::uint64_t request_reopen() noexcept { return reopen_asked_.add_release(1) + 1; }
  /// Has the thread look at the path now, and returns what came of it.
  result<void> reopen() {
    if (forked()) return forked_error();
    const lock_guard held(mutex_);
    const std::uint64_t ticket = request_reopen();
    woken_ = true;
    wake_.notify_all();
    while (reopen_served_ < ticket) {
      if (ended_) return error(errc::closed, '"' + path() + "\" is closed");
      progress_.wait_for(mutex_, 100 * millisecond);
    }
    return reopened_ ? status_ : reopened_;
  }

  /// Has the thread write and sync what there is, ends it, closes the file.
  result<void> close() {
    if (forked()) return close_copy();
    if (ended_) return status_;
    {
      const lock_guard held(mutex_);
      attention.set_bits_relaxed(closed);
      stopping_ = woken_ = true;
      wake_.notify_all();
    }
    thread_.join();
    count_unwritten();
    const lock_guard held(mutex_);
    ended_ = true;
    progress_.notify_all();
    const refusal at_close = file_.close();
    if (!status_)
      status_ = std::move(status_).error().wrap('"' + path() + "\" is closed with records that are not durable");
    else if (at_close)
      status_ = system_error(at_close.why, at_close.what, path());
    else if (echo_failed_ != 0)
      status_ = system_error(echo_failed_, "echo what is complete in", path());
    return status_;
  }

  line_log_statistics statistics() const noexcept {
    return {bytes_.load_relaxed(), groups_.load_relaxed(), syncs_.load_relaxed(), dropped_.load_relaxed(),
            reopens_.load_relaxed()};
  }

  /// What the thread runs, until `close` stops it.
  void run() noexcept {
    std::uint64_t synced_at = read_clock(CLOCK_MONOTONIC);
    unsigned idle = 0;
    for (;;) {
      const bool stopping = is_stopping();  // read first, so that all records appended before are drained below
      if (reopen_asked_.load_acquire() != reopen_served_) serve_reopen();
      const bool moved = !broken_ && step(stopping, synced_at);
      if (stopping && (!moved || (attention.load_relaxed() & failed) != 0)) return;
      if (moved) {
        if (idle > idle_rounds) attention.keep_bits_relaxed(~asleep);
        idle = 0;
      } else {
        pause(++idle, synced_at);
      }
    }
  }

  Format format;
  record_ring<Producers> ring;
  alignas(64) light_atomic<std::uint32_t> attention{0};
  light_atomic<std::uint64_t> written{0};
  light_atomic<std::uint64_t> durable{0};

 private:
  static constexpr std::size_t group_bytes = std::size_t{1} << 18;
  // Times in nanoseconds.
  static constexpr std::uint64_t millisecond = 1'000'000;
  static constexpr std::uint64_t retry_after = 20 * millisecond;
  /// How long lines go on into a renamed file while nothing is at the path. After a rename whoever rotates the log
  /// mostly makes a new file; one made here before that would be in the way.
  static constexpr std::uint64_t create_after = 1000 * millisecond;
  static constexpr unsigned idle_rounds = 50;  // pauses without a record before the thread sleeps

  // ---- a forked copy

  error forked_error() const {
    return error(errc::unavailable, "a forked copy of \"" + path() + "\" cannot be used: open the log after fork()");
  }
  /// Runs in the child before fork() returns. From then on the copy refuses, as on a full disk, and counts dropped
  /// records from 0.
  static void refuse_in_child(void* self) noexcept {
    auto& copy = *static_cast<line_writer*>(self);
    copy.attention.set_bits_relaxed(failed | copied);
    (void)copy.ring.take_dropped();
    copy.dropped_.store_relaxed(0);
  }
  result<void> close_copy() {
    thread_.forget();
    (void)file_.close();
    dropped_.add_relaxed(ring.take_dropped());
    return forked_error();
  }

  // ---- records to lines

  bool is_stopping() noexcept {
    const lock_guard held(mutex_);
    return stopping_;
  }

  /// Turns records into lines, writes and syncs what is due. Returns whether it wrote anything.
  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    if (adrift_ && !settle()) return false;
    const bool retry = !text_.empty();
    if (!retry) gather();
    if (waiting_for_room_.load_relaxed()) {
      const lock_guard held(mutex_);
      waiting_for_room_.store_relaxed(false);
      progress_.notify_all();
    }
    const bool moved = !text_.empty();
    if ((moved && !write_group()) || broken_) return false;
    written.store_release(gathered_);
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    const bool syncs = durable.load_relaxed() != gathered_ &&
                       (stopping || options_.sync == sync_policy::every_group || due(now, synced_at));
    if (!moved && (syncs || stopping) && options_.when_moved == moved_policy::refuse) look();
    if (adrift_ && !settle()) return false;
    if (syncs) {
      synced_at = now;
      if (!sync_file()) return false;
    }
    return moved;
  }
  /// Whether it is time to sync: somebody waits for it, or the interval is over.
  bool due(std::uint64_t now, std::uint64_t synced_at) const noexcept {
    return wanted_.load_relaxed() > durable.load_relaxed() ||
           (options_.sync == sync_policy::interval && now - synced_at >= options_.sync_interval_ms * millisecond);
  }

  /// Turns waiting records into lines, up to a group of them. gathered_ is then the position behind the last such
  /// record. One for whose lines there is no memory is dropped, which the text says if there is room for that.
  void gather() noexcept {
    bool in_memory = true;
    const auto make_lines = [&](auto&& make) noexcept {
      const std::size_t whole = text_.size();
      try {
        make();
        return true;
      } catch (...) {
        text_.resize(whole);
        return in_memory = false;
      }
    };
    const std::uint64_t reached =
        ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t dropped) noexcept {
          const bool made = make_lines([&] {
            if (dropped != 0) format.dropped(text_, dropped);
            format.line(text_, data, size);
          });
          // A record that became no line has left the ring: it is dropped, too.
          const std::uint64_t missing = std::uint64_t{dropped} + (made ? 0 : 1);
          if (missing != 0) dropped_.add_relaxed(missing);
          if (!made) make_lines([&] { format.dropped(text_, missing); });
          return made && text_.size() < group_bytes;
        });
    if (text_.empty()) {
      if (const std::uint32_t dropped = ring.take_dropped(); dropped != 0) {
        dropped_.add_relaxed(dropped);
        make_lines([&] { format.dropped(text_, dropped); });
      }
    }
    if constexpr (requires { format.end_group(text_, true); })
      if (!text_.empty()) make_lines([&] { format.end_group(text_, reached == ring.head()); });
    if (!in_memory) out_of_memory();    // whoever hears of it then finds the record counted
    if (!broken_) gathered_ = reached;  // else a record is missing, and `written` and `durable` stay before it
    if (text_.empty()) return;
    if (options_.echo != nullptr && echo_failed_ == 0) {
      if (std::fwrite(text_.data(), 1, text_.size(), options_.echo) != text_.size() || std::fflush(options_.echo) != 0)
        echo_failed_ = errno;
    }
  }
  /// After the thread's end: counts as dropped the lines that the disk refused and the records that did not become
  /// lines.
  void count_unwritten() noexcept {
    std::uint64_t dropped = 0;
    for (const char c : text_) dropped += c == '\n' ? 1 : 0;
    ring.drain([&](const std::byte*, std::size_t, std::uint32_t dropped_before) noexcept {
      dropped += std::uint64_t{dropped_before} + 1;
      return true;
    });
    dropped_.add_relaxed(dropped + ring.take_dropped());
  }

  // ---- lines to the disk

  /// Writes the group; after a refusal it keeps the lines that are not whole in the file for the next try. It checks
  /// where the file is before it forgets the lines, so that those written to a deleted file go into the next one.
  bool write_group() noexcept {
    for (;;) {
      const auto [bytes, no] = file_.append(text_);
      if (look() == file_place::deleted) {
        if (!settle()) return false;
        continue;
      }
      bytes_.add_relaxed(bytes);
      text_.erase(0, bytes);
      if (no) return refuse(no);
      groups_.add_relaxed(1);
      if (!broken_) recover();
      return true;
    }
  }

  bool sync_file() noexcept {
    if (const refusal no = file_.sync()) {
      // The kernel may have dropped what it could not write: a later success would prove nothing.
      broken_ = true;
      return refuse(no);
    }
    syncs_.add_relaxed(1);
    const lock_guard held(mutex_);
    durable.store_release(written.load_relaxed());
    progress_.notify_all();
    return true;
  }

  /// Notes a refusal. A full disk may have room later; after anything else the log stays broken. Returns false.
  bool refuse(refusal no) noexcept {
    if (no.why != ENOSPC && no.why != EDQUOT) broken_ = true;
    return tell([&] { return system_error(no.why, no.what, path()); });
  }
  /// Makes an error and sets it as the log's status. Returns false.
  template <class MakeError>
  bool tell(MakeError&& make) noexcept {
    try {
      fail(make());
    } catch (...) {
      out_of_memory();
    }
    return false;
  }
  /// Breaks the log for good. An error that was there before stays; else the status is an error made beforehand, since
  /// there is no memory for a new one.
  void out_of_memory() noexcept {
    broken_ = true;
    if ((attention.load_relaxed() & failed) == 0) fail(std::move(no_memory_));
  }
  void fail(error why) noexcept {
    const lock_guard held(mutex_);
    status_ = std::move(why);
    attention.set_bits_release(failed);
    progress_.notify_all();
  }
  void recover() noexcept {
    if ((attention.load_relaxed() & failed) == 0) return;
    const lock_guard held(mutex_);
    status_ = {};
    attention.keep_bits_release(~failed);
  }

  // ---- where the file is

  /// Checks whether the file is still at its path, unless the policy is `keep`.
  file_place look() noexcept {
    const file_place place = options_.when_moved == moved_policy::keep ? file_place::here : file_.place();
    adrift_ = place != file_place::here;
    return place;
  }

  /// Does what the policy says about a file that is not at its path. Returns whether lines can be written.
  bool settle() noexcept {
    const file_place place = look();
    if (!adrift_) {
      renamed_at_ = 0;
      if (text_.empty()) recover();
      return true;
    }
    if (options_.when_moved == moved_policy::refuse) {
      return tell([&] {
        return error(errc::not_found, "cannot go on in \"" + path() + "\": the file was " +
                                          (place == file_place::deleted ? "deleted" : "renamed or replaced") +
                                          " while the log had it open");
      });
    }
    if (place == file_place::renamed) {
      const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
      if (renamed_at_ == 0) renamed_at_ = now;
      if (now - renamed_at_ < create_after) return true;
    }
    crossing over = go_over(place);
    if (!over.refused) fail(std::move(over.refused).error());
    return over.done;
  }

  /// Whether the log changed to another file and, if it did not and the status does not say why yet, the error.
  struct crossing {
    bool done = false;
    result<void> refused;
  };
  /// Continues in the file that is at the path now, after it has synced what was written to the one before, if that was
  /// not deleted.
  crossing go_over(file_place place) noexcept {
    try {
      const bool unsynced = durable.load_relaxed() != written.load_relaxed();
      if (place != file_place::deleted && unsynced && !sync_file()) return {};
      if (result<tail_repair> opened = file_.open(); !opened) return {false, std::move(opened).error()};
    } catch (...) {
      out_of_memory();
      return {};
    }
    adrift_ = false;
    renamed_at_ = 0;
    reopens_.add_relaxed(1);
    recover();
    return {true, {}};
  }

  /// Does what `reopen` and `request_reopen` asked for.
  void serve_reopen() noexcept {
    const std::uint64_t asked = reopen_asked_.load_acquire();
    crossing over;
    if (!broken_)
      if (const file_place place = file_.place(); place != file_place::here) over = go_over(place);
    const lock_guard held(mutex_);
    reopened_ = std::move(over.refused);
    reopen_served_ = asked;
    progress_.notify_all();
  }

  // ---- waiting

  /// Waits for the next round: `max_delay_ms`, or less if a sync is due before, or more if the disk refuses or no
  /// record has come for long.
  void pause(unsigned idle, std::uint64_t synced_at) noexcept {
    std::uint64_t time = (options_.max_delay_ms == 0 ? 1 : options_.max_delay_ms) * millisecond;
    const std::uint32_t state = attention.load_relaxed();
    const bool unsynced = durable.load_relaxed() != gathered_;
    if (broken_) {
      time = 1000 * millisecond;
    } else if ((state & failed) != 0) {
      time = retry_after;
    } else if (unsynced && options_.sync == sync_policy::interval) {
      const std::uint64_t interval = options_.sync_interval_ms * millisecond;
      const std::uint64_t since = read_clock(CLOCK_MONOTONIC) - synced_at;
      const std::uint64_t left = since < interval ? interval - since : 1;
      if (left < time) time = left;
    } else if (idle > idle_rounds) {
      // Producers see the flag `asleep` before the thread relies on it, because one ordinary pause comes in between.
      if ((state & asleep) != 0) time = 1000 * millisecond;
      attention.set_bits_relaxed(asleep);
    }
    const lock_guard held(mutex_);
    if (!woken_) {
      pausing_.store_relaxed(true);
      wake_.wait_for(mutex_, time);
      pausing_.store_relaxed(false);
    }
    woken_ = false;
  }

  // What producers and waiting threads use, too.
  mutable mutex mutex_;
  condition wake_;
  mutable condition progress_;
  light_atomic<bool> pausing_{false};
  light_atomic<bool> waiting_for_room_{false};
  light_atomic<std::uint64_t> wanted_{0};        // the furthest position that somebody waits for to be durable
  light_atomic<std::uint64_t> reopen_asked_{0};  // requests to open the file anew
  std::uint64_t reopen_served_ = 0;              // how many of those requests the thread has served
  result<void> reopened_;                        // the result of the last
  bool woken_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  result<void> status_;
  const pid_t owner_ = ::getpid();
  const line_log_options options_;
  const tail_repair repaired_;

  // What only the thread uses, the counters apart.
  log_file<Format, FileSystem> file_;
  std::string text_;              // lines not yet in the file
  std::uint64_t gathered_ = 0;    // the position behind the last record that became a line
  bool broken_ = false;           // a failure that is final
  bool adrift_ = false;           // the file is not at its path
  std::uint64_t renamed_at_ = 0;  // since when it is renamed and nothing is at its path
  int echo_failed_ = 0;
  error no_memory_;  // made beforehand, for when there is no memory left
  light_atomic<std::uint64_t> bytes_{0};
  light_atomic<std::uint64_t> groups_{0};
  light_atomic<std::uint64_t> syncs_{0};
  light_atomic<std::uint64_t> dropped_{0};
  light_atomic<std::uint64_t> reopens_{0};
  worker_thread thread_;
  const fork_watch watch_{this, refuse_in_child};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
