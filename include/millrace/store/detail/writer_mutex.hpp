#ifndef MILLRACE_STORE_DETAIL_WRITER_MUTEX_HPP
#define MILLRACE_STORE_DETAIL_WRITER_MUTEX_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <pthread.h>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Lets one thread write at a time. A thread that writes already is told so, and does not wait for itself.
class writer_mutex {
 public:
  class guard {
   public:
    explicit guard(writer_mutex& held) noexcept {
      const auto self = static_cast<std::uint64_t>(::pthread_self());
      if (held.owner_.load_relaxed() == self) return;  // which nobody but this thread can have stored
      held.mutex_.lock();
      held.owner_.store_relaxed(self);
      held_ = &held;
    }
    /// Of nothing: no turn.
    guard() noexcept = default;
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { unlock(); }
    void unlock() noexcept {
      if (held_ == nullptr) return;
      held_->owner_.store_relaxed(0);
      held_->mutex_.unlock();
      held_ = nullptr;
    }

    explicit operator bool() const noexcept { return held_ != nullptr; }
    static error refusal() {
      return error(errc::conflict,
                   "a storage is written to from within its own transaction: write to the transaction instead");
    }

   private:
    writer_mutex* held_ = nullptr;
  };

 private:
  mutex mutex_;
  light_atomic<std::uint64_t> owner_{0};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_WRITER_MUTEX_HPP
