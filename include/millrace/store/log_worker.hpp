#ifndef MILLRACE_STORE_LOG_WORKER_HPP
#define MILLRACE_STORE_LOG_WORKER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// When a log's thread writes and syncs, and how large the queue in front of it is: the options of these names that
/// every kind of log has (store/line_log_options.hpp).
struct log_schedule {
  sync_policy sync = sync_policy::interval;
  std::uint32_t sync_interval_ms = 100;
  std::uint32_t max_delay_ms = 10;
  std::size_t ring_bytes = std::size_t{1} << 20;
  diagnostics_ref diagnostics = {};
};

/// What every log with a thread of its own is built on: the ring in front of the thread, the word that tells producers
/// to stop, waking and sleeping, the watermarks and those who wait for them, the error with which the disk refuses, and
/// what becomes of a copy in a forked child. `Log` derives from it, stands on the heap, and has, for the thread:
/// - `step(stopping, synced_at)`: drains the ring, writes and syncs what is due; whether it wrote anything
/// - `serve()`: does what somebody asked of the thread, once a round
/// - `path()`, for messages; `close_file()`, at the end; `count_unwritten()`: how many records found no place
///
/// Guarantee: `step`, `serve` and `close_file` run on the thread, or after its end, and with no lock held.
/// Threads: append as `Producers` says; all else that is public, from any.
template <class Log, class Producers>
class log_worker {
 public:
  // The bits of `attention`, the one word that every append loads:
  static constexpr std::uint32_t failed = 1;  // the disk refuses: an append that finds no room fails at once
  static constexpr std::uint32_t asleep = 2;  // no record came for long: the next one has to wake the thread
  static constexpr std::uint32_t closed = 4;
  static constexpr std::uint32_t copied = 8;  // this is a copy in a forked child, which has no thread
  static constexpr std::uint32_t refuses_records = closed | copied;

  log_worker(const log_worker&) = delete;
  log_worker& operator=(const log_worker&) = delete;

  /// Starts the thread. Returns errno's value, 0 on success.
  int start() noexcept { return thread_.start(*this); }

  /// Whether this is a copy in a forked child: it has no thread, and a mutex that may stay locked for ever.
  bool forked() const noexcept { return ::getpid() != owner_; }
  /// False while the disk refuses, and in a forked copy. Complexity: one load.
  bool healthy() const noexcept { return (attention.load_relaxed() & failed) == 0; }

  /// Appends a record of `size` bytes that fill(ring_slot) writes, under the policy `Full`. Returns its position, 0 if
  /// it was dropped or refused.
  template <class Full, class Fill>
  [[gnu::always_inline]] inline std::uint64_t append(std::size_t size, Fill&& fill) noexcept {
    if ((attention.load_relaxed() & refuses_records) != 0) [[unlikely]]
      return refuse_record();
    ring_slot slot = ring.reserve(size, past_half{this});
    if (!slot) [[unlikely]] {
      slot = await_slot<Full>(size);
      if (!slot) return 0;
    }
    return fill_slot(slot, fill);
  }
  /// Appends a record that need not be in the log: never waits, and does not count it as dropped if there is no room.
  template <class Fill>
  std::uint64_t try_append(std::size_t size, Fill&& fill) noexcept {
    if ((attention.load_relaxed() & refuses_records) != 0) return 0;
    const ring_slot slot = ring.reserve(size, past_half{this});
    return slot ? fill_slot(slot, fill) : 0;
  }

  result<void> status() const {
    if (forked()) return forked_error();
    if ((attention.load_acquire() & (failed | closed)) == 0) return {};
    const detail::lock_guard held(mutex_);
    return status_;
  }

  void wake() noexcept {
    if (forked()) return;
    const detail::lock_guard held(mutex_);
    attention.keep_bits_relaxed(~asleep);
    wake_held();
  }

  /// Has the record at `seq` synced and waits for that.
  result<void> wait_durable(std::uint64_t seq, std::uint64_t nanoseconds) {
    if ((attention.load_relaxed() & copied) == 0 && durable.load_acquire() >= seq) return {};
    if (forked()) return forked_error();
    if (seq > ring.head())
      return error(errc::out_of_range, "cannot wait for a record that was never appended to \"" + self().path() + '"');
    const std::uint64_t until = steady_clock().ticks() + nanoseconds;
    const detail::lock_guard held(mutex_);
    if (wanted_.load_relaxed() < seq) wanted_.store_relaxed(seq);
    wake_held();
    for (;;) {
      if (durable.load_acquire() >= seq) return {};
      if (!status_) return status_;
      if (ended_) return error(errc::closed, '"' + self().path() + "\" was closed before the record was durable");
      if (steady_clock().ticks() >= until)
        return error(errc::timeout, "a record of \"" + self().path() + "\" is not durable yet");
      progress_.wait_until(mutex_, until);
    }
  }

  /// Has the thread write and sync what there is, ends it, closes the file. A second call returns the same result.
  result<void> close() {
    if (forked()) {
      thread_.forget();
      (void)self().close_file();
      dropped_.add_relaxed(ring.take_dropped());
      return forked_error();
    }
    if (ended_) return status_;
    {
      const detail::lock_guard held(mutex_);
      attention.set_bits_relaxed(closed);
      stopping_ = true;
      wake_held();
    }
    thread_.join();
    dropped_.add_relaxed(self().count_unwritten());
    result<void> at_close = self().close_file();
    const detail::lock_guard held(mutex_);
    ended_ = true;
    progress_.notify_all();
    if (!status_)
      status_ = std::move(status_).error().wrap('"' + self().path() + "\" is closed with records that are not durable");
    else
      status_ = std::move(at_close);
    return status_;
  }

  /// What the thread runs, until `close` stops it.
  void run() noexcept {
    std::uint64_t synced_at = steady_clock().ticks();
    unsigned idle = 0;
    for (;;) {
      const bool stopping = is_stopping();  // read first, so that all records appended before are drained below
      self().serve();
      const bool moved = !broken_ && self().step(stopping, synced_at);
      if (stopping && (!moved || (attention.load_relaxed() & failed) != 0)) return;
      if (moved) {
        if (idle > idle_rounds) attention.keep_bits_relaxed(~asleep);
        idle = 0;
      } else {
        pause(++idle, synced_at);
      }
    }
  }

  record_ring<Producers> ring;
  alignas(64) detail::light_atomic<std::uint32_t> attention{0};
  detail::light_atomic<std::uint64_t> written{0};
  detail::light_atomic<std::uint64_t> durable{0};

 protected:
  // Times in nanoseconds.
  static constexpr std::uint64_t millisecond = 1'000'000;

  /// `no_memory` is the error for when there is no memory left to make one.
  log_worker(const log_schedule& schedule, error no_memory)
      : ring(schedule.ring_bytes), schedule_(schedule), no_memory_(std::move(no_memory)) {}
  ~log_worker() = default;

  error forked_error() const {
    return error(errc::unavailable,
                 "a forked copy of \"" + self().path() + "\" cannot be used: open the log after fork()");
  }

  /// Wakes the thread, with the mutex held.
  void wake_held() noexcept {
    woken_ = true;
    wake_.notify_all();
  }

  // ---- for the thread's `step`

  /// Lets those who wait for room look again, after some was made.
  void tell_room() noexcept {
    if (!waiting_for_room_.load_relaxed()) return;
    const detail::lock_guard held(mutex_);
    waiting_for_room_.store_relaxed(false);
    progress_.notify_all();
  }
  /// Whether what was written has to be synced now: the thread stops, somebody waits, or the policy says so.
  bool sync_due(bool stopping, std::uint64_t now, std::uint64_t synced_at) const noexcept {
    return durable.load_relaxed() != gathered_ &&
           (stopping || schedule_.sync == sync_policy::every_group || wanted_.load_relaxed() > durable.load_relaxed() ||
            (schedule_.sync == sync_policy::interval && now - synced_at >= schedule_.sync_interval_ms * millisecond));
  }
  /// Moves the durable watermark to what was written.
  void note_synced() noexcept {
    syncs_.add_relaxed(1);
    const detail::lock_guard held(mutex_);
    durable.store_release(written.load_relaxed());
    progress_.notify_all();
  }
  /// After the thread's end: takes what is left in the ring, and returns how many records that and those dropped are.
  std::uint64_t count_left() noexcept {
    std::uint64_t left = 0;
    ring.drain([&](const std::byte*, std::size_t, std::uint32_t dropped_before) noexcept {
      left += std::uint64_t{dropped_before} + 1;
      return true;
    });
    return left + ring.take_dropped();
  }

  // ---- the disk refuses

  /// The error for a file of the log's that is no longer at its path.
  static error moved_error(const std::string& path, file_place place) {
    return error(errc::not_found, "cannot go on in \"" + path + "\": the file was " +
                                      (place == file_place::deleted ? "deleted" : "renamed or replaced") +
                                      " while the log had it open");
  }
  /// Notes a refusal. A full disk may have room later; after anything else the log stays broken. Returns false.
  bool refuse(refusal no) noexcept {
    if (no.why != ENOSPC && no.why != EDQUOT) broken_ = true;
    return tell([&] { return system_error(no.why, no.what, self().path()); });
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
    const errc code = why.code();
    {
      const detail::lock_guard held(mutex_);
      status_ = std::move(why);
      attention.set_bits_release(failed);
      progress_.notify_all();
    }
    if (told_ == code) return;
    told_ = code;
    report(severity::error, "the disk refuses");
  }
  void recover() noexcept {
    if ((attention.load_relaxed() & failed) == 0) return;
    {
      const detail::lock_guard held(mutex_);
      status_ = {};
      attention.keep_bits_release(~failed);
    }
    told_ = {};
    report(severity::info, "the disk takes records again");
  }
  /// Tells the program's sink. Called without the lock; the thread alone changes the status.
  void report(severity level, std::string_view message) const noexcept {
    if (!schedule_.diagnostics) return;
    const diagnostic_field fields[] = {{"path", self().path()}, {"dropped", dropped_.load_relaxed()}};
    schedule_.diagnostics.report({level, "log", message, status_ ? nullptr : &status_.error(), fields});
  }

  // What producers and waiting threads use, too.
  mutable detail::mutex mutex_;
  mutable detail::condition progress_;
  bool ended_ = false;
  result<void> status_;

  // What only the thread uses, the counters apart.
  std::uint64_t gathered_ = 0;  // the position behind the last record that was taken from the ring
  bool broken_ = false;         // a failure that is final
  errc told_{};                 // why the disk refuses, as the program's sink was told last
  detail::light_atomic<std::uint64_t> syncs_{0};
  detail::light_atomic<std::uint64_t> dropped_{0};

 private:
  static constexpr std::uint64_t retry_after = 20 * millisecond;
  static constexpr unsigned idle_rounds = 50;  // pauses without a record before the thread sleeps

  Log& self() noexcept { return static_cast<Log&>(*this); }
  const Log& self() const noexcept { return static_cast<const Log&>(*this); }

  /// Runs in the child before fork() returns. From then on the copy refuses, as on a full disk, and counts dropped
  /// records from 0.
  static void refuse_in_child(void* object) noexcept {
    auto& copy = *static_cast<log_worker*>(object);
    copy.attention.set_bits_relaxed(failed | copied);
    (void)copy.ring.take_dropped();
    copy.dropped_.store_relaxed(0);
  }

  // ---- producers

  /// Called by the ring while it is more than half full: wakes the thread if it pauses. The check takes no lock; if it
  /// misses a pause that begins just now, the record waits for that pause to end.
  struct past_half {
    log_worker* to;
    void operator()() const noexcept {
      if (to->pausing_.load_relaxed()) to->wake();
    }
  };

  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t fill_slot(const ring_slot& slot, Fill&& fill) noexcept {
    fill(slot);
    ring.commit(slot);
    if ((attention.load_relaxed() & asleep) != 0) [[unlikely]]
      wake();
    return slot.end;
  }
  /// For a record that found no room: waits for some if the policy says so, else counts it as dropped.
  template <class Full>
  [[gnu::cold, gnu::noinline]] ring_slot await_slot(std::size_t size) noexcept {
    if constexpr (Full::waits) {
      while (size <= ring.max_size() && await_room()) {
        if (const ring_slot slot = ring.reserve(size, past_half{this})) return slot;
      }
    }
    ring.drop();
    return {};
  }
  /// Waits up to a millisecond for the thread to make room. Returns false if it will not, because the disk refuses.
  bool await_room() noexcept {
    if (forked()) return false;
    const detail::lock_guard held(mutex_);
    if ((attention.load_relaxed() & (failed | closed)) != 0) return false;
    waiting_for_room_.store_relaxed(true);
    wake_held();
    progress_.wait_for(mutex_, 1'000'000);
    return true;
  }
  /// For a record after close(), or in a forked copy, which counts it as dropped.
  [[gnu::cold, gnu::noinline]] std::uint64_t refuse_record() noexcept {
    if ((attention.load_relaxed() & copied) != 0) ring.drop();
    return 0;
  }

  // ---- waiting

  bool is_stopping() noexcept {
    const detail::lock_guard held(mutex_);
    return stopping_;
  }
  /// Waits for the next round: `max_delay_ms`, or less if a sync is due before, or more if the disk refuses or no
  /// record has come for long.
  void pause(unsigned idle, std::uint64_t synced_at) noexcept {
    std::uint64_t time = (schedule_.max_delay_ms == 0 ? 1 : schedule_.max_delay_ms) * millisecond;
    const std::uint32_t state = attention.load_relaxed();
    const bool unsynced = durable.load_relaxed() != gathered_;
    if (broken_) {
      time = 1000 * millisecond;
    } else if ((state & failed) != 0) {
      time = retry_after;
    } else if (unsynced && schedule_.sync == sync_policy::interval) {
      const std::uint64_t interval = schedule_.sync_interval_ms * millisecond;
      const std::uint64_t since = steady_clock().ticks() - synced_at;
      const std::uint64_t left = since < interval ? interval - since : 1;
      if (left < time) time = left;
    } else if (idle > idle_rounds) {
      // Producers see the flag `asleep` before the thread relies on it, because one ordinary pause comes in between.
      if ((state & asleep) != 0) time = 1000 * millisecond;
      attention.set_bits_relaxed(asleep);
    }
    const detail::lock_guard held(mutex_);
    if (!woken_) {
      pausing_.store_relaxed(true);
      wake_.wait_for(mutex_, time);
      pausing_.store_relaxed(false);
    }
    woken_ = false;
  }

  const log_schedule schedule_;
  detail::condition wake_;
  detail::light_atomic<bool> pausing_{false};
  detail::light_atomic<bool> waiting_for_room_{false};
  detail::light_atomic<std::uint64_t> wanted_{0};  // the furthest position that somebody waits for to be durable
  bool woken_ = false;
  bool stopping_ = false;
  error no_memory_;  // made beforehand, for when there is no memory left
  const pid_t owner_ = ::getpid();
  detail::worker_thread thread_;
  const detail::fork_watch watch_{this, refuse_in_child};
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LOG_WORKER_HPP
