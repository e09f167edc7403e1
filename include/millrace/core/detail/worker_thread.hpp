#ifndef MILLRACE_CORE_DETAIL_WORKER_THREAD_HPP
#define MILLRACE_CORE_DETAIL_WORKER_THREAD_HPP

#include <millrace/core/config.hpp>

#include <pthread.h>
#include <signal.h>

// A thread by POSIX threads: <thread> would double the time to parse the headers that need it.
namespace millrace {
inline namespace v0 {
namespace detail {

/// A thread that blocks all signals, so that the program's handlers run on the program's own threads only.
class worker_thread {
 public:
  worker_thread() noexcept = default;
  worker_thread(const worker_thread&) = delete;
  worker_thread& operator=(const worker_thread&) = delete;

  /// Runs `object.run()`. Returns errno's value, 0 on success.
  template <class T>
  int start(T& object) noexcept {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = ::pthread_create(
        &handle_, nullptr,
        [](void* self) -> void* {
          static_cast<T*>(self)->run();
          return nullptr;
        },
        &object);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    running_ = failed == 0;
    return failed;
  }
  bool running() const noexcept { return running_; }
  void join() noexcept {
    if (running_) ::pthread_join(handle_, nullptr);
    running_ = false;
  }
  /// Lets the thread go on without this object: it ends by itself, and nobody waits for it.
  void detach() noexcept {
    if (running_) ::pthread_detach(handle_);
    running_ = false;
  }
  /// For a forked child, where the thread does not exist and must not be joined.
  void forget() noexcept { running_ = false; }

 private:
  pthread_t handle_{};
  bool running_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_WORKER_THREAD_HPP
