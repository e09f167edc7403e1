#ifndef MILLRACE_RESILIENCE_LOCKS_READ_WRITE_LOCK_HPP
#define MILLRACE_RESILIENCE_LOCKS_READ_WRITE_LOCK_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

class read_write_lock;

/// A read_write_lock that is held together with other readers, or alone, until this object is destroyed or `release` is
/// called.
/// Threads: one at a time; not necessarily the one that took the lock. Moved from, it holds nothing.
class [[nodiscard]] read_hold {
 public:
  read_hold(read_hold&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  read_hold& operator=(read_hold other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~read_hold() { release(); }
  explicit operator bool() const noexcept { return lock_ != nullptr; }
  void release() noexcept;

 private:
  friend class read_write_lock;
  explicit read_hold(read_write_lock& lock) noexcept : lock_(&lock) {}
  read_write_lock* lock_;
};
/// What the one who writes holds; its end lets go.
class [[nodiscard]] write_hold {
 public:
  write_hold(write_hold&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  write_hold& operator=(write_hold other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~write_hold() { release(); }
  explicit operator bool() const noexcept { return lock_ != nullptr; }
  void release() noexcept;

 private:
  friend class read_write_lock;
  explicit write_hold(read_write_lock& lock) noexcept : lock_(&lock) {}
  read_write_lock* lock_;
};

/// A lock that many readers hold at once, or one writer alone, and that is fair to both (phase-fair):
///
/// - While a writer waits, no reader that comes later passes it: it waits for the readers inside and for nobody else.
/// - Readers that came while a writer was inside are all let in when it leaves, before the next writer.
/// - Writers are served in the order in which they came.
///
/// So a reader waits for one writer at most, besides the readers before it, and the n-th writer in the queue for n - 1
/// writers. It takes the place of std::shared_mutex and std::shared_timed_mutex, which promise nothing of the kind:
/// with glibc's, readers that come often enough keep a writer out for ever.
///
///     auto held = table_lock.lock_shared();                 // until the end of the block
///     auto alone = table_lock.lock(mr::seconds(0.1));       // a result: an error if that time is over
///
/// Complexity: without waiters, an atomic operation to take it and one to give it back; nothing is allocated but the
/// message of an error. A thread that has to wait sleeps.
/// Threads: all members, any number at once. A reader that asks again while it holds the lock waits for a writer that
/// waits for it: with a limit of time that is an error, without one it never ends.
/// Time limits are moments of the system's monotonic clock.
/// Source: Brandenburg, Anderson, "Spin-based reader-writer synchronization for multiprocessor real-time systems",
/// Real-Time Systems 46, 2010, section 3: the rules of a phase-fair lock.
class read_write_lock {
 public:
  /// `name` stands in errors. It must outlive the lock, as a literal does.
  explicit read_write_lock(const char* name = "a read-write lock") noexcept : name_(name) {}
  read_write_lock(const read_write_lock&) = delete;
  read_write_lock& operator=(const read_write_lock&) = delete;

  /// Takes the lock, however long that takes.
  read_hold lock_shared() noexcept {
    if (!enter_shared()) (void)wait_shared(never);
    return read_hold(*this);
  }
  write_hold lock() noexcept {
    if (!enter()) (void)wait(never);
    return write_hold(*this);
  }
  /// Takes it within that time. Errors: timeout.
  result<read_hold> lock_shared(duration longest) {
    if (enter_shared() || wait_shared(after(longest))) return read_hold(*this);
    return not_got(errc::timeout, "read");
  }
  result<write_hold> lock(duration longest) {
    if (enter() || wait(after(longest))) return write_hold(*this);
    return not_got(errc::timeout, "write");
  }
  /// Takes it if that is possible at once: it is not for a reader while a writer waits. Errors: unavailable.
  result<read_hold> try_lock_shared() {
    if (enter_shared()) return read_hold(*this);
    return not_got(errc::unavailable, "read");
  }
  result<write_hold> try_lock() {
    if (enter()) return write_hold(*this);
    return not_got(errc::unavailable, "write");
  }

  /// How many threads wait at the moment.
  std::size_t waiting() const noexcept {
    const detail::lock_guard held(mutex_);
    return waiting_readers_ + waiting_writers_;
  }

 private:
  friend class read_hold;
  friend class write_hold;

  // The bits of state_. With `waits` set, whoever comes or is the last to leave goes by the mutex.
  static constexpr std::uint32_t writing = 1;
  static constexpr std::uint32_t waits = 2;
  static constexpr std::uint32_t reader = 4;  // times the number of readers inside
  static constexpr std::uint64_t never = std::uint64_t{1} << 61;

  struct waiting_writer {
    detail::condition go;
    waiting_writer* next = nullptr;
    bool admitted = false;
  };

  static std::uint64_t now() noexcept { return steady_clock().ticks(); }
  static std::uint64_t after(duration longest) noexcept {
    return longest.nanoseconds > 0 ? now() + static_cast<std::uint64_t>(longest.nanoseconds) : 0;
  }

  bool enter_shared() noexcept {
    std::uint32_t state = state_.load_relaxed();
    while ((state & (writing | waits)) == 0)
      if (state_.replace_acquire(state, state + reader)) return true;
    return false;
  }
  bool enter() noexcept {
    std::uint32_t state = 0;
    while (state == 0)
      if (state_.replace_acquire(state, writing)) return true;
    return false;
  }
  void leave_shared() noexcept {
    const std::uint32_t before = state_.subtract_acq_rel(reader);
    if ((before & waits) != 0 && before < 2 * reader) [[unlikely]]
      admit_next();
  }
  void leave() noexcept {
    if ((state_.subtract_acq_rel(writing) & waits) != 0) [[unlikely]]
      admit_next();
  }
  [[gnu::noinline]] void admit_next() noexcept {
    const detail::lock_guard held(mutex_);
    admit();
  }

  [[gnu::cold]] bool wait_shared(std::uint64_t until) noexcept;
  [[gnu::cold]] bool wait(std::uint64_t until) noexcept;
  void admit() noexcept;
  void forget(const waiting_writer& one) noexcept;
  [[gnu::cold]] error not_got(errc code, const char* to) const;

  detail::light_atomic<std::uint32_t> state_{0};
  const char* name_;
  // Under the mutex:
  mutable detail::mutex mutex_;
  detail::condition readers_go_;
  std::uint64_t round_ = 0;  // how often waiting readers were let in
  std::uint32_t waiting_readers_ = 0;
  std::uint32_t waiting_writers_ = 0;
  waiting_writer* first_ = nullptr;  // of the writers that wait, in their order
  bool readers_next_ = false;        // a writer is inside, or was the last who was, and readers have not had their turn
};

inline void read_hold::release() noexcept {
  if (lock_ != nullptr) std::exchange(lock_, nullptr)->leave_shared();
}
inline void write_hold::release() noexcept {
  if (lock_ != nullptr) std::exchange(lock_, nullptr)->leave();
}

inline bool read_write_lock::wait_shared(std::uint64_t until) noexcept {
  const detail::lock_guard held(mutex_);
  // From here on nobody enters but by `admit`, and the last to leave comes here; whoever has left before is seen there.
  if ((state_.set_bits_relaxed(waits) & writing) != 0) readers_next_ = true;
  ++waiting_readers_;
  const std::uint64_t mine = round_;
  admit();
  while (round_ == mine) {
    if (now() >= until) {
      --waiting_readers_;
      admit();
      return false;
    }
    readers_go_.wait_until(mutex_, until);
  }
  return true;
}

inline bool read_write_lock::wait(std::uint64_t until) noexcept {
  waiting_writer me;
  const detail::lock_guard held(mutex_);
  state_.set_bits_relaxed(waits);
  waiting_writer** last = &first_;
  while (*last != nullptr) last = &(*last)->next;
  *last = &me;
  ++waiting_writers_;
  admit();
  while (!me.admitted) {
    if (now() >= until) {
      forget(me);
      admit();  // readers that waited behind this writer alone
      return false;
    }
    me.go.wait_until(mutex_, until);
  }
  return true;
}

/// Lets in whose turn it is. Called with the mutex held. While somebody waits nobody enters elsewhere, so the state
/// only changes by those who leave; the last of them calls this again.
inline void read_write_lock::admit() noexcept {
  const std::uint32_t state = state_.load_acquire();
  if ((state & writing) == 0) {
    const bool is_empty = state < reader;
    if (waiting_readers_ != 0 && (first_ == nullptr || (is_empty && readers_next_))) {
      state_.add_acq_rel(std::exchange(waiting_readers_, 0) * reader);
      ++round_;
      readers_next_ = false;
      readers_go_.notify_all();
    } else if (first_ != nullptr && is_empty) {
      waiting_writer& next = *first_;
      forget(next);
      state_.set_bits_release(writing);
      readers_next_ = true;
      next.admitted = true;
      next.go.notify_all();
    }
  }
  if (waiting_readers_ == 0 && first_ == nullptr) state_.keep_bits_release(~waits);
}

inline void read_write_lock::forget(const waiting_writer& one) noexcept {
  waiting_writer** at = &first_;
  while (*at != &one) at = &(*at)->next;
  *at = one.next;
  --waiting_writers_;
}

inline error read_write_lock::not_got(errc code, const char* to) const {
  const std::uint32_t state = state_.load_relaxed();
  std::string text = std::string(name_) + " is not got to " + to + ": ";
  if ((state & writing) != 0)
    text += "a writer is inside";
  else
    text += std::to_string(state / reader) + " readers are inside";
  return error(code, std::move(text) + ", and " + std::to_string(waiting()) + " threads wait");
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_READ_WRITE_LOCK_HPP
