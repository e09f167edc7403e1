#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_COPIED_ATOMIC_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_COPIED_ATOMIC_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/deliver/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// An atomic whose copy has its value, for what is copied as a snapshot.
template <class T>
class copied_atomic : public light_atomic<T> {
 public:
  using light_atomic<T>::light_atomic;
  constexpr copied_atomic() noexcept = default;
  copied_atomic(const copied_atomic& other) noexcept : light_atomic<T>(other.load_acquire()) {}
  copied_atomic& operator=(const copied_atomic& other) noexcept {
    this->store_release(other.load_acquire());
    return *this;
  }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_COPIED_ATOMIC_HPP
