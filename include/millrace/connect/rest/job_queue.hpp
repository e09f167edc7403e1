#ifndef MILLRACE_CONNECT_REST_JOB_QUEUE_HPP
#define MILLRACE_CONNECT_REST_JOB_QUEUE_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/detail/completes.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/core/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// How a job queue works.
struct job_queue_options {
  std::size_t threads = 1;
  /// How many jobs may wait; one more is refused.
  std::size_t max_waiting = 16;
  /// How many jobs that are over are remembered, the last ones.
  std::size_t max_ended = 1000;
};

/// How far a job is, or how it ended. The names are stable.
enum class job_state : std::uint8_t { queued, running, succeeded, failed, cancelled };

constexpr std::string_view to_string(job_state state) noexcept {
  constexpr std::string_view names[] = {"queued", "running", "succeeded", "failed", "cancelled"};
  return names[static_cast<std::size_t>(state) % 5];
}

/// What is known of a job.
struct job_record {
  std::string id;
  std::string kind;
  std::string user;
  job_state state = job_state::queued;
  std::string outcome = {};  // JSON of what it returned; of one that failed, what it says of that
  std::uint64_t created = 0;
  std::uint64_t started = 0;  // 0: not yet
  std::uint64_t ended = 0;
};

/// What a job asks while it runs: whether it is still wanted.
class job_control {
 public:
  explicit job_control(const millrace::detail::light_atomic<bool>& stop) noexcept : stop_(&stop) {}
  bool is_cancelled() const noexcept { return stop_->load_acquire(); }

 private:
  const millrace::detail::light_atomic<bool>* stop_;
};

/// Does what takes long on threads of its own, one job after the other, and tells how far each is. In the place of a
/// broker of tasks: a job that has not ended goes with the process.
///
///     mr::connect::rest::job_queue jobs({.threads = 2});
///     auto id = jobs.submit("train", "ada", [rows](const job_control& control) -> mr::result<std::string> { ... });
///     auto record = jobs.find(*id);
///
/// A job is a function of a `job_control` that returns a result<std::string>, JSON text. What it throws is its failure.
/// Guarantee: jobs begin in the order in which they came; one that is cancelled while it waits never begins. `close`,
/// as the destructor does, asks those that run to stop and waits for them.
/// Threads: all members, any number at once; not from within a job.
class job_queue {
 public:
  explicit job_queue(const job_queue_options& options = {}) : options_(options) {
    for (std::size_t i = 0; i < (options.threads == 0 ? 1 : options.threads); ++i) {
      threads_.emplace_back();
      if (threads_.back().start(*this) != 0) threads_.pop_back();
    }
  }
  job_queue(const job_queue&) = delete;
  job_queue& operator=(const job_queue&) = delete;
  ~job_queue() { close(); }

  /// Returns the job's id. Errors: unavailable: as many wait as may; closed.
  template <class Work>
  result<std::string> submit(std::string_view kind, std::string_view user, Work work) {
    static_assert(std::is_same_v<std::invoke_result_t<Work&, const job_control&>, result<std::string>>,
                  "millrace[REST-6]: a job is a function of a job_control that returns a result<std::string>");
    const millrace::detail::lock_guard locked(mutex_);
    if (is_closed_ || threads_.empty()) return error(errc::closed, "no more jobs are taken");
    if (waiting_ >= options_.max_waiting)
      return error(errc::unavailable, std::to_string(waiting_) + " jobs are waiting already");
    std::string id;
    for (std::uint64_t bits = entropy_seed(); id.size() < 16; bits >>= 4) id += "0123456789abcdef"[bits & 15U];
    jobs_.emplace_back();
    job& made = jobs_.back();
    made.record = {id, std::string(kind), std::string(user), job_state::queued, {}, unix_nanoseconds()};
    made.work = new Work(std::move(work));
    made.run = [](void* held, const job_control& control) { return (*static_cast<Work*>(held))(control); };
    made.destroy = [](void* held) noexcept { delete static_cast<Work*>(held); };
    ++waiting_;
    changed_.notify_all();
    return id;
  }
  /// Errors: not_found, also of one that was forgotten.
  result<job_record> find(std::string_view id) const {
    const millrace::detail::lock_guard locked(mutex_);
    for (const job& each : jobs_)
      if (each.record.id == id) return each.record;
    return error(errc::not_found, "there is no such job");
  }
  /// All that are known, the newest first.
  std::vector<job_record> list(std::size_t most = 1000) const {
    const millrace::detail::lock_guard locked(mutex_);
    std::vector<job_record> all;
    for (auto each = jobs_.rbegin(); each != jobs_.rend() && all.size() < most; ++each) all.push_back(each->record);
    return all;
  }
  /// Ends a job that waits, and asks one that runs to stop. Returns what is known of it then.
  /// Errors: not_found; conflict: it is over.
  result<job_record> cancel(std::string_view id) {
    const millrace::detail::lock_guard locked(mutex_);
    for (job& each : jobs_) {
      if (each.record.id != id) continue;
      if (each.record.state == job_state::queued) {
        --waiting_;
        end(each, job_state::cancelled, {});
      } else if (each.record.state == job_state::running) {
        each.stop.store_release(true);
      } else {
        return error(errc::conflict, "the job is over: " + std::string(to_string(each.record.state)));
      }
      return each.record;
    }
    return error(errc::not_found, "there is no such job");
  }
  /// How many wait.
  std::size_t waiting() const noexcept {
    const millrace::detail::lock_guard locked(mutex_);
    return waiting_;
  }
  /// Takes no more jobs, cancels those that wait, asks those that run to stop, and waits for them.
  void close() noexcept {
    {
      const millrace::detail::lock_guard locked(mutex_);
      is_closed_ = true;
      for (job& each : jobs_) {
        each.stop.store_release(true);
        if (each.record.state == job_state::queued) end(each, job_state::cancelled, {});
      }
      waiting_ = 0;
      changed_.notify_all();
    }
    for (millrace::detail::worker_thread& each : threads_) each.join();
  }
  /// What each thread does.
  void run() {
    mutex_.lock();
    for (;;) {
      job* const next = find_next();
      if (next != nullptr) {
        run_job(*next);
      } else if (is_closed_) {
        break;
      } else {
        changed_.wait_for(mutex_, 1'000'000'000);
      }
    }
    mutex_.unlock();
  }

 private:
  struct job {
    job() = default;
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() { forget_work(); }
    void forget_work() noexcept {
      if (work != nullptr) destroy(std::exchange(work, nullptr));
    }

    job_record record = {};
    millrace::detail::light_atomic<bool> stop{false};
    void* work = nullptr;
    result<std::string> (*run)(void*, const job_control&) = nullptr;
    void (*destroy)(void*) noexcept = nullptr;
  };

  job* find_next() noexcept {
    for (job& each : jobs_)
      if (each.record.state == job_state::queued) return &each;
    return nullptr;
  }
  /// Runs a job without the lock, which the caller has before and after. A job that runs is not forgotten.
  void run_job(job& one) {
    --waiting_;
    one.record.state = job_state::running;
    one.record.started = unix_nanoseconds();
    mutex_.unlock();
    const job_control control(one.stop);
    std::string outcome;
    bool is_well = false;
    const bool is_told = millrace::detail::completes([&] {
      auto made = millrace::detail::guarded_result<std::string>([&] { return one.run(one.work, control); },
                                                                [] { return std::string("the job"); });
      is_well = bool(made);
      outcome = is_well ? *std::move(made) : made.error().describe();
    });
    mutex_.lock();
    end(one,
        is_told && is_well        ? job_state::succeeded
        : one.stop.load_acquire() ? job_state::cancelled
                                  : job_state::failed,
        std::move(outcome));
  }
  void end(job& one, job_state how, std::string outcome) noexcept {
    one.record.state = how;
    one.record.outcome = std::move(outcome);
    one.record.ended = unix_nanoseconds();
    one.forget_work();
    if (++ended_ <= options_.max_ended) return;
    for (auto each = jobs_.begin(); each != jobs_.end(); ++each)
      if (&*each != &one && each->record.ended != 0) {
        jobs_.erase(each);
        --ended_;
        return;
      }
  }

  mutable millrace::detail::mutex mutex_;
  millrace::detail::condition changed_;
  job_queue_options options_;
  std::list<job> jobs_;  // in the order in which they came
  std::list<millrace::detail::worker_thread> threads_;
  std::size_t waiting_ = 0;
  std::size_t ended_ = 0;
  bool is_closed_ = false;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_JOB_QUEUE_HPP
