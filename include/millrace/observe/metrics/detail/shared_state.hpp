#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_SHARED_STATE_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_SHARED_STATE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/observe/fwd.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// A base of objects that count their owners; the last owner deletes the object, by a function that the object keeps,
/// so that an owner need not know its type.
class shared_state {
 public:
  explicit shared_state(void (*destroy)(const shared_state*) noexcept) noexcept : destroy_(destroy) {}
  shared_state(const shared_state&) = delete;
  shared_state& operator=(const shared_state&) = delete;

 protected:
  ~shared_state() = default;

 private:
  friend class shared_owner;
  mutable light_atomic<std::uint32_t> owners_{1};
  void (*destroy_)(const shared_state*) noexcept;
};

/// One of the owners of a shared_state.
/// Threads: an owner as a pointer, one at a time; several owners of one object any.
class shared_owner {
 public:
  shared_owner() noexcept = default;
  /// Takes over the object that was just made.
  explicit shared_owner(const shared_state* made) noexcept : object_(made) {}
  /// One more owner of an object that has one.
  static shared_owner share(const shared_state* object) noexcept {
    object->owners_.add_relaxed(1);
    return shared_owner(object);
  }
  shared_owner(const shared_owner& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) object_->owners_.add_relaxed(1);
  }
  shared_owner(shared_owner&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  shared_owner& operator=(shared_owner other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~shared_owner() {
    if (object_ != nullptr && object_->owners_.subtract_acq_rel(1) == 1) object_->destroy_(object_);
  }

 private:
  const shared_state* object_ = nullptr;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_SHARED_STATE_HPP
