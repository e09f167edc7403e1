#ifndef MILLRACE_STORE_DETAIL_WORKER_HPP
#define MILLRACE_STORE_DETAIL_WORKER_HPP

#include <millrace/core/config.hpp>
#include <millrace/store/fwd.hpp>

#include <pthread.h>
#include <signal.h>
#include <cstdint>

// A thread by POSIX threads: <thread> would double the time to parse this module's headers.
namespace millrace {
inline namespace v0 {
namespace store {
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
  /// For a forked child, where the thread does not exist and must not be joined.
  void forget() noexcept { running_ = false; }

 private:
  pthread_t handle_{};
  bool running_ = false;
};

/// A std::chrono duration in nanoseconds, without <chrono>: 0 for a negative one or NaN, at most 4e18.
template <class Duration>
constexpr std::uint64_t duration_nanoseconds(const Duration& duration) noexcept {
  const double whole = static_cast<double>(duration.count()) * static_cast<double>(Duration::period::num) * 1e9 /
                       static_cast<double>(Duration::period::den);
  if (!(whole > 0)) return 0;
  return whole < 4e18 ? static_cast<std::uint64_t>(whole) : std::uint64_t{4'000'000'000'000'000'000U};
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_WORKER_HPP
