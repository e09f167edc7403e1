#ifndef MILLRACE_CORE_DETAIL_SHARED_VALUE_HPP
#define MILLRACE_CORE_DETAIL_SHARED_VALUE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/spin_lock.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detail {

/// One of the owners of an object that none of them changes, null after a move; the last deletes it. A
/// std::shared_ptr<const T> without <memory>.
/// Threads: an owner as a pointer, one at a time; several owners of one object any.
template <class T>
class shared_value {
 public:
  shared_value() noexcept = default;
  template <class... Args>
  static shared_value make(Args&&... args) {
    shared_value made;
    made.node_ = new node(std::forward<Args>(args)...);
    return made;
  }
  shared_value(const shared_value& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->owners.add_relaxed(1);
  }
  shared_value(shared_value&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  shared_value& operator=(shared_value other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~shared_value() {
    if (node_ != nullptr && node_->owners.subtract_acq_rel(1) == 1) delete node_;
  }

  const T& operator*() const noexcept { return node_->value; }
  const T* operator->() const noexcept { return &node_->value; }
  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  struct node {
    template <class... Args>
    explicit node(Args&&... args) : value(std::forward<Args>(args)...) {}
    light_atomic<std::uint32_t> owners{1};
    const T value;
  };
  node* node_ = nullptr;
};

/// A shared_value that is replaced while others read it. Nothing of T runs while its lock is held, which is for a
/// copy of a pointer.
/// Threads: any number.
template <class T>
class replaceable_value {
 public:
  explicit replaceable_value(shared_value<T> first) noexcept : now_(std::move(first)) {}

  shared_value<T> get() const noexcept {
    const spin_guard held(lock_);
    return now_;
  }
  void replace(shared_value<T> next) noexcept {
    const spin_guard held(lock_);
    std::swap(now_, next);
  }
  /// Puts `next` in its place if `may(current)`, which must be short and throw nothing; returns whether it did.
  template <class May>
  bool replace_if(shared_value<T> next, May&& may) noexcept {
    const spin_guard held(lock_);
    if (!may(*now_)) return false;
    std::swap(now_, next);
    return true;  // the guard goes first, then `next`, an argument, with what was replaced
  }

 private:
  mutable spin_lock lock_;
  shared_value<T> now_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SHARED_VALUE_HPP
