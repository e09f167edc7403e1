#ifndef MILLRACE_INFER_SERVING_SERVING_THREADS_HPP
#define MILLRACE_INFER_SERVING_SERVING_THREADS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/infer/fwd.hpp>

#include <sched.h>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// How many threads a pool has, and when that changes.
struct pool_options {
  std::size_t min_threads = 1;
  std::size_t max_threads = 1;
  /// A thread is added once requests have waited longer than this all through `grow_after`.
  duration grow_above = duration(1'000'000);
  duration grow_after = duration(10'000'000);
  /// One is taken away once none has waited longer than this all through `shrink_after`.
  duration shrink_below = duration(100'000);
  duration shrink_after = duration(1'000'000'000);
  /// Whether idle threads look for work all the time, which costs a core each and saves the time of waking.
  bool polls = false;
  /// Whether thread i stays on the CPU `first_cpu` + i, as far as the process may use it.
  bool is_pinned = false;
  std::size_t first_cpu = 0;
};

/// Decides how many threads there should be from how long requests wait. Between `shrink_below` and `grow_above`, and
/// until either has been so for long enough, nothing changes; after a change the time begins anew.
/// Allocates: never.
class pool_size {
 public:
  explicit pool_size(const pool_options& options = {}) noexcept : options_(options) {
    if (options_.max_threads == 0) options_.max_threads = 1;
    if (options_.max_threads > most) options_.max_threads = most;
    if (options_.min_threads == 0) options_.min_threads = 1;
    if (options_.min_threads > options_.max_threads) options_.min_threads = options_.max_threads;
    threads_ = options_.min_threads;
  }
  /// The most that there can be.
  static constexpr std::size_t most = 1024;

  std::size_t threads() const noexcept { return threads_; }
  const pool_options& options() const noexcept { return options_; }

  /// Takes how long the oldest request has waited, at a moment in nanoseconds, and returns how many threads there
  /// should be.
  std::size_t update(duration delay, std::uint64_t now) noexcept {
    const state next = delay > options_.grow_above ? busy : delay < options_.shrink_below ? idle : between;
    if (next != state_) {
      state_ = next;
      since_ = now;
    }
    const duration needed = state_ == busy ? options_.grow_after : options_.shrink_after;
    if (state_ == between || now - since_ < static_cast<std::uint64_t>(needed.nanoseconds)) return threads_;
    since_ = now;
    if (state_ == busy && threads_ < options_.max_threads) ++threads_;
    if (state_ == idle && threads_ > options_.min_threads) --threads_;
    return threads_;
  }

 private:
  enum state : std::uint8_t { between, busy, idle };

  pool_options options_;
  std::size_t threads_ = 1;
  state state_ = between;
  std::uint64_t since_ = 0;
};

/// What a thread of a pool works for: a `batcher`.
template <class S>
concept serves_next = requires(S& serve, duration patience) {
  { serve.serve_next(patience) } noexcept -> std::convertible_to<bool>;
  { serve.queue_delay() } noexcept -> std::convertible_to<duration>;
  { serve.waiting() } noexcept -> std::convertible_to<std::size_t>;
};

/// Threads that run a batcher's batches, between a least and a most of them, by how long requests wait.
///
///     mr::infer::batcher serve{model, mr::infer::max_rows<100>, mr::infer::max_delay<2ms>, mr::infer::concurrency<4>,
///                              mr::infer::policy<mr::infer::batching::pooled>};
///     mr::infer::serving_threads pool(serve, {.min_threads = 1, .max_threads = 4});
///
/// The batcher's `concurrency` says how many of them run a batch at a time. The threads themselves look at the time
/// that requests wait, after each batch and a hundred times a second, so that a pool whose threads are all in long
/// batches grows when the first of them is through. Guarantee: the destructor ends the threads, and requests that still
/// wait are their callers' to run, as is what comes later; those that nobody waits for are left to the batcher's
/// `close`. Allocates: when it is made. Threads: `size` and `started` from any.
template <class Serve, class Clock = steady_clock>
class serving_threads {
  static_assert(serves_next<Serve>,
                "millrace[INFER-11]: the threads of a pool work for a batcher: serve_next(duration), queue_delay() and "
                "waiting(), all noexcept");

 public:
  /// As many threads as the options and the system grant.
  explicit serving_threads(Serve& serve, const pool_options& options = {}, const Clock& clock = {})
      : serve_(&serve), clock_(clock), wanted_(options), workers_(wanted_.options().max_threads) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i].pool = this;
      workers_[i].number = i;
    }
    const detail::lock_guard locked(mutex_);
    resize(wanted_.threads());
    tell(size() != 0);
  }
  serving_threads(const serving_threads&) = delete;
  serving_threads& operator=(const serving_threads&) = delete;
  ~serving_threads() {
    {
      const detail::lock_guard locked(mutex_);
      stops_ = true;
      target_.store_release(0);
    }
    for (worker& one : workers_) one.thread.join();
    tell(false);
  }

  /// How many threads there are now.
  std::size_t size() const noexcept { return target_.load_acquire(); }
  /// How many were started so far, in all.
  std::uint64_t started() const noexcept { return started_.load_relaxed(); }

 private:
  struct worker {
    serving_threads* pool = nullptr;
    std::size_t number = 0;
    detail::worker_thread thread;
    detail::light_atomic<bool> has_ended{false};
    void run() noexcept {
      pool->work(number);
      has_ended.store_release(true);
    }
  };
  static constexpr std::int64_t a_hundredth = 10'000'000;

  /// Tells the batcher whether threads come, so that without them its callers run the batches.
  void tell([[maybe_unused]] bool come) noexcept {
    if constexpr (requires { serve_->expect_threads(come); }) serve_->expect_threads(come);
  }
  void work(std::size_t number) noexcept {
    if (wanted_.options().is_pinned) pin(wanted_.options().first_cpu + number);
    while (number < target_.load_acquire()) {
      if (wanted_.options().polls) {
        for (int i = 0; i < 1000 && serve_->waiting() == 0 && number < target_.load_acquire(); ++i) ::sched_yield();
        serve_->serve_next(duration(0));
      } else {
        serve_->serve_next(duration(a_hundredth));
      }
      look();
    }
  }
  /// Asks how many threads there should be, unless another thread is just asking.
  void look() noexcept {
    if (workers_.size() == wanted_.options().min_threads || is_looking_.exchange_acquire(true)) return;
    const duration delay = serve_->queue_delay();
    {
      const detail::lock_guard locked(mutex_);
      if (!stops_) resize(wanted_.update(delay, clock_.nanoseconds(clock_.ticks())));
    }
    is_looking_.store_release(false);
  }
  /// Lets there be so many threads; those with higher numbers end after their batch. The caller holds the lock.
  void resize(std::size_t count) noexcept {
    std::size_t now = target_.load_relaxed();
    if (count < now) target_.store_release(count);
    for (; now < count; ++now) {
      worker& next = workers_[now];
      if (next.thread.running()) {
        if (!next.has_ended.load_acquire()) return;  // it is asked again
        next.thread.join();
      }
      next.has_ended.store_relaxed(false);
      target_.store_release(now + 1);
      if (next.thread.start(next) != 0) {
        target_.store_release(now);
        return;
      }
      started_.add_relaxed(1);
    }
  }
  static void pin(std::size_t cpu) noexcept {
    if (cpu >= CPU_SETSIZE) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ::sched_setaffinity(0, sizeof(one), &one);
  }

  Serve* serve_;
  Clock clock_;
  pool_size wanted_;
  std::vector<worker> workers_;
  detail::light_atomic<std::size_t> target_{0};
  detail::light_atomic<std::uint64_t> started_{0};
  detail::light_atomic<bool> is_looking_{false};
  detail::mutex mutex_;
  bool stops_ = false;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_SERVING_THREADS_HPP
