#ifndef MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
#define MILLRACE_STORE_DETAIL_LINE_WRITER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/torn_tail.hpp>
#include <millrace/store/detail/worker.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// A line log's other side: the thread that turns records into lines, writes them in groups and
/// syncs them, and what it shares with the producers.
template <class Format, class Producers, class FileSystem>
class line_writer {
 public:
  static constexpr std::uint32_t failed = 1;  // the disk refuses: producers are told, not kept waiting
  static constexpr std::uint32_t asleep = 2;  // nothing came for long: the next record wakes the thread
  static constexpr std::uint32_t closed = 4;

  line_writer(std::string path, const line_log_options& options, Format lines, FileSystem fs, int fd,
              tail_repair repaired)
      : format(std::move(lines)),
        ring(options.ring_bytes),
        path_(std::move(path)),
        options_(options),
        repaired_(repaired),
        fs_(std::move(fs)),
        fd_(fd),
        size_(repaired.offset),
        formatting_failed_(errc::unavailable, "cannot make lines for \"" + path_ + "\": out of memory") {
    text_.reserve(2 * group_bytes);
  }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;
  ~line_writer() {
    if (fd_ >= 0) fs_.close(fd_);
  }

  int start() noexcept { return thread_.start(*this); }

  /// This process holds a forked copy, which has no thread and a lock that nobody will open.
  bool forked() const noexcept { return ::getpid() != owner_; }
  const std::string& path() const noexcept { return path_; }
  const tail_repair& repaired() const noexcept { return repaired_; }

  result<void> status() const {
    if (forked()) return forked_error();
    if ((attention.load(std::memory_order_acquire) & (failed | closed)) == 0) return {};
    const lock_guard held(mutex_);
    return status_;
  }

  /// Wakes the thread if it pauses; a miss costs one pause.
  void nudge() noexcept {
    if (pausing_.load(std::memory_order_relaxed)) wake();
  }
  void wake() noexcept {
    if (forked()) return;
    const lock_guard held(mutex_);
    woken_ = true;
    attention.fetch_and(~asleep, std::memory_order_relaxed);
    wake_.notify_all();
  }

  /// Waits a while for the thread to make room. False: it will not, because the disk refuses.
  bool await_room() noexcept {
    if (forked()) return false;
    const lock_guard held(mutex_);
    if ((attention.load(std::memory_order_relaxed) & (failed | closed)) != 0) return false;
    waiting_for_room_.store(true, std::memory_order_relaxed);
    woken_ = true;
    wake_.notify_all();
    progress_.wait_for(mutex_, 1'000'000);
    return true;
  }

  result<void> wait_durable(std::uint64_t seq, std::uint64_t nanoseconds) {
    if (durable.load(std::memory_order_acquire) >= seq) return {};
    if (forked()) return forked_error();
    if (seq > ring.head())
      return error(errc::out_of_range, "cannot wait for a record that was never appended to \"" + path_ + '"');
    const std::uint64_t until = read_clock(CLOCK_MONOTONIC) + nanoseconds;
    const lock_guard held(mutex_);
    if (wanted_.load(std::memory_order_relaxed) < seq) wanted_.store(seq, std::memory_order_relaxed);
    woken_ = true;
    wake_.notify_all();
    for (;;) {
      if (durable.load(std::memory_order_acquire) >= seq) return {};
      if (!status_) return status_;
      if (ended_)
        return error(errc::closed, '"' + path_ + "\" was closed before the record was durable");
      if (read_clock(CLOCK_MONOTONIC) >= until)
        return error(errc::timeout, "a record of \"" + path_ + "\" is not durable yet");
      progress_.wait_until(mutex_, until);
    }
  }

  /// Writes and syncs what there is, ends the thread, closes the file.
  result<void> close() {
    if (fd_ < 0) return status_;
    if (forked()) {
      thread_.forget();
      fs_.close(std::exchange(fd_, -1));
      return {};
    }
    {
      const lock_guard held(mutex_);
      attention.fetch_or(closed, std::memory_order_relaxed);
      stopping_ = woken_ = true;
      wake_.notify_all();
    }
    thread_.join();
    count_unwritten();
    const lock_guard held(mutex_);
    ended_ = true;
    progress_.notify_all();
    const bool closes = fs_.close(std::exchange(fd_, -1)) == 0 || errno == EINTR;
    if (!status_)
      status_ = std::move(status_).error().wrap('"' + path_ + "\" is closed with records that are not durable");
    else if (!closes)
      status_ = system_error(errno, "close", path_);
    else if (echo_failed_ != 0)
      status_ = system_error(echo_failed_, "echo what is complete in", path_);
    return status_;
  }

  line_log_statistics statistics() const noexcept {
    return {bytes_.load(std::memory_order_relaxed), groups_.load(std::memory_order_relaxed),
            syncs_.load(std::memory_order_relaxed), lost_.load(std::memory_order_relaxed)};
  }

  /// The thread.
  void run() noexcept {
    std::uint64_t synced_at = read_clock(CLOCK_MONOTONIC);
    unsigned idle = 0;
    for (;;) {
      const bool stopping = is_stopping();  // asked first: what was appended before it is still drained
      const bool moved = !broken_ && step(stopping, synced_at);
      if (stopping && (!moved || (attention.load(std::memory_order_relaxed) & failed) != 0)) return;
      if (moved) {
        if (idle > idle_rounds) attention.fetch_and(~asleep, std::memory_order_relaxed);
        idle = 0;
      } else {
        pause(++idle, synced_at);
      }
    }
  }

  Format format;
  record_ring<Producers> ring;
  alignas(64) std::atomic<std::uint32_t> attention{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> durable{0};

 private:
  static constexpr std::size_t group_bytes = std::size_t{1} << 18;
  static constexpr std::uint64_t retry_after = 20'000'000;
  static constexpr std::uint64_t millisecond = 1'000'000;

  error forked_error() const {
    return error(errc::unavailable, "a forked copy of \"" + path_ + "\" cannot be used: open the log after fork()");
  }
  bool is_stopping() noexcept {
    const lock_guard held(mutex_);
    return stopping_;
  }

  /// Drains, writes and syncs what is due. Whether there was anything to do.
  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    const bool retry = !text_.empty();
    if (!retry) gather();
    if (waiting_for_room_.load(std::memory_order_relaxed)) {
      const lock_guard held(mutex_);
      waiting_for_room_.store(false, std::memory_order_relaxed);
      progress_.notify_all();
    }
    const bool moved = !text_.empty();
    if ((moved && !write_group()) || broken_) return false;
    written.store(gathered_, std::memory_order_release);
    if (durable.load(std::memory_order_relaxed) != gathered_) {
      const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
      if (stopping || options_.sync == sync_policy::every_group || due(now, synced_at)) {
        synced_at = now;
        if (!sync_file()) return false;
      }
    }
    return moved;
  }
  bool due(std::uint64_t now, std::uint64_t synced_at) const noexcept {
    return wanted_.load(std::memory_order_relaxed) > durable.load(std::memory_order_relaxed) ||
           (options_.sync == sync_policy::interval && now - synced_at >= options_.sync_interval_ms * millisecond);
  }

  /// Turns waiting records into lines, up to a group's worth.
  void gather() noexcept {
    const auto make_lines = [&](auto&& make) noexcept {
      const std::size_t whole = text_.size();
      try {
        make();
        return true;
      } catch (...) {
        text_.resize(whole);
        broken_ = true;
        fail(std::move(formatting_failed_));
        return false;
      }
    };
    const std::uint64_t reached = ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t lost) noexcept {
      return make_lines([&] {
               if (lost != 0) add_lost(lost);
               format.line(text_, data, size);
             }) &&
             text_.size() < group_bytes;
    });
    if (text_.empty()) {
      if (const std::uint32_t lost = ring.take_lost(); lost != 0) make_lines([&] { add_lost(lost); });
    }
    if (!broken_) gathered_ = reached;  // else a record is missing, and the watermark stays before it
    if (text_.empty()) return;
    if constexpr (requires { format.end_group(text_, true); })
      make_lines([&] { format.end_group(text_, reached == ring.head()); });
    if (options_.echo != nullptr && echo_failed_ == 0) {
      if (std::fwrite(text_.data(), 1, text_.size(), options_.echo) != text_.size() || std::fflush(options_.echo) != 0)
        echo_failed_ = errno;
    }
  }
  /// After the thread's end: counts as lost the lines that the disk refused, and the records that never became one.
  void count_unwritten() noexcept {
    auto lost = static_cast<std::uint64_t>(std::count(text_.begin(), text_.end(), '\n'));
    ring.drain([&](const std::byte*, std::size_t, std::uint32_t lost_before) noexcept {
      lost += std::uint64_t{lost_before} + 1;
      return true;
    });
    lost_.fetch_add(lost + ring.take_lost(), std::memory_order_relaxed);
  }
  void add_lost(std::uint32_t lost) {
    lost_.fetch_add(lost, std::memory_order_relaxed);
    format.lost(text_, lost);
  }

  /// Writes the group; after a refusal, cuts off what stands of a line and keeps the rest of the
  /// group for the next try.
  bool write_group() noexcept {
    if (torn_) {
      if (fs_.truncate(fd_, size_) != 0) return refuse(errno, "cut a torn line off");
      torn_ = false;
    }
    std::size_t done = 0;
    while (done < text_.size()) {
      const std::ptrdiff_t now = fs_.write(fd_, text_.data() + done, text_.size() - done);
      if (now > 0) {
        done += static_cast<std::size_t>(now);
        continue;
      }
      const int why = now == 0 ? EIO : errno;
      if (why == EINTR) continue;
      const std::size_t lines = done == 0 ? 0 : text_.rfind('\n', done - 1) + 1;
      advance(lines);
      if (lines != done) torn_ = fs_.truncate(fd_, size_) != 0;
      return refuse(why, "write");
    }
    advance(done);
    groups_.fetch_add(1, std::memory_order_relaxed);
    if (!broken_ && (attention.load(std::memory_order_relaxed) & failed) != 0) recover();
    return true;
  }
  void advance(std::size_t lines) noexcept {
    size_ += lines;
    bytes_.fetch_add(lines, std::memory_order_relaxed);
    text_.erase(0, lines);
  }

  bool sync_file() noexcept {
    while (fs_.sync_data(fd_) != 0) {
      if (errno == EINTR) continue;
      // The kernel may have dropped what it could not write: a later success would prove nothing.
      broken_ = true;
      return refuse(errno, "sync");
    }
    syncs_.fetch_add(1, std::memory_order_relaxed);
    const lock_guard held(mutex_);
    durable.store(gathered_, std::memory_order_release);
    progress_.notify_all();
    return true;
  }

  /// A full disk may have room later; anything else stays broken.
  bool refuse(int why, const char* what) noexcept {
    if (why != ENOSPC && why != EDQUOT) broken_ = true;
    try {
      fail(system_error(why, what, path_));
    } catch (...) {
      // Out of memory for the words: the earlier ones stand, or these.
      broken_ = true;
      if ((attention.load(std::memory_order_relaxed) & failed) == 0) fail(std::move(formatting_failed_));
    }
    return false;
  }
  void fail(error why) noexcept {
    const lock_guard held(mutex_);
    status_ = std::move(why);
    attention.fetch_or(failed, std::memory_order_release);
    progress_.notify_all();
  }
  void recover() noexcept {
    const lock_guard held(mutex_);
    status_ = {};
    attention.fetch_and(~failed, std::memory_order_release);
  }

  void pause(unsigned idle, std::uint64_t synced_at) noexcept {
    std::uint64_t time = (std::max)(std::uint64_t{options_.max_delay_ms}, std::uint64_t{1}) * millisecond;
    const std::uint32_t state = attention.load(std::memory_order_relaxed);
    const bool unsynced = durable.load(std::memory_order_relaxed) != gathered_;
    if (broken_) {
      time = 1000 * millisecond;
    } else if ((state & failed) != 0) {
      time = retry_after;
    } else if (unsynced && options_.sync == sync_policy::interval) {
      const std::uint64_t interval = options_.sync_interval_ms * millisecond;
      const std::uint64_t since = read_clock(CLOCK_MONOTONIC) - synced_at;
      time = (std::min)(time, since < interval ? interval - since : 1);
    } else if (idle > idle_rounds) {
      // The flag is long visible before the thread relies on it: one ordinary pause comes between.
      if ((state & asleep) != 0) time = 1000 * millisecond;
      attention.fetch_or(asleep, std::memory_order_relaxed);
    }
    const lock_guard held(mutex_);
    if (!woken_) {
      pausing_.store(true, std::memory_order_relaxed);
      wake_.wait_for(mutex_, time);
      pausing_.store(false, std::memory_order_relaxed);
    }
    woken_ = false;
  }
  static constexpr unsigned idle_rounds = 50;

  // The producers' and waiters' side.
  mutable mutex mutex_;
  condition wake_;
  mutable condition progress_;
  std::atomic<bool> pausing_{false};
  std::atomic<bool> waiting_for_room_{false};
  std::atomic<std::uint64_t> wanted_{0};  // somebody waits for this to be durable
  bool woken_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  result<void> status_;
  const pid_t owner_ = ::getpid();
  const std::string path_;
  const line_log_options options_;
  const tail_repair repaired_;

  // The thread's side.
  FileSystem fs_;
  int fd_;
  std::uint64_t size_;  // of the file, up to the end of its last whole line
  std::string text_;    // lines not yet in the file
  std::uint64_t gathered_ = 0;
  bool torn_ = false;
  bool broken_ = false;
  int echo_failed_ = 0;
  error formatting_failed_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> groups_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> lost_{0};
  worker_thread thread_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
