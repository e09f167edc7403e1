#ifndef MILLRACE_CORE_DETAIL_OWNING_POINTER_HPP
#define MILLRACE_CORE_DETAIL_OWNING_POINTER_HPP

#include <millrace/core/config.hpp>

#include <utility>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The only owner of one object on the heap, null after a move: std::unique_ptr without <memory>.
template <class T>
class owning_pointer {
 public:
  owning_pointer() noexcept = default;
  explicit owning_pointer(T* object) noexcept : object_(object) {}
  owning_pointer(owning_pointer&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  owning_pointer& operator=(owning_pointer other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~owning_pointer() { delete object_; }

  /// Gives the object to the caller.
  T* release() noexcept { return std::exchange(object_, nullptr); }
  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
owning_pointer<T> make_owning(Args&&... args) {
  return owning_pointer<T>(new T(std::forward<Args>(args)...));
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_OWNING_POINTER_HPP
