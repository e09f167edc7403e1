#ifndef MILLRACE_MODEL_DETAIL_THREAD_POOL_HPP
#define MILLRACE_MODEL_DETAIL_THREAD_POOL_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/model/fwd.hpp>

#include <sched.h>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Threads that wait for work and share it by number. Each begins with a share of its own, the same one whenever there
/// are as many jobs, so that what its jobs worked on last is still in its cache; then it helps the others.
class thread_pool {
 public:
  /// As many threads as the system grants, the caller's being one.
  explicit thread_pool(std::size_t count) : helpers_(count > 1 ? count - 1 : 0), shares_(helpers_.size() + 1) {
    for (helper& one : helpers_) {
      one.pool = this;
      one.number = started_ + 1;
      if (one.thread.start(one) != 0) break;
      ++started_;
    }
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() {
    {
      lock_guard locked(mutex_);
      stops_ = true;
      round_.add_release(1);
      changed_.notify_all();
    }
    for (helper& one : helpers_) one.thread.join();
  }

  std::size_t size() const noexcept { return started_ + 1; }

  /// Work that comes while other work is under way, from a job or from another thread, is done by its caller alone.
  template <class Job>
  void run(std::size_t jobs, const Job& job) {
    if (jobs < 2 || started_ == 0 || is_taken_.exchange_acquire(true)) {
      for (std::size_t i = 0; i < jobs; ++i) job(i);
      return;
    }
    const job_call call{&job, [](const void* object, std::size_t i) { (*static_cast<const Job*>(object))(i); }};
    begin(jobs, call);
    do_jobs(call, 0);
    const std::exception_ptr thrown = end();
    is_taken_.store_release(false);
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  struct helper {
    thread_pool* pool = nullptr;
    std::size_t number = 0;
    worker_thread thread;
    void run() noexcept { pool->help(number); }
  };

  /// A thread's share of the jobs: those from `next` on.
  struct alignas(64) share {
    light_atomic<std::size_t> next;
    std::size_t end = 0;
  };

  struct job_call {
    const void* object;
    void (*run)(const void* object, std::size_t i);
  };

  void begin(std::size_t jobs, const job_call& job) {
    lock_guard locked(mutex_);
    job_ = &job;
    for (std::size_t i = 0; i < size(); ++i) {
      shares_[i].next.store_relaxed(jobs / size() * i + jobs % size() * i / size());
      shares_[i].end = jobs / size() * (i + 1) + jobs % size() * (i + 1) / size();
    }
    round_.add_release(1);
    if (sleepers_ > 0) changed_.notify_all();
  }

  void do_jobs(const job_call& job, std::size_t thread) noexcept {
    try {
      for (std::size_t k = 0; k < size(); ++k) {
        share& from = shares_[thread + k < size() ? thread + k : thread + k - size()];
        while (from.next.load_relaxed() < from.end) {
          const std::size_t i = from.next.add_relaxed(1);
          if (i < from.end) job.run(job.object, i);
        }
      }
    } catch (...) {
      for (share& one : shares_) one.next.store_relaxed(one.end);  // jobs that nobody began are left out
      lock_guard locked(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
    }
  }

  /// Lets no helper join any more, and waits for those that did.
  std::exception_ptr end() {
    {
      lock_guard locked(mutex_);
      job_ = nullptr;
    }
    for (int i = 0; i < patience && inside_.load_acquire() > 0; ++i) ::sched_yield();
    lock_guard locked(mutex_);
    ++sleepers_;
    while (inside_.load_relaxed() > 0) changed_.wait_for(mutex_, an_hour);
    --sleepers_;
    const std::exception_ptr thrown = thrown_;
    thrown_ = nullptr;
    return thrown;
  }

  void help(std::size_t number) noexcept {
    for (std::uint64_t seen = 0;;) {
      for (int i = 0; i < patience && round_.load_acquire() == seen; ++i) ::sched_yield();
      mutex_.lock();
      ++sleepers_;
      while (round_.load_relaxed() == seen) changed_.wait_for(mutex_, an_hour);
      --sleepers_;
      seen = round_.load_relaxed();
      const bool stops = stops_;
      const job_call* const job = job_;
      if (job != nullptr) inside_.add_relaxed(1);
      mutex_.unlock();
      if (stops) return;
      if (job == nullptr) continue;
      do_jobs(*job, number);
      lock_guard locked(mutex_);
      if (inside_.subtract_acq_rel(1) == 1 && sleepers_ > 0) changed_.notify_all();
    }
  }

  /// How often a thread asks, before it sleeps, whether there is something to do: a fit has thousands of short pieces
  /// of work, and waking takes as long as one of them.
  static constexpr int patience = 100;
  static constexpr std::uint64_t an_hour = 3'600'000'000'000;

  mutex mutex_;
  condition changed_;
  std::vector<helper> helpers_;
  std::vector<share> shares_;
  std::size_t started_ = 0;
  light_atomic<bool> is_taken_{false};
  light_atomic<std::uint64_t> round_{0};
  light_atomic<std::size_t> inside_{0};  // helpers that do jobs
  const job_call* job_ = nullptr;        // from here on guarded by the mutex
  std::size_t sleepers_ = 0;
  bool stops_ = false;
  std::exception_ptr thrown_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_THREAD_POOL_HPP
