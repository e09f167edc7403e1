#ifndef MILLRACE_CORE_DETAIL_FORK_WATCH_HPP
#define MILLRACE_CORE_DETAIL_FORK_WATCH_HPP

#include <millrace/core/config.hpp>

#include <pthread.h>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Calls `told(object)` in a forked child before fork() returns there, so that the object learns that its thread exists
/// in the parent only. With it, a hot path need not compare getpid().
///
/// In the child only functions that are safe in a signal handler may be called, so `told` only sets atomics. A child
/// made without fork(), such as by a bare clone(), is not noticed.
/// Threads: construction and destruction in any.
class fork_watch {
 public:
  fork_watch(void* object, void (*told)(void* object) noexcept) noexcept : object_(object), told_(told) {
    watches& all = everyone();
    ::pthread_mutex_lock(&all.mutex);
    next_ = all.first;
    if (next_ != nullptr) next_->previous_ = this;
    all.first = this;
    ::pthread_mutex_unlock(&all.mutex);
  }
  fork_watch(const fork_watch&) = delete;
  fork_watch& operator=(const fork_watch&) = delete;
  ~fork_watch() {
    watches& all = everyone();
    ::pthread_mutex_lock(&all.mutex);
    (previous_ != nullptr ? previous_->next_ : all.first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    ::pthread_mutex_unlock(&all.mutex);
  }

  /// While one exists, no other thread forks: for the moment between a system call that makes something which a child
  /// must not inherit and the note of it in a watched object. Whoever has one neither forks nor makes a fork_watch.
  class pause {
   public:
    pause() noexcept { ::pthread_mutex_lock(&everyone().mutex); }
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;
    ~pause() { ::pthread_mutex_unlock(&everyone().mutex); }
  };

 private:
  struct watches {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    fork_watch* first = nullptr;

    // Locked while the process forks, so that the child's list is whole.
    watches() noexcept {
      ::pthread_atfork([] { ::pthread_mutex_lock(&everyone().mutex); },
                       [] { ::pthread_mutex_unlock(&everyone().mutex); },
                       [] {
                         for (fork_watch* each = everyone().first; each != nullptr; each = each->next_)
                           each->told_(each->object_);
                         ::pthread_mutex_unlock(&everyone().mutex);
                       });
    }
  };
  /// Never destroyed, because a log may be destroyed after main has returned.
  static watches& everyone() noexcept {
    static watches& only = *new watches;
    return only;
  }

  void* object_;
  void (*told_)(void*) noexcept;
  fork_watch* previous_ = nullptr;
  fork_watch* next_ = nullptr;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_FORK_WATCH_HPP
