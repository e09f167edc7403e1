#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CORE_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CORE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/detail/copy_queue.hpp>
#include <millrace/deliver/shadow/detail/shadow_tally.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What a shadow and its threads have together: the queue of copies, what is done with them, and the counts. It is on
/// the heap and counts who uses it, because a thread whose candidate does not return is left alone when the shadow is
/// stopped: no thread is ever cancelled. Whoever leaves last deletes it.
///
/// `Job` owns the candidate: `item`; `compare(item&)`, which fills in the item's `pairs`, and after it, unless the
/// thread was left alone meanwhile, `tell(item&, name)`; `emit(event)` with what makes one, if it `is_watched`.
template <class Job>
class shadow_core {
  using item = typename Job::item;
  enum class seat_state : std::uint8_t { idle, busy, telling, ended, left };

 public:
  shadow_core(Job job, const shadow_options& options)
      : options_(options),
        job_(std::move(job)),
        queue_(options.capacity),
        tally_(options.max_segments),
        seats_(options.threads) {
    queue_.prepare([this](item& one) { job_.prepare(one); });
    job_.prepare(spare_);
  }
  shadow_core(const shadow_core&) = delete;
  shadow_core& operator=(const shadow_core&) = delete;

  const shadow_options& options() const noexcept { return options_; }
  Job& job() noexcept { return job_; }

  /// As many threads as the system grants, of those that were asked for.
  void start() noexcept {
    for (seat& each : seats_) {
      each.core = this;
      users_.add_relaxed(1);
      if (each.thread.start(each) == 0) {
        ++threads_;
        continue;
      }
      users_.subtract_acq_rel(1);
      each.state = seat_state::ended;
    }
  }

  /// Lets a copy of so many requests wait, which `fill(item&)` makes.
  template <class Fill>
  [[gnu::always_inline]] inline void copy(Fill&& fill, std::uint64_t requests = 1) {
    if (closed_.load_relaxed() != open) [[unlikely]]
      return drop(closed_.load_relaxed() == forked ? shadow_drop::forked : shadow_drop::stopped, requests);
    const push_outcome done = queue_.push(fill, [this] { changed_.notify_all(); });
    if (done != push_outcome::done) [[unlikely]]
      drop(done == push_outcome::full ? shadow_drop::full : shadow_drop::copy_failed, requests);
  }
  [[gnu::cold, gnu::noinline]] void drop(shadow_drop why, std::uint64_t requests = 1) noexcept {
    dropped_[static_cast<std::size_t>(why)].add_relaxed(requests);
  }

  /// Compares what waits on this thread, at most `most` copies, and returns how many.
  std::size_t compare_waiting(std::size_t most) {
    if (closed_.load_relaxed() == forked) return 0;
    if (!spare_mutex_.try_lock()) {
      item mine{};
      job_.prepare(mine);
      return compare_by(mine, most);
    }
    const std::size_t done = compare_by(spare_, most);
    spare_mutex_.unlock();
    return done;
  }

  /// Waits until nothing waits and nothing is being compared.
  result<void> drain(duration patience) {
    if (closed_.load_relaxed() == forked) return copy_error();
    if (threads_ == 0) compare_waiting(~std::size_t{0});
    const std::uint64_t until = moment_after(patience);
    const lock_guard locked(mutex_);
    while (queue_.size() != 0 || is_at_work()) {
      if (steady_clock().ticks() >= until)
        return error(errc::timeout, options_.name + ": " + std::to_string(queue_.size()) +
                                        " copies still wait for the candidate, and it has not returned from others");
      changed_.wait_for(mutex_, 1'000'000);
    }
    return {};
  }

  /// Refuses copies from now on, and waits for the threads to compare what waits. What is not compared by then is
  /// dropped, and a thread whose candidate has not returned is left alone.
  result<void> stop(duration patience) {
    if (closed_.load_relaxed() == forked) return copy_error();
    [[maybe_unused]] const bool was_stopped = closed_.exchange_acq_rel(stopped) == stopped;
    const std::uint64_t until = moment_after(patience);
    std::size_t hanging = 0;
    {
      const lock_guard locked(mutex_);
      changed_.notify_all();
      while (has_not_ended() && steady_clock().ticks() < until) changed_.wait_for(mutex_, 1'000'000);
      gives_up_ = true;
      for (seat& each : seats_) {
        if (each.state != seat_state::busy) continue;
        each.state = seat_state::left;
        each.thread.detach();
        drop(shadow_drop::abandoned, each.requests.load_relaxed());
      }
      for (const seat& each : seats_) hanging += each.state == seat_state::left ? 1U : 0U;
    }
    for (seat& each : seats_) each.thread.join();
    item rest{};
    job_.prepare(rest);
    while (queue_.pop(rest)) drop(shadow_drop::abandoned, rest.requests());
    tell_drops();
    if constexpr (Job::is_watched) {
      if (!was_stopped) {
        mutex_.lock();
        const shadow_counts all = tally_.all();
        mutex_.unlock();
        job_.emit([&] { return shadow_stopped{options_.name, all.comparisons, all.agreements, hanging}; });
      }
    }
    if (hanging != 0)
      return error(errc::timeout, options_.name + ": the candidate has not returned on " + std::to_string(hanging) +
                                      " threads, which are left alone");
    return {};
  }

  void report(shadow_report& to) const {
    to.name = options_.name;
    to.waiting = queue_.size();
    to.threads = threads_;
    for (std::size_t i = 0; i < shadow_drops; ++i) to.dropped[i] = dropped_[i].load_relaxed();
    if (closed_.load_relaxed() == forked) return;  // a thread of the parent's may have had the lock
    mutex_.lock();
    for (const seat& each : seats_) to.hanging_threads += each.state == seat_state::left ? 1U : 0U;
    const shadow_tally seen = tally_;
    mutex_.unlock();
    seen.report(to);
  }

  // In a forked copy a thread of the parent's may have had the lock.
  shadow_state state() const {
    if (closed_.load_relaxed() == forked) return shadow_state(options_.max_segments);
    const lock_guard locked(mutex_);
    return shadow_state(tally_);
  }
  void merge(const shadow_state& other) {
    if (closed_.load_relaxed() == forked) return;
    const lock_guard locked(mutex_);
    tally_.merge(other.tally_);
  }

  /// Gives up the shadow's use of it, or a thread's. A forked copy is left where it is: its locks may be held by
  /// threads that do not exist here.
  void leave() noexcept {
    if (closed_.load_relaxed() == forked) return;
    if (users_.subtract_acq_rel(1) == 1) delete this;
  }

 private:
  struct seat {
    shadow_core* core = nullptr;
    worker_thread thread;
    seat_state state = seat_state::idle;
    light_atomic<std::uint64_t> requests{0};  // of the copy that it has
    void run() { core->work(*this); }
  };
  enum closing : std::uint8_t { open, stopped, forked };

  ~shadow_core() = default;

  error copy_error() const {
    return error(errc::unavailable, options_.name + ": this is a forked copy of a shadow; make one after fork()");
  }
  static std::uint64_t moment_after(duration patience) noexcept {
    const std::uint64_t now = steady_clock().ticks();
    const std::uint64_t length = patience.nanoseconds > 0 ? static_cast<std::uint64_t>(patience.nanoseconds) : 0;
    return now + length;
  }

  std::size_t compare_by(item& mine, std::size_t most) {
    std::size_t done = 0;
    for (; done < most && queue_.pop(mine); ++done) {
      job_.compare(mine);
      {
        const lock_guard locked(mutex_);
        count(mine);
      }
      job_.tell(mine, options_.name);
    }
    tell_drops();
    return done;
  }

  // The caller holds the lock.
  bool is_at_work() const noexcept {
    for (const seat& each : seats_)
      if (each.state == seat_state::busy || each.state == seat_state::telling) return true;
    return false;
  }
  bool has_not_ended() const noexcept {
    for (const seat& each : seats_)
      if (each.state != seat_state::ended && each.state != seat_state::left) return true;
    return false;
  }
  void count(const item& done) noexcept {
    const auto counted = guarded(
        [&] {
          for (std::size_t i = 0; i < done.pairs(); ++i) tally_.update(done.pair(i), done.segment(i));
        },
        [] { return std::string("a count"); });
    if (!counted) drop(shadow_drop::copy_failed);  // for want of memory
  }

  /// Tells of what was dropped since it told last. No lock is held meanwhile.
  void tell_drops() {
    if constexpr (Job::is_watched) {
      for (std::size_t i = 0; i < shadow_drops; ++i) {
        const std::uint64_t now = dropped_[i].load_relaxed();
        const std::uint64_t before = told_[i].exchange_acq_rel(now);
        if (now > before)
          job_.emit([&] { return shadow_dropped{options_.name, static_cast<shadow_drop>(i), now - before}; });
      }
    }
  }
  /// What a thread does.
  void work(seat& mine) {
    item taken{};
    job_.prepare(taken);
    std::uint64_t pause = shortest_pause;
    while (begin(mine)) {
      if (queue_.pop(taken)) {
        pause = shortest_pause;
        mine.requests.store_relaxed(taken.requests());
        job_.compare(taken);
        if (!counted(mine, taken)) return leave();
        mine.requests.store_relaxed(0);
        job_.tell(taken, options_.name);
        tell_drops();
      } else {
        if (!rest(mine, pause)) break;
        pause = pause * 2 < longest_pause ? pause * 2 : longest_pause;
      }
    }
    leave();
  }
  bool begin(seat& mine) noexcept {
    const lock_guard locked(mutex_);
    mine.state = gives_up_ ? seat_state::ended : seat_state::busy;
    if (gives_up_) changed_.notify_all();
    return !gives_up_;
  }
  /// False: the shadow was stopped while the candidate ran, and nobody is told any more.
  bool counted(seat& mine, const item& done) {
    const lock_guard locked(mutex_);
    if (mine.state == seat_state::left) return false;
    mine.state = seat_state::telling;
    count(done);
    return true;
  }
  /// Sleeps where nothing waits. Nobody wakes the thread for a single copy, so that callers never make a system call
  /// for it; a queue that fills does. False: the shadow was stopped.
  bool rest(seat& mine, std::uint64_t pause) noexcept {
    const lock_guard locked(mutex_);
    const bool was_left = mine.state == seat_state::left;
    const bool ends = was_left || closed_.load_acquire() == stopped;
    if (!was_left) mine.state = ends ? seat_state::ended : seat_state::idle;
    if (ends) changed_.notify_all();
    if (!ends) changed_.wait_for(mutex_, pause);
    return !ends;
  }

  static constexpr std::uint64_t shortest_pause = 100'000;    // nanoseconds
  static constexpr std::uint64_t longest_pause = 20'000'000;  // nanoseconds

  const shadow_options options_;
  Job job_;
  copy_queue<item> queue_;
  light_atomic<closing> closed_{open};
  light_atomic<std::uint64_t> dropped_[shadow_drops];
  light_atomic<std::uint64_t> told_[shadow_drops];
  mutex spare_mutex_;
  item spare_{};         // of `compare_waiting`
  mutable mutex mutex_;  // of what follows
  condition changed_;
  shadow_tally tally_;
  std::vector<seat> seats_;
  std::size_t threads_ = 0;
  bool gives_up_ = false;
  light_atomic<std::size_t> users_{1};
  const fork_watch watch_{this,
                          [](void* self) noexcept { static_cast<shadow_core*>(self)->closed_.store_relaxed(forked); }};
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CORE_HPP
