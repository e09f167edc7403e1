#ifndef MILLRACE_DELIVER_ROLLOUT_ROLLOUT_WATCH_HPP
#define MILLRACE_DELIVER_ROLLOUT_ROLLOUT_WATCH_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/store/file.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Two threads of which one has a release decide at an interval, from `start` to `stop`, which the destructor calls
/// too. While one of them waits for somebody who is notified and does not return, the other goes on.
///
///     mr::deliver::rollout_watch watch{release, mr::seconds(1)};
///     watch.start();
///
/// Threads: `start` and `stop` one at a time; the others any. The release outlives it.
/// Errors: of `start`: already_exists; those of the system, if it grants no thread.
template <class Release>
class rollout_watch {
 public:
  explicit rollout_watch(Release& release, duration interval = seconds(1)) noexcept
      : release_(&release),
        interval_(interval.nanoseconds > 0 ? static_cast<std::uint64_t>(interval.nanoseconds) : 1) {}
  rollout_watch(const rollout_watch&) = delete;
  rollout_watch& operator=(const rollout_watch&) = delete;
  ~rollout_watch() { stop(); }

  template <class = void>
  result<void> start() {
    if (workers_[0].running()) return error(errc::already_exists, "the release is watched already");
    ends_ = false;
    next_ = 0;
    for (detail::worker_thread& each : workers_)
      if (const int failed = each.start(*this); failed != 0) {
        stop();
        return store::system_error(failed, "start", "the thread that watches a release");
      }
    return {};
  }
  void stop() noexcept {
    {
      const detail::lock_guard locked(mutex_);
      ends_ = true;
      changed_.notify_all();
    }
    for (detail::worker_thread& each : workers_) each.join();
  }
  /// What the last look came to, and how many there were.
  result<void> last() const {
    const detail::lock_guard locked(mutex_);
    return last_;
  }
  std::uint64_t looks() const noexcept {
    const detail::lock_guard locked(mutex_);
    return looks_;
  }

 private:
  friend class detail::worker_thread;

  void run() {
    const detail::lock_guard locked(mutex_);
    while (!ends_) {
      if (const std::uint64_t now = steady_clock().ticks(); now < next_) {
        changed_.wait_until(mutex_, next_);
        continue;
      } else {
        next_ = now + interval_;
      }
      mutex_.unlock();
      auto looked = detail::guarded(
          [&]() -> result<void> {
            auto done = release_->decide();
            return done ? result<void>() : result<void>(std::move(done).error());
          },
          [] { return std::string("a look at a release"); });
      mutex_.lock();
      last_ = std::move(looked);
      ++looks_;
    }
  }

  Release* release_;
  std::uint64_t interval_;
  mutable detail::mutex mutex_;
  detail::condition changed_;
  bool ends_ = false;
  result<void> last_;
  std::uint64_t looks_ = 0;
  std::uint64_t next_ = 0;            // when the next look is due
  detail::worker_thread workers_[2];  // so that one looks while the other is held by who is notified
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_ROLLOUT_WATCH_HPP
