#ifndef MILLRACE_MODEL_PARALLEL_HPP
#define MILLRACE_MODEL_PARALLEL_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/model/detail/thread_pool.hpp>
#include <millrace/model/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace model {

/// A reference to work that is done by number: `job(i)` does the job i. It lives as long as what it refers to.
class numbered_job {
 public:
  template <class Job>
  requires(!std::same_as<Job, numbered_job>)
  explicit numbered_job(Job& job) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(&job))),
        call_([](void* object, std::size_t i) { (*static_cast<Job*>(object))(i); }) {}

  void operator()(std::size_t i) const { call_(object_, i); }

 private:
  void* object_;
  void (*call_)(void* object, std::size_t i);
};

/// What a fit runs its independent pieces of work on: `to.run(jobs, job)` calls job(0) to job(jobs - 1), each once, in
/// any order and on any threads, and returns when all are done, or throws what one of them threw. A thread pool of your
/// own becomes an executor by one member function:
///
///     struct my_executor {
///       my_pool* pool;
///       void run(std::size_t jobs, mr::model::numbered_job job) {
///         std::latch done(static_cast<std::ptrdiff_t>(jobs));
///         for (std::size_t i = 0; i < jobs; ++i)
///           pool->submit([&done, job, i] { job(i); done.count_down(); });
///         done.wait();
///       }
///     };
///
/// Jobs of millrace's own throw std::bad_alloc alone. A job never runs work on the executor that it runs on itself.
template <class Executor>
concept executor =
    requires(std::remove_reference_t<Executor>& to, std::size_t jobs, numbered_job job) { to.run(jobs, job); };

/// Does all on the caller's thread: what every fit runs on unless it is given another.
struct inline_executor {
  static constexpr std::size_t size() noexcept { return 1; }
  static void run(std::size_t jobs, numbered_job job) {
    for (std::size_t i = 0; i < jobs; ++i) job(i);
  }
};

/// Threads that live as long as this object, the caller's being one of them.
///
///     mr::model::threads four(4);
///     auto fitted = mr::model::boosted_trees<>::fit(rows, targets, {}, {}, {}, four);
///
/// Guarantee: models are the same, to the last byte, for any number of threads.
/// Allocates: at construction alone.
/// Threads: `run` from any number; one caller has the others' help, and the rest, as well as callers within a job, do
/// their jobs themselves. Moved from, it may only be assigned to or destroyed; references to it are then void.
class threads {
 public:
  /// The most that there can be.
  static constexpr std::size_t most = 1024;

  /// The caller's thread and `count` - 1 more, but no more than `most` in all, and fewer if the system grants no more.
  explicit threads(std::size_t count)
      : pool_(millrace::detail::make_owning<detail::thread_pool>(count < most ? count : most)) {}

  std::size_t size() const noexcept { return pool_->size(); }
  /// Throws what a job threw, the first one of them; jobs not yet begun are then left out.
  void run(std::size_t jobs, numbered_job job) { pool_->run(jobs, job); }

 private:
  millrace::detail::owning_pointer<detail::thread_pool> pool_;
};

/// Any executor, by reference: the last argument of every fit that can use threads.
class executor_reference {
 public:
  /// Refers to the inline executor.
  executor_reference() noexcept = default;
  /// Refers to an executor, which has to outlive the reference.
  template <class Executor>
  requires(executor<Executor> && !std::same_as<std::remove_cvref_t<Executor>, executor_reference>)
  executor_reference(Executor&& to) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(&to))),
        size_(size_of(to)),
        run_([](void* object, std::size_t jobs, numbered_job job) {
          static_cast<std::remove_reference_t<Executor>*>(object)->run(jobs, job);
        }) {}

  /// Calls job(0) to job(jobs - 1), and returns when all are done.
  template <class Job>
  void operator()(std::size_t jobs, Job&& job) const {
    run_(object_, jobs, numbered_job(job));
  }
  /// How many jobs may run at a time: what the executor's `size()` says, 0 where it has none.
  std::size_t size() const noexcept { return size_; }

 private:
  template <class Executor>
  static std::size_t size_of(const Executor& to) noexcept {
    if constexpr (requires {
                    { to.size() } -> std::convertible_to<std::size_t>;
                  })
      return static_cast<std::size_t>(to.size());
    else
      return 0;
  }

  void* object_ = nullptr;
  std::size_t size_ = 1;
  void (*run_)(void*, std::size_t, numbered_job) = [](void*, std::size_t jobs, numbered_job job) {
    inline_executor::run(jobs, job);
  };
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PARALLEL_HPP
